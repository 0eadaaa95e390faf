"""Clients that try again: ReconnectingClientFactory, ClientService, and half-closed connections."""

from __future__ import annotations

from twisted.application.internet import ClientService
from twisted.internet import defer, protocol, reactor
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IHalfCloseableProtocol
from zope.interface import implementer


class DropThenServe(protocol.Protocol):
    count = 0

    def connectionMade(self):
        DropThenServe.count += 1
        if DropThenServe.count % 3:
            self.transport.loseConnection()
        else:
            self.transport.write(b"served")


class Client(protocol.Protocol):
    def dataReceived(self, data):
        print("client:", data)
        self.factory.resetDelay()
        self.factory.stopTrying()
        self.transport.loseConnection()


class Factory(protocol.ReconnectingClientFactory):
    protocol = Client
    noisy = False
    initialDelay = 0.01
    jitter = 0
    losses = 0

    def __init__(self):
        self.done = defer.Deferred()

    def clientConnectionLost(self, connector, reason):
        self.losses += 1
        print("lost", self.losses, "times; delay grows:", self.delay >= self.initialDelay)
        protocol.ReconnectingClientFactory.clientConnectionLost(self, connector, reason)
        if not self.continueTrying:
            self.done.callback(None)


class Silent(protocol.Protocol):
    def __init__(self):
        self.heard = defer.Deferred()
        self.gone = defer.Deferred()

    def dataReceived(self, data):
        self.heard.callback(data)

    def connectionLost(self, reason):
        self.gone.callback(None)


@implementer(IHalfCloseableProtocol)
class UntilEnd(protocol.Protocol):
    received = b""

    def dataReceived(self, data):
        self.received += data

    def readConnectionLost(self):
        self.transport.write(b"you said " + self.received)
        self.transport.loseConnection()

    def writeConnectionLost(self):
        print("not called: our side was not closed by itself")


def quiet(protocol_class):
    factory = protocol.Factory.forProtocol(protocol_class)
    factory.noisy = False
    return factory


@defer.inlineCallbacks
def main():
    port = reactor.listenTCP(0, quiet(DropThenServe), interface="127.0.0.1")
    factory = Factory()
    reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
    yield factory.done

    built = []

    class Remembering(protocol.Factory):
        noisy = False

        def buildProtocol(self, addr):
            built.append(Silent())
            return built[-1]

    where = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    service = ClientService(where, Remembering(), retryPolicy=lambda attempts: 0.01)
    service.startService()
    while len(built) < 3:
        yield service.whenConnected()
        pause = defer.Deferred()
        reactor.callLater(0.01, pause.callback, None)
        yield pause
    print("service:", (yield built[2].heard), "at connection", len(built))
    yield service.stopService()
    yield port.stopListening()

    port = reactor.listenTCP(0, quiet(UntilEnd), interface="127.0.0.1")
    client = yield protocol.ClientCreator(reactor, Silent).connectTCP("127.0.0.1", port.getHost().port)
    client.transport.write(b"all of it")
    client.transport.loseWriteConnection()
    print("half closed:", (yield client.heard))
    yield client.gone
    yield port.stopListening()
    reactor.stop()


reactor.callWhenRunning(main)
reactor.callLater(20, reactor.stop)
reactor.run()
