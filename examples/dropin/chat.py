"""A chat by lines: a factory that knows its connections, LineReceiver on both sides, endpoints."""

from __future__ import annotations

from twisted.internet import defer, reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Chat(LineReceiver):
    def __init__(self, users):
        self.users = users
        self.name = None

    def connectionMade(self):
        self.sendLine(b"What is your name?")

    def connectionLost(self, reason):
        if self.users.pop(self.name, None) is not None:
            self.tell(self.name + b" left")

    def lineReceived(self, line):
        if self.name is not None:
            self.tell(b"<" + self.name + b"> " + line)
        elif line in self.users:
            self.sendLine(b"Name taken, please choose another.")
        else:
            self.name = line
            self.sendLine(b"Welcome, " + line + b"!")
            self.tell(line + b" joined")
            self.users[line] = self

    def tell(self, message):
        for user in self.users.values():
            if user is not self:
                user.sendLine(message)


class ChatFactory(Factory):
    noisy = False

    def __init__(self):
        self.users = {}

    def buildProtocol(self, addr):
        return Chat(self.users)


class Talker(LineReceiver):
    def __init__(self):
        self.lines = defer.DeferredQueue()
        self.gone = defer.Deferred()

    def lineReceived(self, line):
        self.lines.put(line.decode())

    def connectionLost(self, reason):
        self.gone.callback(None)

    def say(self, text):
        self.sendLine(text.encode())


@defer.inlineCallbacks
def talk(port):
    where = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
    ada = yield connectProtocol(where, Talker())
    print("ada  <-", (yield ada.lines.get()))
    ada.say("ada")
    print("ada  <-", (yield ada.lines.get()))
    bob = yield connectProtocol(where, Talker())
    print("bob  <-", (yield bob.lines.get()))
    bob.say("ada")
    print("bob  <-", (yield bob.lines.get()))
    bob.say("bob")
    print("bob  <-", (yield bob.lines.get()))
    print("ada  <-", (yield ada.lines.get()))
    ada.say("good morning")
    print("bob  <-", (yield bob.lines.get()))
    bob.say("good evening")
    print("ada  <-", (yield ada.lines.get()))
    bob.transport.loseConnection()
    yield bob.gone
    print("ada  <-", (yield ada.lines.get()))
    ada.transport.loseConnection()
    yield ada.gone


@defer.inlineCallbacks
def main():
    port = yield TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(ChatFactory())
    try:
        yield talk(port.getHost().port)
    finally:
        yield port.stopListening()
        reactor.stop()


reactor.callWhenRunning(main)
reactor.callLater(20, reactor.stop)
reactor.run()
