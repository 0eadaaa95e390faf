from __future__ import annotations

import io

import pytest

from sennit.core.deferred import CancelledError
from sennit.core.errors import ConnectError, ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IProcessProtocol, IProtocol, ITransport
from sennit.log import globalLogPublisher
from sennit.protocol import (
    ClientCreator,
    ConnectedDatagramProtocol,
    DatagramProtocol,
    FileWrapper,
    ProcessProtocol,
    Protocol,
    connectionDone,
)
from sennit.testing import MemoryReactorClock, StringTransport


def test_a_protocol_takes_its_transport_and_begins():
    class Greeting(Protocol):
        def connectionMade(self):
            self.transport.write(b"hello")

    protocol, transport = Greeting(), StringTransport()
    assert (protocol.connected, protocol.transport) == (0, None)
    protocol.makeConnection(transport)
    assert (protocol.connected, protocol.transport) == (1, transport)
    assert transport.value() == b"hello"


def test_a_protocol_carries_nothing_but_its_connection():
    protocol = Protocol()
    assert protocol.__dict__ == {}
    protocol.makeConnection(StringTransport())
    assert set(protocol.__dict__) == {"connected", "transport"}


def test_a_protocol_does_nothing_until_it_is_written():
    protocol = Protocol()
    assert protocol.dataReceived(b"data") is None
    assert protocol.connectionLost() is None
    assert protocol.factory is None
    assert protocol.logPrefix() == "Protocol"
    assert IProtocol.providedBy(protocol)


def test_the_clean_reason_is_one_failure_for_all():
    assert connectionDone.check(ConnectionDone)


@pytest.mark.parametrize(
    ("fd", "data_method", "lost_method"),
    [
        (0, None, "inConnectionLost"),
        (1, "outReceived", "outConnectionLost"),
        (2, "errReceived", "errConnectionLost"),
        (3, None, None),
    ],
)
def test_a_process_protocol_sorts_what_comes_by_descriptor(fd, data_method, lost_method):
    class Sorting(ProcessProtocol):
        def __init__(self):
            self.events = []

        def outReceived(self, data):
            self.events.append(("outReceived", data))

        def errReceived(self, data):
            self.events.append(("errReceived", data))

        def inConnectionLost(self):
            self.events.append("inConnectionLost")

        def outConnectionLost(self):
            self.events.append("outConnectionLost")

        def errConnectionLost(self):
            self.events.append("errConnectionLost")

    protocol = Sorting()
    protocol.childDataReceived(fd, b"data")
    protocol.childConnectionLost(fd)
    expected = ([(data_method, b"data")] if data_method else []) + ([lost_method] if lost_method else [])
    assert protocol.events == expected


def test_a_process_protocol_does_nothing_until_it_is_written():
    protocol = ProcessProtocol()
    assert IProcessProtocol.providedBy(protocol)
    protocol.makeConnection(transport := object())
    assert protocol.transport is transport
    for fd in range(4):
        protocol.childDataReceived(fd, b"")
        protocol.childConnectionLost(fd)
    protocol.processExited(connectionDone)
    protocol.processEnded(connectionDone)


class Datagrams(DatagramProtocol):
    noisy = False

    def __init__(self):
        self.events = []

    def startProtocol(self):
        self.events.append(("start", self.transport))

    def stopProtocol(self):
        self.events.append(("stop", self.transport))


def test_a_datagram_protocol_starts_and_stops_with_its_port():
    protocol = Datagrams()
    protocol.makeConnection("port")
    assert (protocol.numPorts, protocol.transport) == (1, "port")
    protocol.doStop()
    assert protocol.events == [("start", "port"), ("stop", None)]
    protocol.makeConnection("another")
    assert protocol.transport == "another"


def test_a_datagram_protocol_has_one_port():
    protocol = Datagrams()
    protocol.makeConnection("port")
    with pytest.raises(AssertionError):
        protocol.makeConnection("another")


def test_a_datagram_protocol_that_has_not_started_cannot_stop():
    with pytest.raises(AssertionError):
        Datagrams().doStop()


def test_a_datagram_protocol_logs_when_it_is_noisy():
    events = []
    globalLogPublisher.addObserver(events.append)
    protocol = DatagramProtocol()
    protocol.makeConnection("port")
    protocol.doStop()
    globalLogPublisher.removeObserver(events.append)
    assert [event["log_format"] for event in events] == [
        "{protocol} starting on {transport}",
        "Stopping protocol {protocol}",
    ]


def test_a_datagram_protocol_does_nothing_until_it_is_written():
    protocol, connected = DatagramProtocol(), ConnectedDatagramProtocol()
    protocol.datagramReceived(b"", ("127.0.0.1", 1))
    protocol.connectionRefused()
    connected.datagramReceived(b"")
    connected.connectionFailed(connectionDone)
    assert protocol.logPrefix() == "DatagramProtocol"
    assert protocol.__getstate__() == {"transport": None, "numPorts": 0}


@pytest.fixture
def reactor():
    return MemoryReactorClock()


def outcomes(deferred):
    results = []
    deferred.addBoth(results.append)
    return results


def test_a_client_creator_gives_the_protocol_once_it_has_begun(reactor):
    creator = ClientCreator(reactor, Protocol)
    results = outcomes(creator.connectTCP("host", 1, timeout=3, bindAddress=("here", 0)))
    ((host, port, factory, timeout, bind),) = reactor.tcpClients
    assert (host, port, timeout, bind) == ("host", 1, 3, ("here", 0))
    protocol = factory.buildProtocol(None)
    assert results == []
    reactor.advance(0)
    assert results == [protocol]
    assert "ClientCreator" in repr(factory)


def test_a_client_creator_passes_arguments_to_the_protocol(reactor):
    class Named(Protocol):
        def __init__(self, name, size):
            self.name, self.size = name, size

    ClientCreator(reactor, Named, "name", size=3).connectUNIX("/path", timeout=4)
    ((path, factory, timeout, _),) = reactor.unixClients
    protocol = factory.buildProtocol(None)
    assert (path, timeout, protocol.name, protocol.size) == ("/path", 4, "name", 3)


def test_a_client_creator_fails_as_the_connect_does(reactor):
    results = outcomes(ClientCreator(reactor, Protocol).connectSSL("host", 1, "settings"))
    ((_, _, factory, settings, _, _),) = reactor.sslClients
    factory.clientConnectionFailed(reactor.connectors[0], Failure(ConnectError()))
    assert (settings, results) == ("settings", [])
    reactor.advance(0)
    assert results[0].check(ConnectError)


@pytest.mark.parametrize("built", [False, True])
def test_a_client_creator_gives_up_when_it_is_cancelled(reactor, built):
    deferred = ClientCreator(reactor, Protocol).connectTCP("host", 1)
    factory = reactor.tcpClients[0][2]
    if built:
        factory.buildProtocol(None)
    results = outcomes(deferred)
    deferred.cancel()
    assert results[0].check(CancelledError)
    assert reactor.connectors[0]._disconnected
    factory.clientConnectionFailed(reactor.connectors[0], Failure(ConnectError()))
    reactor.advance(1)
    assert len(results) == 1


class Keeping(io.BytesIO):
    ended = False

    def close(self):
        self.ended = True


class Producer:
    def __init__(self):
        self.resumed = 0

    def resumeProducing(self):
        self.resumed += 1


def test_a_file_is_a_transport():
    transport = FileWrapper(Keeping())
    assert ITransport.providedBy(transport)
    transport.write(b"one")
    transport.writeSequence([b" two", b" three"])
    assert transport.file.getvalue() == b"one two three"
    assert (transport.getPeer(), transport.getHost()) == (("file", "file"), "file")
    transport.pauseProducing()
    transport.resumeProducing()
    transport.loseConnection()
    assert transport.closed
    assert transport.file.ended


@pytest.mark.parametrize(("streaming", "resumed"), [(True, 0), (False, 1)])
def test_a_file_takes_a_producer(streaming, resumed):
    transport, producer = FileWrapper(Keeping()), Producer()
    transport.registerProducer(producer, streaming)
    assert (transport.producer, producer.resumed) == (producer, resumed)
    transport.stopConsuming()
    assert transport.producer is None
    assert transport.file.ended


def test_a_file_that_was_to_close_closes_when_its_producer_ends():
    transport = FileWrapper(Keeping())
    transport.registerProducer(Producer(), True)
    transport.disconnecting = 1
    transport.unregisterProducer()
    assert transport.file.ended


def test_a_file_that_fails_is_handed_to_handleException():
    class Broken:
        def write(self, data):
            raise OSError("write")

        def close(self):
            raise OSError("close")

    class Noting(FileWrapper):
        handled = 0

        def handleException(self):
            self.handled += 1

    transport = Noting(Broken())
    transport.write(b"x")
    transport.stopProducing()
    assert transport.handled == 2


def test_a_protocol_is_adapted_to_a_consumer():
    class Keeping(Protocol):
        data = b""

        def dataReceived(self, data):
            self.data += data

    protocol = Keeping()
    consumer = IConsumer(protocol)
    consumer.registerProducer(None, False)
    consumer.write(b"data")
    consumer.unregisterProducer()
    assert protocol.data == b"data"


def test_a_consumer_is_adapted_to_a_protocol():
    consumer = StringTransport()
    protocol = IProtocol(consumer)
    protocol.makeConnection(StringTransport())
    protocol.connectionMade()
    protocol.dataReceived(b"data")
    protocol.connectionLost(connectionDone)
    assert consumer.value() == b"data"
