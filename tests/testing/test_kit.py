from __future__ import annotations

import socket

import pytest
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone, UnsupportedAddressFamily
from sennit.core.interfaces import (
    IConsumer,
    IHostnameResolver,
    IPushProducer,
    IReactorCore,
    IReactorFDSet,
    IReactorPluggableNameResolver,
    IReactorSocket,
    IReactorSSL,
    IReactorTCP,
    IReactorTime,
    IReactorUNIX,
    ITransport,
)
from sennit.log import LogPublisher
from sennit.protocol import ClientFactory, Factory, Protocol, connectionDone
from sennit.testing import (
    AccumulatingProtocol,
    Clock,
    EventLoggingObserver,
    FakeDatagramTransport,
    LineSendingProtocol,
    MemoryReactor,
    MemoryReactorClock,
    NonStreamingProducer,
    RaisingMemoryReactor,
    StringIOWithoutClosing,
    StringTransport,
    StringTransportWithDisconnection,
    SynchronousResolver,
    waitUntilAllDisconnected,
)


@pytest.mark.parametrize("interface", [ITransport, IConsumer, IPushProducer])
def test_a_string_transport_provides_what_it_says(interface):
    assert verifyObject(interface, StringTransport())


def test_a_string_transport_keeps_what_is_written():
    transport = StringTransport()
    transport.write(b"a")
    transport.writeSequence([b"b", b"c"])
    assert transport.value() == b"abc"
    transport.clear()
    assert transport.value() == b""


def test_a_string_transport_takes_no_text():
    with pytest.raises(TypeError, match="encode"):
        StringTransport().write("text")


def test_a_string_transport_has_addresses():
    assert StringTransport().getHost() != StringTransport().getPeer()
    transport = StringTransport("host", "peer")
    assert (transport.getHost(), transport.getPeer()) == ("host", "peer")


def test_a_string_transport_notes_how_it_is_closed():
    transport = StringTransport()
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (True, False, False)
    transport.loseConnection()
    assert (transport.disconnecting, transport.disconnected) == (True, False)
    transport.abortConnection()
    assert (transport.disconnecting, transport.disconnected) == (True, True)


def test_a_string_transport_takes_one_producer():
    transport = StringTransport()
    with pytest.raises(RuntimeError):
        transport.unregisterProducer()
    transport.registerProducer("producer", True)
    assert (transport.producer, transport.streaming) == ("producer", True)
    with pytest.raises(RuntimeError):
        transport.registerProducer("another", True)
    transport.unregisterProducer()
    assert (transport.producer, transport.streaming) == (None, None)


def test_a_string_transport_notes_pauses():
    transport = StringTransport()
    transport.pauseProducing()
    assert transport.producerState == "paused"
    transport.resumeProducing()
    assert transport.producerState == "producing"
    transport.stopProducing()
    assert transport.producerState == "stopped"
    with pytest.raises(RuntimeError):
        transport.pauseProducing()
    with pytest.raises(RuntimeError):
        transport.resumeProducing()


def test_a_string_transport_that_is_not_lenient_takes_no_pause_after_loseConnection():
    strict, lenient = StringTransport(), StringTransport(lenient=True)
    strict.loseConnection()
    with pytest.raises(RuntimeError):
        strict.pauseProducing()
    lenient.loseConnection()
    lenient.pauseProducing()
    assert lenient.producerState == "paused"


@pytest.mark.parametrize("close", ["loseConnection", "abortConnection"])
def test_a_transport_with_disconnection_tells_its_protocol_once(close):
    transport, protocol = StringTransportWithDisconnection(), AccumulatingProtocol()
    transport.protocol = protocol
    protocol.makeConnection(transport)
    getattr(transport, close)()
    assert not transport.connected
    assert protocol.closedReason.check(ConnectionDone)
    protocol.closed = 0
    transport.loseConnection()
    assert not protocol.closed


def test_a_datagram_transport_keeps_what_is_written():
    transport = FakeDatagramTransport()
    transport.write(b"a", ("host", 1))
    transport.write(b"b")
    assert transport.written == [(b"a", ("host", 1)), (b"b", transport.noAddr)]


def test_a_file_without_closing_can_be_read_after_close():
    file = StringIOWithoutClosing(b"abc")
    file.close()
    assert file.getvalue() == b"abc"


def test_an_accumulating_protocol_notes_what_happens():
    factory = Factory.forProtocol(AccumulatingProtocol)
    factory.protocolConnectionMade = made = Deferred()
    protocol = factory.buildProtocol(None)
    results = []
    made.addCallback(results.append)
    protocol.makeConnection(StringTransport())
    assert results == [protocol]
    assert factory.protocolConnectionMade is None
    protocol.dataReceived(b"a")
    protocol.dataReceived(b"b")
    protocol.closedDeferred = closed = Deferred()
    closed.addCallback(results.append)
    protocol.connectionLost(connectionDone)
    assert (protocol.made, protocol.data, protocol.closed) == (1, b"ab", 1)
    assert protocol.closedReason is connectionDone
    assert results == [protocol, None]


@pytest.mark.parametrize("start", [True, False])
def test_a_line_sending_protocol_sends_at_once_or_when_it_hears(start):
    protocol, transport = LineSendingProtocol([b"a", b"b"], start), StringTransport()
    protocol.makeConnection(transport)
    assert transport.value() == (b"a\r\nb\r\n" if start else b"")
    protocol.dataReceived(b"q\r\nr\r\n")
    assert transport.value() == b"a\r\nb\r\n"
    assert protocol.response == [b"q", b"r"]
    protocol.connectionLost()
    assert protocol.lostConn


def test_a_pull_producer_writes_ten_numbers():
    consumer = StringTransport()
    producer = NonStreamingProducer(consumer)
    results = []
    producer.result.addCallback(results.append)
    consumer.registerProducer(producer, False)
    for _ in range(10):
        assert results == []
        producer.resumeProducing()
    assert consumer.value() == b"0123456789"
    assert consumer.producer is None
    assert results == [None]
    with pytest.raises(RuntimeError):
        producer.resumeProducing()


def test_a_pull_producer_complains_of_misuse():
    producer = NonStreamingProducer(StringTransport())
    with pytest.raises(RuntimeError):
        producer.pauseProducing()
    producer.stopProducing()
    assert producer.stopped
    with pytest.raises(RuntimeError):
        producer.resumeProducing()


def test_it_waits_until_every_transport_is_disconnected():
    clock, protocols, results = Clock(), [Protocol(), Protocol()], []
    for protocol in protocols:
        protocol.makeConnection(StringTransport())
    waitUntilAllDisconnected(clock, [*protocols, Protocol()]).addCallback(results.append)
    for protocol in protocols:
        clock.advance(1)
        assert results == []
        protocol.transport.connected = False
    clock.advance(1)
    assert results == [None]
    assert not clock.getDelayedCalls()


def test_an_observer_keeps_events_until_the_end_of_the_test():
    cleanups = []
    case = type("Case", (), {"addCleanup": staticmethod(cleanups.append)})()
    publisher = LogPublisher()
    observer = EventLoggingObserver.createWithCleanup(case, publisher)
    publisher({"n": 1})
    publisher({"n": 2})
    assert [event["n"] for event in observer] == [1, 2]
    assert (len(observer), observer[-1]["n"], len(observer[:1])) == (2, 2, 1)
    for cleanup in cleanups:
        cleanup()
    publisher({"n": 3})
    assert len(observer) == 2


@pytest.mark.parametrize(
    "interface",
    [
        IReactorCore,
        IReactorTCP,
        IReactorSSL,
        IReactorUNIX,
        IReactorSocket,
        IReactorFDSet,
        IReactorPluggableNameResolver,
        IReactorTime,
    ],
)
def test_a_memory_reactor_provides_what_it_says(interface):
    assert verifyObject(interface, MemoryReactorClock())
    assert interface.providedBy(MemoryReactor()) is (interface is not IReactorTime)


def test_a_memory_reactor_notes_what_it_shall_connect():
    reactor, started = MemoryReactor(), []
    factory = ClientFactory()
    factory.startedConnecting = started.append
    tcp = reactor.connectTCP("192.0.2.1", 1, factory, timeout=3)
    ssl = reactor.connectSSL("::1", 2, factory, "settings")
    unix = reactor.connectUNIX("/path", factory)
    assert reactor.tcpClients == [("192.0.2.1", 1, factory, 3, None)]
    assert reactor.sslClients == [("::1", 2, factory, "settings", 30, None)]
    assert reactor.unixClients == [("/path", factory, 30, 0)]
    assert started == reactor.connectors == [tcp, ssl, unix]
    assert [connector.getDestination() for connector in started] == [
        IPv4Address("TCP", "192.0.2.1", 1),
        IPv6Address("TCP", "::1", 2),
        UNIXAddress("/path"),
    ]
    tcp.connect()
    tcp.stopConnecting()
    tcp.disconnect()
    assert (tcp.stoppedConnecting, tcp._disconnected) == (True, True)


def test_a_memory_reactor_notes_where_it_shall_listen():
    reactor, factory = MemoryReactor(), Factory()
    ports = [
        reactor.listenTCP(1, factory),
        reactor.listenTCP(2, factory, interface="::1"),
        reactor.listenSSL(3, factory, "settings"),
        reactor.listenUNIX("/path", factory),
    ]
    assert reactor.tcpServers == [(1, factory, 50, ""), (2, factory, 50, "::1")]
    assert reactor.sslServers == [(3, factory, "settings", 50, "")]
    assert reactor.unixServers == [("/path", factory, 50, 0o666, 0)]
    assert [port.getHost() for port in ports] == [
        IPv4Address("TCP", "0.0.0.0", 1),
        IPv6Address("TCP", "::1", 2),
        IPv4Address("TCP", "0.0.0.0", 3),
        UNIXAddress("/path"),
    ]
    assert ports[0].startListening() is ports[0].stopListening() is None


def test_a_memory_reactor_notes_what_it_shall_adopt():
    reactor = MemoryReactor()
    assert isinstance(reactor.adoptStreamPort(3, socket.AF_INET, "factory").getHost(), IPv4Address)
    assert isinstance(reactor.adoptDatagramPort(4, socket.AF_INET6, "protocol").getHost(), IPv6Address)
    reactor.adoptStreamConnection(5, socket.AF_INET, "factory")
    assert [entry[0] for entry in reactor.adoptedPorts] == [3, 4]
    assert reactor.adoptedStreamConnections == [(5, socket.AF_INET, "factory")]
    with pytest.raises(UnsupportedAddressFamily):
        reactor.adoptStreamPort(3, 99, "factory")


def test_a_memory_reactor_runs_what_waits_for_it():
    reactor, seen = MemoryReactor(), []
    reactor.callWhenRunning(lambda: seen.append(reactor.running))
    assert seen == []
    reactor.run()
    assert seen == [True]
    assert (reactor.running, reactor.hasRun, reactor.hasStopped) == (False, True, True)
    reactor.callWhenRunning(seen.append, "at once")
    assert seen == [True, "at once"]
    reactor.crash()
    reactor.install()
    reactor.iterate()
    assert (reactor.hasCrashed, reactor.hasInstalled) == (True, True)


def test_a_memory_reactor_fires_triggers_phase_by_phase():
    reactor, seen = MemoryReactor(), []
    for phase in ("after", "during", "before"):
        reactor.addSystemEventTrigger(phase, "shutdown", seen.append, phase)
    gone = reactor.addSystemEventTrigger("before", "shutdown", seen.append, "removed")
    assert reactor.triggers["after"]["shutdown"] == [(seen.append, ("after",), {})]
    reactor.removeSystemEventTrigger(gone)
    reactor.fireSystemEvent("shutdown")
    reactor.fireSystemEvent("no such event")
    assert seen == ["before", "during", "after"]


def test_a_memory_reactor_notes_descriptors():
    reactor = MemoryReactor()
    reactor.addReader("r")
    reactor.addReader("gone")
    reactor.addWriter("w")
    reactor.removeReader("gone")
    reactor.removeWriter("never there")
    assert (reactor.getReaders(), reactor.getWriters()) == (["r"], ["w"])
    assert sorted(reactor.removeAll()) == ["r", "w"]
    assert reactor.readers == reactor.writers == set()


def test_a_memory_reactor_resolves_every_name_to_this_machine():
    class Receiver:
        def __init__(self):
            self.events = []

        def resolutionBegan(self, resolution):
            self.events.append(resolution.name)
            resolution.cancel()

        def addressResolved(self, address):
            self.events.append(address)

        def resolutionComplete(self):
            self.events.append("complete")

    reactor, receiver = MemoryReactor(), Receiver()
    assert verifyObject(IHostnameResolver, reactor.nameResolver)
    reactor.nameResolver.resolveHostName(receiver, "example.com", 80, transportSemantics="UDP")
    assert receiver.events == ["example.com", IPv4Address("UDP", "127.0.0.1", 80), "complete"]
    results = []
    reactor.resolve("example.com").addCallback(results.append)
    assert results == ["127.0.0.1"]
    before = reactor.nameResolver
    assert reactor.installNameResolver(SynchronousResolver()) is before
    assert reactor.nameResolver is not before


def test_a_memory_reactor_with_a_clock_keeps_time():
    reactor, seen = MemoryReactorClock(), []
    reactor.callLater(2, seen.append, "called")
    reactor.advance(2)
    assert seen == ["called"]
    assert reactor.seconds() == 2


def test_a_raising_reactor_raises():
    reactor = RaisingMemoryReactor(ZeroDivisionError(), KeyError())
    for listen in (
        lambda: reactor.listenTCP(1, None),
        lambda: reactor.listenSSL(1, None, None),
        lambda: reactor.listenUNIX("/", None),
        lambda: reactor.adoptStreamPort(1, 2, None),
    ):
        with pytest.raises(ZeroDivisionError):
            listen()
    for connect in (
        lambda: reactor.connectTCP("host", 1, None),
        lambda: reactor.connectSSL("host", 1, None, None),
        lambda: reactor.connectUNIX("/", None),
        lambda: reactor.adoptStreamConnection(1, 2, None),
        lambda: reactor.adoptDatagramPort(1, 2, None, 3),
    ):
        with pytest.raises(KeyError):
            connect()
    before = reactor.nameResolver
    assert reactor.installNameResolver(SynchronousResolver()) is before


def test_a_raising_reactor_without_an_exception_says_so():
    with pytest.raises(RuntimeError, match="listenException"):
        RaisingMemoryReactor().listenTCP(1, None)
    with pytest.raises(RuntimeError, match="connectException"):
        RaisingMemoryReactor().connectTCP("host", 1, None)
