"""A port forwarder: producers and consumers join two connections, so that a slow end slows the other."""

from __future__ import annotations

from twisted.internet import defer, reactor
from twisted.internet.protocol import ClientFactory, Factory, Protocol


class Outgoing(Protocol):
    incoming = None

    def connectionMade(self):
        self.incoming.outgoing = self
        self.transport.registerProducer(self.incoming.transport, True)
        self.incoming.transport.registerProducer(self.transport, True)
        self.incoming.transport.resumeProducing()

    def dataReceived(self, data):
        self.incoming.transport.write(data)

    def connectionLost(self, reason):
        self.incoming.transport.loseConnection()


class OutgoingFactory(ClientFactory):
    noisy = False
    protocol = Outgoing

    def __init__(self, incoming):
        self.incoming = incoming

    def buildProtocol(self, addr):
        built = ClientFactory.buildProtocol(self, addr)
        built.incoming = self.incoming
        return built

    def clientConnectionFailed(self, connector, reason):
        self.incoming.transport.loseConnection()


class Incoming(Protocol):
    outgoing = None

    def connectionMade(self):
        self.transport.pauseProducing()
        reactor.connectTCP("127.0.0.1", self.factory.target, OutgoingFactory(self))

    def dataReceived(self, data):
        self.outgoing.transport.write(data)

    def connectionLost(self, reason):
        if self.outgoing is not None:
            self.outgoing.transport.loseConnection()


class Upper(Protocol):
    def dataReceived(self, data):
        self.transport.write(data.upper())


class Sender(Protocol):
    size = 2_000_000

    def connectionMade(self):
        self.count = 0
        self.letters = set()
        self.transport.write(b"a" * self.size)

    def dataReceived(self, data):
        self.count += len(data)
        self.letters.update(data)
        if self.count == self.size:
            print("received", self.count, "bytes, letters", bytes(self.letters))
            self.transport.loseConnection()

    def connectionLost(self, reason):
        self.factory.done.callback(self.count)


class SenderFactory(ClientFactory):
    noisy = False
    protocol = Sender

    def __init__(self):
        self.done = defer.Deferred()


def quiet(protocol):
    factory = Factory.forProtocol(protocol)
    factory.noisy = False
    return factory


@defer.inlineCallbacks
def main():
    target = reactor.listenTCP(0, quiet(Upper), interface="127.0.0.1")
    factory = quiet(Incoming)
    factory.target = target.getHost().port
    forwarder = reactor.listenTCP(0, factory, interface="127.0.0.1")
    for _ in range(2):
        sender = SenderFactory()
        reactor.connectTCP("127.0.0.1", forwarder.getHost().port, sender)
        yield sender.done
    yield target.stopListening()
    refused = SenderFactory()
    reactor.connectTCP("127.0.0.1", forwarder.getHost().port, refused)
    print("with no target:", (yield refused.done), "bytes")
    yield forwarder.stopListening()
    reactor.stop()


reactor.callWhenRunning(main)
reactor.callLater(20, reactor.stop)
reactor.run()
