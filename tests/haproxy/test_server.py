"""Connections that begin with a header, in memory and over real sockets."""

from __future__ import annotations

import socket

import pytest
from tests.loops import LOOPS

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.core.deferred import Deferred
from sennit.endpoint import serverFromString
from sennit.endpoint.haproxy import proxyEndpoint
from sennit.endpoint.tcp import TCP4ServerEndpoint
from sennit.endpoint.tls import WrapperServerEndpoint
from sennit.haproxy import HAProxyProtocolWrapper, HAProxyWrappingFactory, TrustedSources
from sennit.log.capture import capturedLogs
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor
from sennit.task import Clock
from sennit.testing import StringTransportWithDisconnection
from sennit.transport.tcp import TCPServer

HEADER = b"PROXY TCP4 192.0.2.1 198.51.100.7 1234 443\r\n"
CLIENT = IPv4Address("TCP", "192.0.2.1", 1234)
SERVER = IPv4Address("TCP", "198.51.100.7", 443)
PROXY = IPv4Address("TCP", "10.1.2.3", 5678)
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x04\xff\xff\xff\xff"


class Seen(Protocol):
    """Writes down what happens, with the addresses of the moment; speaks first."""

    greeting = b"welcome"

    def connectionMade(self):
        self.note("made")
        self.transport.write(self.greeting)

    def dataReceived(self, data):
        self.note(data)

    def connectionLost(self, reason):
        self.factory.events.append(("lost", reason.type.__name__))

    def note(self, event):
        self.factory.events.append((event, self.transport.getPeer(), self.transport.getHost()))


class Server(Factory):
    protocol = Seen
    noisy = False

    def __init__(self):
        self.events = []
        self.built = []

    def buildProtocol(self, addr):
        self.events.append(("build", addr))
        protocol = super().buildProtocol(addr)
        self.built.append(protocol)
        return protocol


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def connect(server, clock):
    """Connect in memory: gives the wrapper and its transport."""

    def connect(peer=PROXY, **options):
        factory = HAProxyWrappingFactory(server, reactor=clock, **options)
        protocol = factory.buildProtocol(peer)
        if protocol is None:
            return None, None
        transport = StringTransportWithDisconnection(peerAddress=peer)
        transport.protocol = protocol
        protocol.makeConnection(transport)
        return protocol, transport

    return connect


def test_a_protocol_is_built_when_the_header_is_there(connect, server, clock):
    wrapper, transport = connect()
    wrapper.dataReceived(HEADER[:10])
    assert server.events == []
    assert transport.value() == b""
    wrapper.dataReceived(HEADER[10:] + b"hello")
    wrapper.dataReceived(b"more")
    assert server.events == [
        ("build", CLIENT),
        ("made", CLIENT, SERVER),
        (b"hello", CLIENT, SERVER),
        (b"more", CLIENT, SERVER),
    ]
    assert transport.value() == b"welcome"
    assert clock.getDelayedCalls() == []
    transport.loseConnection()
    assert server.events[-1] == ("lost", "ConnectionDone")


def test_known_server_speaks_first_and_says_nothing_before_the_header(connect, server):
    wrapper, transport = connect()
    assert transport.value() == b""
    assert server.events == []
    for byte in HEADER:
        assert transport.value() == b""
        wrapper.dataReceived(bytes([byte]))
    assert transport.value() == b"welcome"
    assert server.events[1] == ("made", CLIENT, SERVER)


def test_known_local_with_tlvs_keeps_the_addresses_of_the_connection(connect, server):
    wrapper, transport = connect()
    wrapper.dataReceived(LOCAL + b"check")
    host = transport.getHost()
    assert server.events == [("build", PROXY), ("made", PROXY, host), (b"check", PROXY, host)]


@pytest.mark.parametrize(
    "peer",
    [
        IPv4Address("TCP", "203.0.113.9", 1),
        IPv6Address("TCP", "2001:db8::9", 1),
        IPv6Address("TCP", "::ffff:203.0.113.9", 1),
        UNIXAddress(None),
        None,
    ],
)
def test_known_untrusted_sources_are_refused(connect, server, peer):
    with capturedLogs() as logged:
        assert connect(peer, trusted=["10.0.0.0/8", "::1"]) == (None, None)
    assert server.events == []
    assert len(logged) == 1


def test_known_untrusted_sources_can_be_taken_as_what_they_are(connect, server):
    stranger = IPv4Address("TCP", "203.0.113.9", 1)
    protocol, transport = connect(stranger, direct=True)
    protocol.dataReceived(HEADER)
    host = transport.getHost()
    assert server.events == [("build", stranger), ("made", stranger, host), (HEADER, stranger, host)]


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        (IPv4Address("TCP", "127.0.0.1", 1), True),
        (IPv4Address("TCP", "10.255.0.1", 1), True),
        (IPv4Address("TCP", "172.31.0.1", 1), True),
        (IPv4Address("TCP", "172.32.0.1", 1), False),
        (IPv4Address("TCP", "192.168.9.9", 1), True),
        (IPv4Address("TCP", "8.8.8.8", 1), False),
        (IPv6Address("TCP", "::1", 1), True),
        (IPv6Address("TCP", "fd12::1", 1), True),
        (IPv6Address("TCP", "fe80::1", 1, 0, 2), True),
        (IPv6Address("TCP", "2001:4860::1", 1), False),
        (IPv6Address("TCP", "::ffff:10.0.0.1", 1), True),
        (IPv6Address("TCP", "::ffff:8.8.8.8", 1), False),
        (UNIXAddress(b"/x"), True),
        (UNIXAddress(None), True),
        (object(), False),
    ],
)
def test_by_default_this_machine_and_private_networks_are_trusted(address, trusted):
    assert (address in TrustedSources()) is trusted


def test_a_network_that_is_none_is_refused(server):
    for name in ("10.0.0.1/8", "localhost", ""):
        with pytest.raises(ValueError, match=r".+"):
            HAProxyWrappingFactory(server, trusted=[name])
        with pytest.raises(ValueError, match=r".+"):
            proxyEndpoint(None, trusted=[name])
    assert PROXY in TrustedSources("10.0.0.0/8")


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", HEADER[:-2] + b" 1\r\n", b"\r\n\r\n\0\r\nQUIT\n\x31"]
)
def test_a_bad_header_closes_the_connection_with_one_line_in_the_log(connect, server, clock, data):
    wrapper, transport = connect()
    with capturedLogs() as logged:
        wrapper.dataReceived(data)
        wrapper.dataReceived(HEADER)
    assert not transport.connected
    assert server.events == []
    assert len(logged) == 1
    assert "log_failure" not in logged[0]
    assert clock.getDelayedCalls() == []


def test_a_connection_without_a_header_is_closed_in_time(connect, server, clock):
    wrapper, transport = connect(header_timeout=3)
    wrapper.dataReceived(HEADER[:20])
    clock.advance(2.9)
    assert transport.connected
    clock.advance(0.2)
    assert not transport.connected
    assert server.events == []


def test_a_connection_that_is_lost_before_its_header_leaves_nothing(connect, server, clock):
    wrapper, transport = connect()
    factory = wrapper.factory
    assert list(factory.protocols) == [wrapper]
    wrapper.dataReceived(HEADER[:20])
    transport.loseConnection()
    assert server.events == []
    assert factory.protocols == {}
    assert clock.getDelayedCalls() == []


def test_a_client_that_the_factory_does_not_want_is_closed(connect, server):
    server.buildProtocol = lambda addr: None
    wrapper, transport = connect()
    wrapper.dataReceived(HEADER)
    assert not transport.connected


def test_what_came_with_the_header_is_dropped_if_the_protocol_closed_at_once(connect, server):
    class Closes(Seen):
        def connectionMade(self):
            super().connectionMade()
            self.transport.loseConnection()

    server.protocol = Closes
    wrapper, _ = connect()
    wrapper.dataReceived(HEADER + b"too late")
    assert [event[0] for event in server.events] == ["build", "made", "lost"]


def test_prefixes_in_the_log_name_the_factory(server, connect):
    wrapper, _ = connect()
    assert wrapper.logPrefix() == wrapper.factory.logPrefix() == "Server (PROXY)"


# Real sockets


@pytest.fixture(params=LOOPS)
def reactor(request):
    reactor = Reactor(request.param)
    yield reactor
    reactor.close()


def run(reactor, data, port, until):
    """Send `data` to a port and turn the loop until a condition holds; gives what came back."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(data)
        for _ in range(500):
            reactor.iterate(0.01)
            if until():
                break
        assert until()
        peer.setblocking(False)
        try:
            return peer.recv(100)
        except (BlockingIOError, ConnectionResetError) as error:
            return type(error)


def test_over_a_real_socket_the_protocol_has_the_transport_itself(reactor, server):
    factory = HAProxyWrappingFactory(server)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    greeting = run(reactor, HEADER + b"hello", port.getHost().port, lambda: len(server.events) == 3)
    assert greeting == b"welcome"
    assert server.events == [("build", CLIENT), ("made", CLIENT, SERVER), (b"hello", CLIENT, SERVER)]
    (protocol,) = server.built
    assert type(protocol.transport) is TCPServer
    assert protocol.transport.protocol is protocol
    assert protocol.transport.hostname == "192.0.2.1"
    assert factory.protocols == {}
    for _ in range(500):
        if server.events[-1][0] == "lost":
            break
        reactor.iterate(0.01)
    assert server.events[-1] == ("lost", "ConnectionDone")


def test_over_a_unix_socket_the_client_is_told_too(reactor, server, tmp_path):
    port = reactor.listenUNIX(str(tmp_path / "s"), HAProxyWrappingFactory(server))
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(tmp_path / "s"))
        peer.sendall(HEADER)
        for _ in range(500):
            reactor.iterate(0.01)
            if len(server.events) == 2:
                break
    assert server.events[:2] == [("build", CLIENT), ("made", CLIENT, SERVER)]
    port.stopListening()


def test_over_a_real_socket_a_bad_header_resets_the_connection(reactor, server):
    factory = HAProxyWrappingFactory(server)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    connected = []
    register = factory.registerProtocol
    factory.registerProtocol = lambda protocol: (connected.append(protocol), register(protocol))
    answer = run(
        reactor, b"GET / HTTP/1.1\r\n\r\n", port.getHost().port, lambda: connected and not factory.protocols
    )
    assert answer is ConnectionResetError
    assert server.events == []


def test_an_exception_as_the_protocol_is_built_ends_the_connection(reactor, server):
    def fail(addr):
        server.events.append("failed")
        raise ZeroDivisionError

    server.buildProtocol = fail
    factory = HAProxyWrappingFactory(server)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    with capturedLogs() as logged:
        run(reactor, HEADER, port.getHost().port, lambda: server.events and not factory.protocols)
    failures = [event["log_failure"].type for event in logged if "log_failure" in event]
    assert failures == [ZeroDivisionError]


# Endpoints


def test_a_description_makes_an_endpoint_that_takes_headers(reactor, server):
    endpoint = serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1")
    assert type(endpoint) is WrapperServerEndpoint
    ports = []
    endpoint.listen(server).addCallback(ports.append)
    run(reactor, HEADER, ports[0].getHost().port, lambda: len(server.events) == 2)
    assert server.events == [("build", CLIENT), ("made", CLIENT, SERVER)]


def factory_of(endpoint, server):
    return endpoint._wrapperFactory(server)


def test_a_description_may_name_trusted_networks_and_more(reactor, server):
    endpoint = serverFromString(
        reactor, r"haproxy:tcp:0:trusted=192.0.2.0/24, fd00\:\:/8:headerTimeout=1.5:direct=1:backlog=7"
    )
    factory = factory_of(endpoint, server)
    assert IPv4Address("TCP", "192.0.2.77", 1) in factory.trusted
    assert IPv6Address("TCP", "fd00::5", 1) in factory.trusted
    assert IPv4Address("TCP", "127.0.0.1", 1) not in factory.trusted
    assert (factory.header_timeout, factory.direct) == (1.5, True)
    assert type(endpoint._wrappedEndpoint) is TCP4ServerEndpoint


@pytest.mark.parametrize(
    "description",
    ["haproxy:", "haproxy:tcp:0:trusted=nowhere", "haproxy:pigeon:1", "haproxy:tcp:0:headerTimeout=x"],
)
def test_a_description_that_makes_no_sense_is_refused(reactor, description):
    with pytest.raises(ValueError, match=r".+"):
        serverFromString(reactor, description)


def test_an_endpoint_can_be_wrapped(reactor, server):
    endpoint = proxyEndpoint(TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"))
    assert type(factory_of(endpoint, server)) is HAProxyWrappingFactory
    assert type(factory_of(endpoint, server).buildProtocol(PROXY)) is HAProxyProtocolWrapper
    ports = []
    endpoint.listen(server).addCallback(ports.append)
    assert isinstance(ports[0].stopListening(), Deferred)
