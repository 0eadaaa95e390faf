"""What only TCP has: addresses, names, options, and ways to fail."""

from __future__ import annotations

import socket

import pytest
from tests.transport.kit import Client, Recorder, Server, in_reactor, turns
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import (
    CannotListenError,
    ConnectBindError,
    ConnectionAborted,
    ConnectionDone,
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    NoRouteError,
    NotConnectingError,
    NotListeningError,
    ServiceNameUnknownError,
    TimeoutError,
    UnsupportedAddressFamily,
    UnsupportedSocketType,
    UserError,
)
from sennit.core.interfaces import IConnector, IListeningPort, ITCPTransport
from sennit.reactor import Reactor
from sennit.transport.names import tcp_address
from sennit.transport.tcp import (
    TCPClient,
    TCPConnector,
    TCPPort,
    TCPServer,
    connect_tcp,
    listen_tcp,
    makeBinding,
)


def _speaks_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _speaks_ipv6(), reason="This machine has no IPv6.")


@pytest.fixture
def full():
    """A listening socket that answers no more, because its backlog is full."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listening.getsockname())
        fillers.append(filler)
    yield listening.getsockname()[1]
    for filler in fillers:
        filler.close()
    listening.close()


class Names:
    """A resolver that answers from a table, and never for what it does not know."""

    def __init__(self, table):
        self.table = table
        self.asked = []
        self.cancelled = []

    def resolveHostName(self, receiver, name, portNumber=0, addressTypes=None, transportSemantics="TCP"):
        self.asked.append((name, portNumber, transportSemantics))
        receiver.resolutionBegan(Resolution(name, self.cancelled))
        if name in self.table:
            for kind, host in self.table[name]:
                receiver.addressResolved(kind(transportSemantics, host, portNumber))
            receiver.resolutionComplete()


class Resolution:
    def __init__(self, name, cancelled):
        self.name = name
        self.cancelled = cancelled

    def cancel(self):
        self.cancelled.append(self.name)


# Listening.


def test_a_port_is_known_before_the_reactor_runs(reactor):
    port = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    host = port.getHost()
    assert host == IPv4Address("TCP", "127.0.0.1", host.port)
    assert host.port > 0
    with socket.create_connection(("127.0.0.1", host.port)):
        in_reactor(reactor, port.factory.nth())
    assert verifyObject(IListeningPort, port)


@pytest.mark.parametrize("pauses", [False, True])
def test_what_is_set_in_connection_made_without_delay_comes_before_what_is_read(reactor, pauses):
    class Calls(Recorder):
        def connectionMade(self):
            super().connectionMade()
            reactor.callLater(0, self.called)

        def called(self):
            self.events.append("called")
            if pauses:
                self.transport.pauseProducing()
                reactor.callLater(0, self.transport.resumeProducing)

    async def served():
        await (await port.factory.nth()).until_lost()

    port = reactor.listenTCP(0, Server(Calls), interface="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port.getHost().port)) as peer:
        peer.sendall(b"early")
        peer.shutdown(socket.SHUT_WR)
        in_reactor(reactor, served())
    (server,) = port.factory.built
    assert server.received == b"early"
    assert server.events[:3] == ["made", "called", "data"]


def test_a_port_that_is_taken_is_an_error_at_once(reactor, descriptors):
    before = descriptors()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        server = Server()
        with pytest.raises(CannotListenError) as caught:
            reactor.listenTCP(number, server, interface="127.0.0.1")
    assert (caught.value.interface, caught.value.port) == ("127.0.0.1", number)
    assert isinstance(caught.value.socketError, OSError)
    assert (server.started, server.stopped) == (0, 0)
    reactor.close()
    assert descriptors() <= before


async def test_a_port_that_is_taken_is_an_error_at_once_while_the_reactor_runs(reactor):
    first = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    with pytest.raises(CannotListenError):
        reactor.listenTCP(first.getHost().port, Server(), interface="127.0.0.1")


@pytest.mark.parametrize("interface", ["203.0.113.9", "2001:db8::1", "no such host.invalid"])
def test_an_interface_that_is_not_ours_is_an_error(reactor, interface):
    with pytest.raises(CannotListenError):
        reactor.listenTCP(0, Server(), interface=interface)


def test_a_port_number_out_of_range_is_an_error_and_leaks_nothing(reactor, descriptors):
    before = descriptors()
    with pytest.raises(OverflowError):
        reactor.listenTCP(70000, Server())
    reactor.close()
    assert descriptors() <= before


def test_a_factory_that_cannot_start_leaves_no_port(reactor, descriptors):
    before = descriptors()
    server = Server()
    server.startFactory = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        reactor.listenTCP(0, server)
    reactor.close()
    assert descriptors() <= before


@pytest.mark.parametrize(
    ("interface", "target", "kind"),
    [
        ("", "127.0.0.1", IPv4Address),
        ("localhost", "127.0.0.1", IPv4Address),
        pytest.param("::1", "::1", IPv6Address, marks=needs_ipv6),
        pytest.param("::", "::1", IPv6Address, marks=needs_ipv6),
        pytest.param("::1%lo", "::1%lo", IPv6Address, marks=needs_ipv6),
    ],
)
async def test_interfaces(reactor, interface, target, kind):
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface=interface)
    assert type(port.getHost()) is kind
    reactor.connectTCP(target, port.getHost().port, client)
    here, there = await server.nth(), await client.nth()
    assert type(here.address) is type(there.address) is kind
    assert here.transport.getPeer() == there.transport.getHost() == here.address
    assert there.transport.getPeer().host == target


def test_an_address_with_a_zone_says_so_and_can_be_connected_to():
    index = socket.if_nametoindex("lo")
    assert tcp_address(("fe80::1", 80, 0, index)) == IPv6Address("TCP", "fe80::1%lo", 80, 0, index)
    assert tcp_address(("fe80::1%lo", 80, 5, index)) == IPv6Address("TCP", "fe80::1%lo", 80, 5, index)
    assert tcp_address(("fe80::1", 80, 0, 99999)).host == "fe80::1%99999"
    assert tcp_address(("2001:db8::1", 80, 0, 0)).host == "2001:db8::1"


async def test_connections_say_who_they_are(reactor):
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    number = port.getHost().port
    reactor.connectTCP("127.0.0.1", number, client)
    ours, theirs = (await client.nth()).transport, (await server.nth()).transport
    assert (
        repr(ours)
        == f"<<class 'sennit.transport.tcp_client.TCPClient'> to ('127.0.0.1', {number}) at {id(ours):x}>"
    )
    assert repr(theirs) == f"<Recorder #0 on {number}>"


async def test_a_port_says_what_it_is(reactor):
    port = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    number = str(port.getHost().port)
    assert number in repr(port)
    assert port.getHandle().fileno() == port.fileno()
    assert port.logPrefix() == port.logstr == "Server"
    stopped = port.stopListening()
    assert "not listening" in repr(port)
    await stopped
    assert "not listening" in repr(port)
    assert port.getHandle() is None
    assert port.fileno() == -1
    with pytest.raises(NotListeningError):
        port.getHost()


async def test_a_stopped_port_can_be_had_again_at_once(reactor):
    server = Server()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    number = port.getHost().port
    with socket.create_connection(("127.0.0.1", number)) as peer:
        one = await server.nth()
        stopped = port.stopListening()
        again = reactor.listenTCP(number, Server(), interface="127.0.0.1")
        assert again.getHost().port == number
        await stopped
        one.transport.loseConnection()
        await one.until_lost()
        await turns(reactor)
        peer.settimeout(5)
        assert peer.recv(1) == b""


async def test_several_ports_can_share_a_number(reactor):
    first = listen_tcp(reactor, 0, Server(), interface="127.0.0.1", reuse_port=True)
    number = first.getHost().port
    second = listen_tcp(reactor, number, Server(), interface="127.0.0.1", reuse_port=True)
    assert second.getHost().port == number


async def test_a_port_is_a_class_to_build_on(reactor):
    class Roomy(TCPPort):
        def createInternetSocket(self):
            made = super().createInternetSocket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 12_345)
            return made

    class Marked(TCPServer):
        mark = "mine"

    Roomy.transport = Marked
    server = Server()
    port = Roomy(0, server, interface="127.0.0.1")
    assert port.reactor is reactor
    assert not port.connected
    port.startListening()
    assert port.getHandle().getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 12_345
    with socket.create_connection(("127.0.0.1", port.getHost().port)):
        assert (await server.nth()).transport.mark == "mine"


async def test_a_connector_is_a_class_to_build_on(reactor):
    port = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    client = Client()
    connector = TCPConnector("127.0.0.1", port.getHost().port, client, 30, None)
    assert connector.state == "disconnected"
    connector.connect()
    assert (await client.nth()).transport.connector is connector


async def test_many_connections_at_once_are_all_accepted(reactor):
    server = Server()
    port = reactor.listenTCP(0, server, backlog=200, interface="127.0.0.1")
    peers = [socket.create_connection(("127.0.0.1", port.getHost().port)) for _ in range(150)]
    await server.nth(150)
    for peer in peers:
        peer.close()
    for one in server.built:
        await one.until_lost()


async def test_stopping_within_build_protocol_accepts_no_more(reactor):
    class Once(Server):
        def buildProtocol(self, addr):
            port.stopListening()
            return super().buildProtocol(addr)

    server = Once()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port.getHost().port)) as peer:
        one = await server.nth()
        one.transport.write(b"welcome")
        one.transport.loseConnection()
        await one.until_lost()
        assert peer.recv(100) == b"welcome"
    await turns(reactor)
    assert server.stopped == 1


class Gone:
    """The loop's transport for a connection that was reset before the loop came to it."""

    def __init__(self):
        self.aborted = False

    def get_extra_info(self, name, default=None):
        return None

    def abort(self):
        self.aborted = True

    def write(self, data):
        """Nowhere."""


async def test_a_connection_that_is_gone_when_it_is_accepted_gets_no_protocol(reactor):
    server, carrier = Server(), Gone()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    connection = TCPServer(reactor, port, {})
    connection.connection_made(carrier)
    connection.connection_lost(None)
    assert carrier.aborted
    assert server.built == []


async def test_a_connection_that_we_made_and_that_is_gone_is_still_told(reactor):
    client = Client()
    connector = reactor.connectTCP("127.0.0.1", 9, client)
    connection = TCPClient(reactor, connector, {})
    connection._peer = IPv4Address("TCP", "127.0.0.1", 9)
    connection.connection_made(Gone())
    one = await client.nth()
    assert one.address == IPv4Address("TCP", "127.0.0.1", 9)
    connection.connection_lost(ConnectionResetError())
    assert await one.until_lost() is ConnectionLost
    assert client.events == ["started", "lost"]


# Options.


async def test_options_are_told_as_they_are(reactor):
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, client)
    for one in (await server.nth(), await client.nth()):
        transport = one.transport
        assert verifyObject(ITCPTransport, transport)
        assert transport.getTcpNoDelay() is True
        assert transport.getTcpKeepAlive() is False
        for value in (True, False, True):
            transport.setTcpNoDelay(value)
            transport.setTcpKeepAlive(value)
            assert transport.getTcpNoDelay() is transport.getTcpKeepAlive() is value


# Connecting.


async def test_a_refusal_is_a_failure(reactor, descriptors):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        before = descriptors()
        client = Client()
        connector = reactor.connectTCP("127.0.0.1", closed.getsockname()[1], client)
        await client.ended()
        assert client.failure.type is ConnectionRefusedError
        assert connector.state == "disconnected"
        assert connector.transport is None
        await turns(reactor, 1)
        assert (client.started, client.stopped) == (1, 1)
        assert client.events == ["started", "failed"]
        assert descriptors() <= before


async def test_a_network_that_cannot_be_reached_is_a_failure(reactor):
    client = Client()
    # Link-local, of an interface that has no such link.
    reactor.connectTCP("fe80::1%lo", 9, client)
    await client.ended()
    assert issubclass(client.failure.type, (NoRouteError, ConnectBindError)) or client.failure.value.osError


async def test_a_timeout_is_a_failure(reactor, full, descriptors):
    before = descriptors()
    client = Client()
    reactor.connectTCP("127.0.0.1", full, client, timeout=0.05)
    await client.ended()
    assert client.failure.type is TimeoutError
    await turns(reactor)
    assert descriptors() <= before


async def test_no_timeout_is_no_limit(reactor, full):
    client = Client()
    connector = connect_tcp(reactor, "127.0.0.1", full, client, timeout=None)
    assert connector.timeoutID is None
    assert reactor.getDelayedCalls() == [] or connector.state == "connecting"
    await turns(reactor)
    connector.stopConnecting()
    assert client.failure.type is UserError


async def test_the_timeout_is_over_when_the_connection_stands(reactor):
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    connector = reactor.connectTCP("127.0.0.1", port.getHost().port, client, timeout=1000)
    timer = connector.timeoutID
    assert timer.active()
    await client.nth()
    assert not timer.active()
    assert connector.timeoutID is None


@pytest.mark.parametrize("turned", range(6))
async def test_giving_up_at_any_moment_leaves_nothing(reactor, turned, descriptors):
    before = descriptors()
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    connector = reactor.connectTCP("127.0.0.1", port.getHost().port, client)
    await turns(reactor, turned)
    if connector.state == "connecting":
        connector.stopConnecting()
        assert client.failure.type is UserError
        assert client.built == []
    else:
        connector.disconnect()
        await client.ended()
    await turns(reactor, 6)
    assert client.events in (["started", "failed"], ["started", "lost"])
    assert (client.started, client.stopped) == (1, 1)
    with pytest.raises(NotConnectingError):
        connector.stopConnecting()
    await port.stopListening()
    for one in server.built:
        await one.until_lost()
    await turns(reactor)
    assert descriptors() <= before


async def test_giving_up_within_started_connecting(reactor):
    class GivesUp(Client):
        def startedConnecting(self, connector):
            super().startedConnecting(connector)
            connector.stopConnecting()

    client = GivesUp()
    connector = reactor.connectTCP("127.0.0.1", 1, client)
    assert client.events == ["started", "failed"]
    await turns(reactor)
    assert client.events == ["started", "failed"]
    assert connector.state == "disconnected"


async def test_connecting_again_after_a_failure(reactor):
    class Again(Client):
        def clientConnectionFailed(self, connector, reason):
            if len(self.events) == 1:
                connector.port = port.getHost().port
                connector.connect()
            super().clientConnectionFailed(connector, reason)

    port = reactor.listenTCP(0, Server(), interface="127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client = Again()
        reactor.connectTCP("127.0.0.1", closed.getsockname()[1], client)
        await client.nth()
    assert (client.started, client.stopped) == (1, 0)
    assert client.events == ["started", "started", "failed"]


async def test_a_connector_says_where_it_leads(reactor):
    four = reactor.connectTCP("127.0.0.1", 1, Client())
    six = reactor.connectTCP("::1", 1, Client())
    named = reactor.connectTCP("host.invalid", 1, Client())
    assert four.getDestination() == IPv4Address("TCP", "127.0.0.1", 1)
    assert six.getDestination() == IPv6Address("TCP", "::1", 1)
    assert named.getDestination() == IPv4Address("TCP", "host.invalid", 1)
    for connector in (four, six, named):
        assert verifyObject(IConnector, connector)
        assert "connecting" in repr(connector)
        connector.disconnect()


async def test_a_service_has_a_name(reactor):
    connector = reactor.connectTCP("127.0.0.1", "http", Client())
    assert connector.getDestination().port == 80
    connector.disconnect()
    with pytest.raises(ServiceNameUnknownError):
        reactor.connectTCP("127.0.0.1", "no such service", Client())


async def test_a_port_number_out_of_range_is_a_failure(reactor, descriptors):
    before = descriptors()
    client = Client()
    reactor.connectTCP("127.0.0.1", 99999, client)
    await client.ended()
    assert client.failure.type is OverflowError
    assert descriptors() <= before


async def test_our_end_can_be_chosen(reactor):
    server = Server()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        number = probe.getsockname()[1]
    for turn, bind in enumerate([("127.0.0.2", number), ("127.0.0.3", 0), "127.0.0.4"], 1):
        client = Client()
        connect_tcp(reactor, "127.0.0.1", port.getHost().port, client, bindAddress=bind)
        await client.nth()
        address = (await server.nth(turn)).address
        assert address.host == (bind if isinstance(bind, str) else bind[0])
        if turn == 1:
            assert address.port == number


async def test_an_end_that_is_not_ours_is_a_failure(reactor, descriptors):
    before = descriptors()
    client = Client()
    reactor.connectTCP("127.0.0.1", 1, client, bindAddress=("203.0.113.9", 0))
    await client.ended()
    assert client.failure.type is ConnectBindError
    assert descriptors() <= before


# Names.


async def test_a_name_is_resolved_and_ipv4_preferred(reactor):
    names = Names({"both": [(IPv6Address, "2001:db8::1"), (IPv4Address, "127.0.0.1")]})
    reactor.installNameResolver(names)
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    number = port.getHost().port
    reactor.connectTCP("both", number, client)
    one = await client.nth()
    assert names.asked == [("both", number, "TCP")]
    assert one.address == IPv4Address("TCP", "127.0.0.1", number)


@needs_ipv6
async def test_a_name_with_ipv6_only_is_used_too(reactor):
    reactor.installNameResolver(Names({"six": [(IPv6Address, "::1")]}))
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="::1")
    reactor.connectTCP("six", port.getHost().port, client)
    assert (await client.nth()).address.host == "::1"


async def test_a_name_without_address_is_a_failure(reactor):
    reactor.installNameResolver(Names({"none": []}))
    client = Client()
    reactor.connectTCP("none", 1, client)
    await client.ended()
    assert client.failure.type is DNSLookupError
    assert client.failure.value.args == ("none",)


async def test_giving_up_cancels_the_resolution(reactor):
    names = Names({})
    reactor.installNameResolver(names)
    client = Client()
    connector = reactor.connectTCP("slow", 1, client)
    await turns(reactor)
    assert names.cancelled == []
    connector.stopConnecting()
    assert names.cancelled == ["slow"]
    assert client.failure.type is UserError


async def test_a_resolution_that_takes_too_long_is_cancelled(reactor):
    names = Names({})
    reactor.installNameResolver(names)
    client = Client()
    reactor.connectTCP("slow", 1, client, timeout=0.01)
    await client.ended()
    assert client.failure.type is TimeoutError
    assert names.cancelled == ["slow"]


# Sockets made elsewhere.


async def test_a_listening_socket_is_adopted_as_a_copy(reactor):
    server = Server()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        where = listening.getsockname()
        port = reactor.adoptStreamPort(listening.fileno(), socket.AF_INET, server)
        assert port.getHost() == IPv4Address("TCP", *where)
        with socket.create_connection(where) as peer:
            one = await server.nth()
            await port.stopListening()
            one.transport.loseConnection()
            await one.until_lost()
            await turns(reactor)
            peer.settimeout(5)
            assert peer.recv(1) == b""
        assert server.stopped == 1
        with socket.create_connection(where):
            listening.setblocking(True)
            listening.settimeout(5)
            listening.accept()[0].close()


async def test_a_connected_socket_is_adopted_as_a_copy(reactor):
    server = Server()
    near, far = socket.socketpair()
    with near, far:
        reactor.adoptStreamConnection(near.fileno(), socket.AF_UNIX, server)
        await server.nth()
        near.close()
        far.send(b"x")
        await server.built[0].until_received(1)
    assert await server.built[0].until_lost() is ConnectionDone


async def test_an_adopted_connection_that_is_closed_ends_for_the_other_side_too(reactor):
    server = Server()
    listening = socket.create_server(("127.0.0.1", 0))
    with listening, socket.create_connection(listening.getsockname()) as far:
        near, address = listening.accept()
        with near:
            reactor.adoptStreamConnection(near.fileno(), socket.AF_INET, server)
            one = await server.nth()
            assert one.address == IPv4Address("TCP", *address)
            one.transport.loseConnection()
            await one.until_lost()
            await turns(reactor)
            # The original is still open, but the conversation is over.
            far.settimeout(5)
            assert far.recv(1) == b""


async def test_a_connection_can_be_taken_from_one_protocol_and_given_to_another(reactor):
    first, second, client = Server(), Server(), Client()
    port = reactor.listenTCP(0, first, interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, client)
    taken, other = await first.nth(), await client.nth()
    reactor.removeReader(taken.transport)
    reactor.removeWriter(taken.transport)
    reactor.adoptStreamConnection(taken.transport.fileno(), socket.AF_INET, second)
    taken.transport.socket.close()
    assert await taken.until_lost() is ConnectionDone
    adopted = await second.nth()
    other.transport.write(b"hello")
    await adopted.until_received(5)
    assert adopted.received == b"hello"
    adopted.transport.write(b"and back")
    await other.until_received(8)
    assert other.received == b"and back"
    adopted.transport.loseConnection()
    assert await other.until_lost() is ConnectionDone
    assert taken.received == b""


async def test_reading_a_connection_is_stopped_and_begun_as_that_of_a_descriptor(reactor):
    server, client = Server(), Client()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, client)
    here, there = await server.nth(), await client.nth()
    reactor.removeReader(here.transport)
    there.transport.write(b"x")
    await turns(reactor)
    assert here.received == b""
    reactor.addReader(here.transport)
    await here.until_received(1)


def test_what_cannot_be_adopted(reactor, descriptors):
    before = descriptors()
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
        for adopt in (reactor.adoptStreamPort, reactor.adoptStreamConnection):
            with pytest.raises(UnsupportedAddressFamily):
                adopt(stream.fileno(), 99, Server())
            with pytest.raises(UnsupportedSocketType):
                adopt(datagram.fileno(), socket.AF_INET, Server())
            with pytest.raises(OSError, match="Bad file descriptor"):
                adopt(9999, socket.AF_INET, Server())
    reactor.close()
    assert descriptors() <= before


# The reactor's end.


def test_a_reactor_that_stops_ends_an_attempt(reactor, full, descriptors):
    before = descriptors()
    client = Client()
    reactor.connectTCP("127.0.0.1", full, client)

    async def main():
        await turns(reactor)

    in_reactor(reactor, main())
    assert client.failure.type is ConnectionLost
    reactor.close()
    assert descriptors() <= before


def test_a_port_listens_again_on_the_reactors_next_loop(loop_name):
    reactor = Reactor(loop_name)
    server = Server()

    async def main():
        port = reactor.listenTCP(0, server, interface="127.0.0.1")
        with socket.create_connection(("127.0.0.1", port.getHost().port)):
            await server.nth(len(server.built) + 1)

    for _ in range(2):
        in_reactor(reactor, main())
        reactor.close()
    assert [one.reason.type for one in server.built] == [ConnectionLost] * 2 or [
        one.reason.type in (ConnectionDone, ConnectionLost, ConnectionAborted) for one in server.built
    ]
    assert server.stopped == 2


def test_the_peer_hears_of_the_reactors_end_at_once(reactor):
    server = Server()
    port = reactor.listenTCP(0, server, interface="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port.getHost().port)) as peer:

        async def main():
            await server.nth()

        in_reactor(reactor, main())
        peer.settimeout(5)
        assert peer.recv(1) == b""


# The whole local end as a value.


def _options(sock):
    names = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    return tuple(bool(sock.getsockopt(socket.SOL_SOCKET, name)) for name in names)


@pytest.mark.parametrize("options", [(False, False), (True, False), (False, True), (True, True)])
async def test_a_binding_says_where_to_listen_and_which_options_are_set(reactor, options):
    port = reactor.listenTCP(makeBinding("127.0.0.1", 0, *options), Server())
    assert port.getHost().host == "127.0.0.1"
    assert _options(port.socket) == options


async def test_a_number_to_listen_on_can_be_had_again_at_once(reactor):
    assert _options(reactor.listenTCP(0, Server()).socket) == (True, False)


def test_a_binding_and_another_interface_contradict_each_other(reactor):
    with pytest.raises(ValueError, match="two local ends"):
        reactor.listenTCP(makeBinding("127.0.0.1", 0), Server(), interface="127.0.0.2")


@pytest.mark.parametrize("options", [(False, False), (True, False), (False, True), (True, True)])
async def test_a_binding_says_where_a_connection_comes_from(reactor, options):
    server, client = Server(), Client()
    port = reactor.listenTCP(makeBinding("127.0.0.1"), server)
    reactor.connectTCP(
        "127.0.0.1", port.getHost().port, client, bindAddress=makeBinding("127.0.0.5", 0, *options)
    )
    protocol = await client.nth()
    assert _options(protocol.transport.socket) == options
    assert (await server.nth()).address.host == "127.0.0.5"
