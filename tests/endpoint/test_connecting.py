"""What a client endpoint's Deferred tells, and what stays on the protocol."""

from __future__ import annotations

import pytest
from zope.interface import implementer

from sennit.core.addresses import IPv4Address
from sennit.core.components import proxyForInterface
from sennit.core.errors import ConnectError, ConnectingCancelledError, NoProtocol
from sennit.core.failure import Failure
from sennit.core.interfaces import IFileDescriptorReceiver, IHalfCloseableProtocol, IProtocol
from sennit.endpoint import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from sennit.endpoint.interpose import interpose
from sennit.protocol import Factory, Protocol
from sennit.testing import MemoryReactorClock, StringTransport

ADDRESS = IPv4Address("TCP", "10.0.0.1", 80)


@implementer(IHalfCloseableProtocol, IFileDescriptorReceiver)
class Recorder(Protocol):
    def __init__(self):
        self.seen = []

    def connectionMade(self):
        self.seen.append("made")

    def dataReceived(self, data):
        self.seen.append(data)

    def readConnectionLost(self):
        self.seen.append("read lost")

    def writeConnectionLost(self):
        self.seen.append("write lost")

    def fileDescriptorReceived(self, descriptor):
        self.seen.append(descriptor)


def started(factory):
    reactor = MemoryReactorClock()
    outcome = TCP4ClientEndpoint(reactor, "host", 80).connect(factory)
    return reactor, reactor.tcpClients[0][2], outcome


def outcome_of(deferred):
    results = []
    deferred.addBoth(results.append)
    return results


def test_the_deferred_fires_after_the_protocol_has_its_transport():
    _, factory, deferred = started(Factory.forProtocol(Recorder))
    results = outcome_of(deferred)
    protocol = factory.buildProtocol(ADDRESS)
    assert results == []
    transport = StringTransport()
    protocol.makeConnection(transport)
    assert results == [protocol]
    assert results[0].transport is transport
    assert results[0].seen == ["made"]


def test_nothing_of_the_endpoint_stays_between_loop_and_protocol():
    _, factory, _ = started(Factory.forProtocol(Recorder))
    protocol = factory.buildProtocol(ADDRESS)
    assert type(protocol) is Recorder
    assert IHalfCloseableProtocol.providedBy(protocol)
    assert IFileDescriptorReceiver.providedBy(protocol)
    protocol.makeConnection(StringTransport())
    assert "makeConnection" not in vars(protocol)


def test_a_protocol_without_a_dict_is_connected_through_a_forwarder():
    class Slotted:
        __slots__ = ("seen", "transport")

        def __init__(self):
            self.seen = []

        def makeConnection(self, transport):
            self.transport = transport

        def dataReceived(self, data):
            self.seen.append(data)

        def connectionLost(self, reason):
            self.seen.append(reason)

    implementer(IHalfCloseableProtocol)(Slotted)

    class Slots(Factory):
        def buildProtocol(self, addr):
            return Slotted()

    _, factory, deferred = started(Slots())
    results = outcome_of(deferred)
    forwarder = factory.buildProtocol(ADDRESS)
    assert IHalfCloseableProtocol.providedBy(forwarder)
    forwarder.makeConnection(StringTransport())
    forwarder.dataReceived(b"data")
    forwarder.connectionLost("gone")
    assert type(results[0]) is Slotted
    assert results[0].seen == [b"data", "gone"]


def test_a_proxy_for_a_protocol_is_connected_as_itself():
    class Proxy(proxyForInterface(IProtocol)):
        pass

    class Proxies(Factory):
        def buildProtocol(self, addr):
            return Proxy(Recorder())

    _, factory, deferred = started(Proxies())
    results = outcome_of(deferred)
    given = factory.buildProtocol(ADDRESS)
    given.makeConnection(StringTransport())
    assert type(results[0]) is Proxy
    given.dataReceived(b"data")
    assert results[0].original.seen == ["made", b"data"]


def test_the_hook_leaves_a_class_that_is_patched_meanwhile_as_it_is():
    class Thing:
        def method(self):
            return "old"

    thing = Thing()
    interpose(thing, "method", lambda original: original())
    Thing.method = lambda self: "new"
    assert thing.method() == "new"
    assert thing.method() == "new"


def test_the_hook_puts_back_what_the_instance_had():
    calls = []

    class Thing:
        pass

    thing = Thing()
    thing.method = own = lambda argument: calls.append(("own", argument))
    interpose(thing, "method", lambda original, argument: (calls.append("hook"), original(argument)))
    thing.method(1)
    thing.method(2)
    assert calls == ["hook", ("own", 1), ("own", 2)]
    assert thing.method is own


def test_cancelling_stops_the_connector_and_refuses_a_late_connection():
    reactor, factory, deferred = started(Factory.forProtocol(Recorder))
    results = outcome_of(deferred)
    deferred.cancel()
    assert results[0].check(ConnectingCancelledError)
    assert results[0].value.address == IPv4Address("TCP", "host", 80)
    assert reactor.connectors[0].stoppedConnecting
    assert factory.buildProtocol(ADDRESS) is None
    factory.clientConnectionFailed(None, Failure(ConnectError()))
    assert len(results) == 1


def test_the_deferred_fails_with_the_reason_of_the_attempt():
    _, factory, deferred = started(Factory.forProtocol(Recorder))
    results = outcome_of(deferred)
    reason = Failure(ConnectError(string="no"))
    factory.clientConnectionFailed(None, reason)
    assert results == [reason]


def test_a_factory_that_gives_no_protocol_fails_the_deferred():
    class Refusing(Factory):
        def buildProtocol(self, addr):
            return None

    _, factory, deferred = started(Refusing())
    results = outcome_of(deferred)
    assert factory.buildProtocol(ADDRESS) is None
    assert results[0].check(NoProtocol)


def test_a_factory_that_raises_fails_the_deferred():
    class Broken(Factory):
        def buildProtocol(self, addr):
            raise KeyError("no such thing")

    _, factory, deferred = started(Broken())
    results = outcome_of(deferred)
    assert factory.buildProtocol(ADDRESS) is None
    assert results[0].check(KeyError)


def test_a_protocol_that_raises_when_connected_fails_the_deferred_and_the_connection():
    class Broken(Protocol):
        def connectionMade(self):
            raise KeyError("no such thing")

    _, factory, deferred = started(Factory.forProtocol(Broken))
    results = outcome_of(deferred)
    protocol = factory.buildProtocol(ADDRESS)
    with pytest.raises(KeyError):
        protocol.makeConnection(StringTransport())
    assert results[0].check(KeyError)


def test_a_reactor_that_raises_fails_the_deferred():
    class Refusing(MemoryReactorClock):
        def connectTCP(self, *args, **kwargs):
            raise ValueError("no")

        listenTCP = connectTCP

    for deferred in (
        TCP4ClientEndpoint(Refusing(), "h", 1).connect(Factory()),
        TCP4ServerEndpoint(Refusing(), 1).listen(Factory()),
    ):
        assert outcome_of(deferred)[0].check(ValueError)


def test_the_users_factory_is_started_and_stopped():
    calls = []

    class Own(Factory):
        def doStart(self):
            calls.append("start")

        def doStop(self):
            calls.append("stop")

    _, factory, _ = started(Own())
    factory.doStart()
    factory.doStop()
    assert calls == ["start", "stop"]


def test_connect_protocol_connects_the_protocol_it_is_given():
    reactor = MemoryReactorClock()
    protocol = Recorder()
    results = outcome_of(connectProtocol(TCP4ClientEndpoint(reactor, "h", 1), protocol))
    reactor.tcpClients[0][2].buildProtocol(ADDRESS).makeConnection(StringTransport())
    assert results == [protocol]
    assert protocol.seen == ["made"]
