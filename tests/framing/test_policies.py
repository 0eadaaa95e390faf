from __future__ import annotations

import io

import pytest
from zope.interface import directlyProvides

from sennit.core.addresses import IPv4Address, UNIXAddress
from sennit.core.current import enter_reactor, leave_reactor
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, ILoggingContext, IProtocol, ITLSTransport, ITransport
from sennit.framing.policies import (
    LimitConnectionsByPeer,
    LimitTotalConnectionsFactory,
    ProtocolWrapper,
    SpewingFactory,
    ThrottlingFactory,
    TimeoutFactory,
    TimeoutMixin,
    TrafficLoggingFactory,
    WrappingFactory,
)
from sennit.log import globalLogPublisher
from sennit.protocol import ClientFactory, Protocol, ServerFactory
from sennit.testing import Clock, StringTransport, StringTransportWithDisconnection


class Inner(Protocol):
    def connectionMade(self):
        self.events = []

    def dataReceived(self, data):
        self.events.append(data)

    def connectionLost(self, reason):
        self.events.append(reason.type)


class InnerFactory(ServerFactory):
    protocol = Inner
    noisy = False


class Producer:
    def __init__(self):
        self.events = []

    def pauseProducing(self):
        self.events.append("pause")

    def resumeProducing(self):
        self.events.append("resume")

    def stopProducing(self):
        self.events.append("stop")


ADDRESS = IPv4Address("TCP", "192.0.2.9", 1000)


def connected(factory, address=ADDRESS):
    wrapper = factory.buildProtocol(address)
    transport = StringTransportWithDisconnection(peerAddress=address)
    transport.protocol = wrapper
    inner = wrapper.wrappedProtocol
    wrapper.makeConnection(transport)
    return wrapper, inner, transport


@pytest.fixture
def clock():
    clock = Clock()
    enter_reactor(clock)
    yield clock
    leave_reactor(clock)


@pytest.fixture
def logged():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


def test_a_wrapper_is_a_protocol_to_the_transport_and_a_transport_to_the_protocol():
    factory = WrappingFactory(InnerFactory())
    wrapper, inner, transport = connected(factory)
    assert inner.transport is wrapper
    assert inner.factory is factory.wrappedFactory
    assert list(factory.protocols) == [wrapper]
    wrapper.dataReceived(b"in")
    inner.transport.write(b"out")
    inner.transport.writeSequence([b" and", b" on"])
    assert inner.events == [b"in"]
    assert transport.value() == b"out and on"
    assert wrapper.getPeer() == ADDRESS
    assert wrapper.getHost() == transport.getHost()


def test_a_wrapper_provides_what_its_transport_provides():
    wrapper = WrappingFactory(InnerFactory()).buildProtocol(ADDRESS)
    transport = StringTransport()
    directlyProvides(transport, ITLSTransport)
    wrapper.makeConnection(transport)
    for interface in (ITransport, IConsumer, ITLSTransport, IProtocol, ILoggingContext):
        assert interface.providedBy(wrapper)


def test_a_wrapper_hands_what_it_does_not_know_on_to_the_transport():
    wrapper, _, transport = connected(WrappingFactory(InnerFactory()))
    wrapper.pauseProducing()
    assert transport.producerState == wrapper.producerState == "paused"
    with pytest.raises(AttributeError):
        wrapper.no_such_attribute
    producer = Producer()
    wrapper.registerProducer(producer, True)
    assert (transport.producer, transport.streaming) == (producer, True)
    wrapper.unregisterProducer()
    assert transport.producer is None


def test_a_wrapper_ends_with_its_connection():
    factory = WrappingFactory(InnerFactory())
    wrapper, inner, _ = connected(factory)
    inner.transport.loseConnection()
    assert wrapper.disconnecting
    assert inner.events == [ConnectionDone]
    assert wrapper.wrappedProtocol is None
    assert factory.protocols == {}


def test_a_wrapper_gives_both_names_to_the_log():
    factory = WrappingFactory(InnerFactory())
    assert factory.logPrefix() == "InnerFactory (WrappingFactory)"
    assert factory.buildProtocol(ADDRESS).logPrefix() == "Inner (ProtocolWrapper)"
    assert ProtocolWrapper(factory, object()).logPrefix() == "object (ProtocolWrapper)"


def test_a_wrapping_factory_refuses_what_the_wrapped_one_refuses():
    class Refusing(InnerFactory):
        def buildProtocol(self, addr):
            return None

    assert WrappingFactory(Refusing()).buildProtocol(ADDRESS) is None
    assert TimeoutFactory(Refusing()).buildProtocol(ADDRESS) is None
    assert ThrottlingFactory(Refusing(), readLimit=1).buildProtocol(ADDRESS) is None


def test_a_wrapping_factory_starts_and_stops_the_wrapped_one():
    factory = WrappingFactory(InnerFactory())
    factory.noisy = False
    factory.doStart()
    assert (factory.numPorts, factory.wrappedFactory.numPorts) == (1, 1)
    factory.doStop()
    assert (factory.numPorts, factory.wrappedFactory.numPorts) == (0, 0)


def test_a_wrapping_factory_tells_a_client_factory_how_its_connector_fares():
    class Client(ClientFactory):
        def __init__(self):
            self.events = []

        def startedConnecting(self, connector):
            self.events.append(("started", connector))

        def clientConnectionFailed(self, connector, reason):
            self.events.append(("failed", connector, reason))

        def clientConnectionLost(self, connector, reason):
            self.events.append(("lost", connector, reason))

    factory = WrappingFactory(Client())
    factory.startedConnecting(1)
    factory.clientConnectionFailed(1, 2)
    factory.clientConnectionLost(1, 3)
    assert factory.wrappedFactory.events == [("started", 1), ("failed", 1, 2), ("lost", 1, 3)]


def test_total_connections_are_limited():
    factory = LimitTotalConnectionsFactory()
    factory.protocol = Inner
    factory.connectionLimit = 1
    _, inner, transport = connected(factory)
    assert factory.connectionCount == 1
    assert factory.buildProtocol(ADDRESS) is None
    transport.loseConnection()
    assert inner.events == [ConnectionDone]
    assert factory.connectionCount == 0
    assert factory.buildProtocol(ADDRESS) is not None


def test_one_connection_too_many_gets_the_overflow_protocol():
    factory = LimitTotalConnectionsFactory()
    factory.protocol = Inner
    factory.connectionLimit = 0
    factory.overflowProtocol = overflow = type("Overflow", (Inner,), {})
    assert isinstance(factory.buildProtocol(ADDRESS).wrappedProtocol, overflow)


def test_without_a_limit_every_connection_is_built():
    factory = LimitTotalConnectionsFactory()
    factory.protocol = Inner
    for _ in range(10):
        assert factory.buildProtocol(ADDRESS) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (IPv4Address("TCP", "192.0.2.1", 1), IPv4Address("TCP", "192.0.2.2", 1)),
        (UNIXAddress("/a"), UNIXAddress("/b")),
        (("192.0.2.1", 1), ("192.0.2.2", 1)),
    ],
)
def test_connections_are_limited_by_peer(one, other):
    factory = LimitConnectionsByPeer(InnerFactory())
    factory.noisy = False
    factory.maxConnectionsPerPeer = 2
    factory.doStart()
    _, _, transport = connected(factory, one)
    connected(factory, one)
    assert factory.buildProtocol(one) is None
    connected(factory, other)
    transport.loseConnection()
    assert sorted(factory.peerConnections.values()) == [1, 1]
    assert factory.buildProtocol(one) is not None


def test_a_peer_that_is_gone_leaves_nothing_behind():
    factory = LimitConnectionsByPeer(InnerFactory())
    _, _, transport = connected(factory)
    transport.loseConnection()
    assert factory.peerConnections == {}


def test_reading_is_throttled_to_the_average(clock):
    factory = ThrottlingFactory(InnerFactory(), readLimit=10)
    wrapper, inner, transport = connected(factory)
    wrapper.dataReceived(b"x" * 25)
    assert inner.events == [b"x" * 25]
    assert transport.producerState == "producing"
    clock.advance(1)
    assert transport.producerState == "paused"
    clock.advance(1.4)
    assert transport.producerState == "paused"
    clock.advance(0.2)
    assert transport.producerState == "producing"


def test_writing_is_throttled_by_pausing_the_producer(clock):
    factory = ThrottlingFactory(InnerFactory(), writeLimit=10)
    wrapper, inner, transport = connected(factory)
    producer = Producer()
    wrapper.registerProducer(producer, True)
    inner.transport.write(b"x" * 15)
    inner.transport.writeSequence([b"x" * 5, b"x" * 5])
    assert transport.value() == b"x" * 25
    clock.advance(1)
    assert producer.events == ["pause"]
    clock.advance(1.5)
    assert producer.events == ["pause", "resume"]
    wrapper.unregisterProducer()
    inner.transport.write(b"x" * 15)
    clock.advance(5)
    assert producer.events == ["pause", "resume"]


def test_a_producer_that_cannot_be_paused_is_left_alone(clock):
    class Pulled:
        resumed = 0

        def resumeProducing(self):
            self.resumed += 1

    factory = ThrottlingFactory(InnerFactory(), writeLimit=1)
    wrapper, inner, _ = connected(factory)
    producer = Pulled()
    wrapper.registerProducer(producer, False)
    inner.transport.write(b"x" * 3)
    clock.advance(10)
    assert producer.resumed == 0


def test_a_throttle_limits_connections_and_stops_with_the_last(clock):
    factory = ThrottlingFactory(InnerFactory(), maxConnectionCount=2, readLimit=1, writeLimit=1)
    (one, _, first), (_, _, second) = connected(factory), connected(factory)
    assert factory.buildProtocol(ADDRESS) is None
    one.dataReceived(b"x" * 100)
    clock.advance(1)
    assert len(clock.getDelayedCalls()) == 3
    first.loseConnection()
    second.loseConnection()
    assert factory.connectionCount == 0
    assert clock.getDelayedCalls() == []
    assert factory.buildProtocol(ADDRESS) is not None


def test_an_idle_connection_is_closed(clock):
    factory = TimeoutFactory(InnerFactory(), 3)
    _, inner, transport = connected(factory)
    clock.advance(2.9)
    assert transport.connected
    clock.advance(0.2)
    assert inner.events == [ConnectionDone]


@pytest.mark.parametrize(
    "act",
    [
        lambda wrapper: wrapper.dataReceived(b"x"),
        lambda wrapper: wrapper.write(b"x"),
        lambda wrapper: wrapper.writeSequence([b"x"]),
    ],
)
def test_whatever_happens_resets_the_timeout_without_a_new_timer(act, clock):
    wrapper, _, transport = connected(TimeoutFactory(InnerFactory(), 3))
    (timer,) = clock.getDelayedCalls()
    clock.advance(2)
    act(wrapper)
    assert list(clock.getDelayedCalls()) == [timer]
    clock.advance(2)
    assert transport.connected
    clock.advance(1)
    assert not transport.connected


def test_a_timeout_can_be_changed_and_cancelled(clock):
    wrapper, _, transport = connected(TimeoutFactory(InnerFactory(), 3))
    wrapper.setTimeout(10)
    clock.advance(9)
    wrapper.cancelTimeout()
    wrapper.resetTimeout()
    assert clock.getDelayedCalls() == []
    wrapper.setTimeout(1)
    wrapper.setTimeout()
    clock.advance(100)
    assert transport.connected


def test_a_connection_that_ends_ends_its_timeout(clock):
    _, _, transport = connected(TimeoutFactory(InnerFactory(), 3))
    transport.loseConnection()
    assert clock.getDelayedCalls() == []


class Timed(Protocol, TimeoutMixin):
    timed_out = 0

    def timeoutConnection(self):
        self.timed_out += 1
        super().timeoutConnection()


def test_a_mixin_times_a_protocol_out_once(clock):
    protocol, transport = Timed(), StringTransport()
    protocol.makeConnection(transport)
    assert protocol.setTimeout(5) is None
    assert protocol.setTimeout(3) == 5
    (timer,) = clock.getDelayedCalls()
    clock.advance(2)
    protocol.resetTimeout()
    assert list(clock.getDelayedCalls()) == [timer]
    clock.advance(2.5)
    assert protocol.timed_out == 0
    clock.advance(1)
    assert protocol.timed_out == 1
    assert transport.disconnecting
    protocol.resetTimeout()
    assert clock.getDelayedCalls() == []


def test_a_mixin_does_not_mind_a_timer_that_somebody_else_cancelled(clock):
    protocol = Timed()
    protocol.setTimeout(1)
    clock.getDelayedCalls()[0].cancel()
    protocol.resetTimeout()
    assert protocol.setTimeout(None) == 1
    protocol.setTimeout(2)
    clock.getDelayedCalls()[0].cancel()
    protocol.setTimeout(3)
    assert [call.getTime() for call in clock.getDelayedCalls()] == [3]


def test_a_mixin_waits_no_more_when_told(clock):
    protocol = Timed()
    protocol.setTimeout(1)
    assert protocol.setTimeout(None) == 1
    protocol.resetTimeout()
    assert clock.getDelayedCalls() == []
    assert protocol.setTimeout(None) is None


def test_a_mixin_uses_the_clock_it_is_given():
    clock = Clock()
    protocol = Timed()
    protocol.callLater = clock.callLater
    protocol.makeConnection(StringTransport())
    protocol.setTimeout(0)
    clock.advance(0)
    assert protocol.timed_out == 1


class NotClosing(io.StringIO):
    ended = False

    def close(self):
        self.ended = True


class Traffic(TrafficLoggingFactory):
    def open(self, name):
        self.files = {**getattr(self, "files", {}), name: NotClosing()}
        return self.files[name]


def test_traffic_is_written_to_a_file_for_each_connection():
    factory = Traffic(InnerFactory(), "log")
    wrapper, inner, _ = connected(factory)
    wrapper.dataReceived(b"question")
    inner.transport.write(b"answer")
    inner.transport.writeSequence([b"a", b"b"])
    inner.transport.loseConnection()
    connected(factory)
    log = factory.files["log-1"]
    wrapper.write(b"too late")
    assert log.getvalue().splitlines()[:5] == [
        "*",
        "C 1: b'question'",
        "S 1: b'answer'",
        "SV 1: [b'a', b'b']",
        "S 1: *",
    ]
    assert "ConnectionDone" in log.getvalue().splitlines()[5]
    assert len(log.getvalue().splitlines()) == 6
    assert not log.ended
    assert factory.files["log-2"].getvalue() == "*\n"


def test_long_traffic_is_cut_in_the_file():
    factory = Traffic(InnerFactory(), "log", lengthLimit=4)
    wrapper, inner, _ = connected(factory)
    wrapper.dataReceived(b"question")
    assert inner.events == [b"question"]
    assert "C 1: b'ques' and 4 bytes more\n" in factory.files["log-1"].getvalue()


def test_the_files_are_counted_anew_after_a_reset(tmp_path):
    factory = TrafficLoggingFactory(InnerFactory(), str(tmp_path / "log"))
    for _ in range(2):
        factory.resetCounter()
        wrapper, _, _ = connected(factory)
        logfile = wrapper.logfile
        wrapper.connectionLost(Failure(ConnectionLost()))
        assert logfile.closed
    assert [path.name for path in tmp_path.iterdir()] == ["log-1"]
    assert (tmp_path / "log-1").read_text(encoding="utf-8").startswith("*\nC 1: ")


def test_a_spewing_protocol_logs_what_goes_by(logged):
    wrapper, inner, transport = connected(SpewingFactory(InnerFactory()))
    wrapper.dataReceived(b"in")
    inner.transport.write(b"out")
    assert inner.events == [b"in"]
    assert transport.value() == b"out"
    assert [event["log_format"].format(**event) for event in logged] == [
        "Received: b'in'",
        "Sending: b'out'",
    ]
