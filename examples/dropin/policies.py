"""Policies around a factory: throttling, timeouts, limits on connections; TimeoutMixin on a Clock."""

from __future__ import annotations

import time

from twisted.internet import defer, protocol, reactor, task
from twisted.internet.testing import StringTransport
from twisted.protocols import basic, policies


class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Collect(protocol.Protocol):
    def __init__(self):
        self.received = b""
        self.made = defer.Deferred()
        self.lost = defer.Deferred()

    def connectionMade(self):
        self.made.callback(self)

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.lost.callback(self.received)


def quiet(factory):
    factory.noisy = False
    return factory


def connect(port):
    return protocol.ClientCreator(reactor, Collect).connectTCP("127.0.0.1", port.getHost().port)


@defer.inlineCallbacks
def timing_out():
    wrapper = policies.TimeoutFactory(quiet(protocol.Factory.forProtocol(Echo)), timeoutPeriod=0.2)
    port = reactor.listenTCP(0, quiet(wrapper), interface="127.0.0.1")
    client = yield connect(port)
    client.transport.write(b"still here")
    print("timeout: received", (yield client.lost), "then cut off")
    yield port.stopListening()


@defer.inlineCallbacks
def throttling():
    wrapper = policies.ThrottlingFactory(quiet(protocol.Factory.forProtocol(Echo)), maxConnectionCount=2)
    port = reactor.listenTCP(0, quiet(wrapper), interface="127.0.0.1")
    first = yield connect(port)
    second = yield connect(port)
    third = yield connect(port)
    yield third.lost
    print("throttle: the third connection was refused")
    for client in (first, second):
        client.transport.loseConnection()
        yield client.lost
    yield port.stopListening()

    wrapper = policies.ThrottlingFactory(quiet(protocol.Factory.forProtocol(Echo)), readLimit=1000)
    port = reactor.listenTCP(0, quiet(wrapper), interface="127.0.0.1")
    client = yield connect(port)
    started = time.monotonic()
    client.transport.write(b"x" * 3000)
    yield task.deferLater(reactor, 1.2, client.transport.write, b"y")
    while not client.received.endswith(b"y"):
        yield task.deferLater(reactor, 0.05, lambda: None)
    print("throttle: all came back:", len(client.received), "slowed:", time.monotonic() - started > 1)
    client.transport.loseConnection()
    yield client.lost
    yield port.stopListening()


@defer.inlineCallbacks
def limiting():
    wrapper = policies.LimitTotalConnectionsFactory()
    wrapper.protocol = Echo
    wrapper.connectionLimit = 1
    port = reactor.listenTCP(0, quiet(wrapper), interface="127.0.0.1")
    first = yield connect(port)
    second = yield connect(port)
    yield second.lost
    print("limit: only", wrapper.connectionCount, "connection is let in")
    first.transport.loseConnection()
    yield first.lost
    yield port.stopListening()


class Impatient(basic.LineReceiver, policies.TimeoutMixin):
    def connectionMade(self):
        self.setTimeout(10)

    def lineReceived(self, line):
        self.resetTimeout()

    def timeoutConnection(self):
        print("mixin: nothing for ten seconds")
        self.transport.loseConnection()


def mixin():
    clock = task.Clock()
    impatient = Impatient()
    impatient.callLater = clock.callLater
    transport = StringTransport()
    impatient.makeConnection(transport)
    clock.advance(9)
    impatient.dataReceived(b"a line\r\n")
    clock.advance(9)
    print("mixin: disconnecting", transport.disconnecting)
    clock.advance(2)
    print("mixin: disconnecting", transport.disconnecting)


@defer.inlineCallbacks
def main(reactor):
    mixin()
    yield timing_out()
    yield limiting()
    yield throttling()


task.react(main)
