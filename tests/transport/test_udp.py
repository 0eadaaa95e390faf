"""UDP on every loop: addresses, peers, limits, back-pressure, ends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transport.datagram_kit import Datagrams
from tests.transport.kit import turns
from tests.transport.test_tcp import needs_ipv6
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import (
    CannotListenError,
    InvalidAddressError,
    MessageLengthError,
    NotListeningError,
    UnsupportedAddressFamily,
    UnsupportedSocketType,
)
from sennit.core.interfaces import (
    IListeningPort,
    ILoggingContext,
    IReactorMulticast,
    IReactorSocket,
    IReactorUDP,
    IReactorUNIXDatagram,
    ISystemHandle,
    IUDPTransport,
)
from sennit.reactor import Reactor
from sennit.transport import datagram as datagram_module
from sennit.transport.datagram import QUEUE_OVERHEAD
from sennit.transport.udp import UDPPort


@pytest.fixture
def listen(reactor):
    """Open a port on loopback: gives its protocol and its address."""

    def listen(protocol=None, interface="127.0.0.1", **options):
        protocol = protocol or Datagrams()
        port = reactor.listenUDP(0, protocol, interface, **options)
        return protocol, port.getHost()

    return listen


@pytest.fixture
def plain():
    """A plain UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        yield sock


def to(address):
    return (address.host, address.port)


def gone():
    """Give the address of a port on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()


def fill(port):
    """Make the system refuse what the port sends; gives what undoes that, and what was sent since."""
    sent = []
    real = port._sendto

    def refuse(datagram, addr):
        raise BlockingIOError

    def restore():
        def send(datagram, addr):
            sent.append(bytes(datagram))
            return real(datagram, addr)

        port._sendto = send
        return sent

    port._sendto = refuse
    return restore


async def test_datagrams_go_to_and_fro_with_their_senders(listen):
    ours, our_address = listen()
    theirs, their_address = listen()
    ours.transport.write(b"there", to(their_address))
    await theirs.count(1)
    assert theirs.received == [(b"there", to(our_address))]
    theirs.transport.write(b"and back", theirs.received[0][1])
    await ours.count(1)
    assert ours.received == [(b"and back", to(their_address))]


async def test_an_empty_datagram_arrives(listen):
    ours, address = listen()
    ours.transport.write(b"", to(address))
    assert await ours.count(1) == [b""]


async def test_a_sequence_is_one_datagram(listen):
    ours, address = listen()
    ours.transport.writeSequence([b"one ", b"whole"], to(address))
    assert await ours.count(1) == [b"one whole"]


@needs_ipv6
async def test_ipv6_senders_are_a_host_and_a_port(listen):
    ours, address = listen(interface="::1")
    assert address == IPv6Address("UDP", "::1", address.port)
    ours.transport.write(b"six", ("::1", address.port))
    ours.transport.write(b"with flow and scope", ("::1", address.port, 0, 0))
    await ours.count(2)
    assert ours.received == [
        (b"six", ("::1", address.port)),
        (b"with flow and scope", ("::1", address.port)),
    ]


def _link_local():
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        address, number, _, scope, flags, _ = line.split()
        if scope == "20" and int(flags, 16) & 0x40 == 0:
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address)), int(number, 16)
    return None


@pytest.mark.skipif(_link_local() is None, reason="this machine has no address that is valid on a link only")
async def test_a_sender_that_is_valid_on_a_link_only_can_be_answered(listen):
    host, number = _link_local()
    ours, address = listen(interface=f"{host}%{number}")
    assert address == IPv6Address("UDP", host, address.port, 0, number)
    ours.transport.write(b"there", (f"{host}%{number}", address.port))
    await ours.count(1)
    assert ours.received[0][1] == (f"{host}%{number}", address.port)
    ours.transport.write(b"back", ours.received[0][1])
    assert await ours.count(2) == [b"there", b"back"]


async def test_a_port_tells_who_it_is(listen):
    ours, address = listen()
    port = ours.transport
    assert address == IPv4Address("UDP", "127.0.0.1", address.port)
    assert address.port > 0
    assert port.fileno() == port.getHandle().fileno() == port.socket.fileno()
    assert port.logPrefix() == port.logstr == "Datagrams (UDP)"
    assert repr(port) == f"<sennit.transport.udp.UDPPort of Datagrams on {address.port}>"
    for interface in (IUDPTransport, IListeningPort, ISystemHandle, ILoggingContext):
        assert verifyObject(interface, port)


async def test_the_reactor_provides_its_datagram_interfaces(reactor):
    for interface in (IReactorUDP, IReactorMulticast, IReactorUNIXDatagram, IReactorSocket):
        assert verifyObject(interface, reactor)


async def test_a_datagram_that_is_too_long_to_receive_is_cut(listen):
    ours, address = listen(maxPacketSize=5)
    ours.transport.write(b"0123456789", to(address))
    ours.transport.write(b"01", to(address))
    assert await ours.count(2) == [b"01234", b"01"]


async def test_a_datagram_that_is_too_long_to_send_is_an_error(listen):
    ours, address = listen()
    with pytest.raises(MessageLengthError):
        ours.transport.write(b"x" * 70_000, to(address))
    ours.transport.write(b"fits", to(address))
    assert await ours.count(1) == [b"fits"]


@pytest.mark.parametrize("host", ["localhost", "", "1.2.3", "1.2.3.4.5", "::1", "fe80::1%lo", "a\0b"])
async def test_an_ipv4_port_sends_to_ipv4_addresses_only(listen, host):
    ours, _ = listen()
    with pytest.raises(InvalidAddressError):
        ours.transport.write(b"x", (host, 9))


@needs_ipv6
@pytest.mark.parametrize("host", ["localhost", "", "127.0.0.1", "<broadcast>"])
async def test_an_ipv6_port_sends_to_ipv6_addresses_only(listen, host):
    ours, _ = listen(interface="::1")
    with pytest.raises(InvalidAddressError):
        ours.transport.write(b"x", (host, 9))


async def test_every_write_looks_at_its_own_address(listen):
    ours, address = listen()
    where = to(address)
    for _ in range(2):
        ours.transport.write(b"good", where)
        with pytest.raises(InvalidAddressError):
            ours.transport.write(b"bad", ("localhost", address.port))
    changing = [*where]
    for host in ("localhost", "::1"):
        changing[0] = host
        with pytest.raises(InvalidAddressError):
            ours.transport.write(b"bad", changing)
    assert await ours.count(2) == [b"good"] * 2


async def test_a_port_without_a_peer_must_be_told_where_to_send(listen):
    ours, _ = listen()
    with pytest.raises(InvalidAddressError):
        ours.transport.write(b"x")


async def test_what_the_system_says_to_a_datagram_is_raised(listen):
    ours, address = listen()
    with pytest.raises(OSError, match="Invalid argument"):
        ours.transport.write(b"x", ("127.0.0.1", 0))
    with pytest.raises(PermissionError):
        ours.transport.write(b"x", ("255.255.255.255", 9))
    with pytest.raises(TypeError):
        ours.transport.write("text", to(address))


async def test_broadcasts_are_sent_when_they_are_allowed(listen):
    ours, _ = listen(interface="127.0.0.1")
    port = ours.transport
    assert not port.getBroadcastAllowed()
    with pytest.raises(PermissionError):
        port.write(b"x", ("<broadcast>", 9))
    port.setBroadcastAllowed(True)
    assert port.getBroadcastAllowed()
    port.write(b"x", ("127.255.255.255", 9))
    port.setBroadcastAllowed(False)
    assert not port.getBroadcastAllowed()


# A peer


async def test_a_port_with_a_peer_needs_no_address(listen, plain):
    ours, _ = listen()
    ours.transport.connect(*plain.getsockname())
    ours.transport.write(b"bare")
    ours.transport.write(b"named", plain.getsockname())
    data, sender = plain.recvfrom(100)
    assert data == b"bare"
    assert plain.recvfrom(100)[0] == b"named"
    plain.sendto(b"answer", sender)
    await ours.count(1)
    assert ours.received == [(b"answer", plain.getsockname())]


async def test_a_port_with_a_peer_sends_to_nobody_else(listen, plain):
    ours, address = listen()
    ours.transport.connect(*plain.getsockname())
    with pytest.raises(InvalidAddressError):
        ours.transport.write(b"x", to(address))


async def test_a_port_with_a_peer_hears_nobody_else(listen, plain):
    ours, address = listen()
    other, _ = listen()
    other.transport.write(b"in the buffer before", to(address))
    ours.transport.connect(*plain.getsockname())
    other.transport.write(b"and after", to(address))
    plain.sendto(b"peer", to(address))
    assert await ours.count(1) == [b"peer"]


async def test_a_peer_is_settled_on_once(listen):
    ours, _ = listen()
    ours.transport.connect("127.0.0.1", 9)
    with pytest.raises(RuntimeError):
        ours.transport.connect("127.0.0.1", 10)


@pytest.mark.parametrize("host", ["localhost", "", "::1", "1.2.3"])
async def test_a_peer_is_an_address_of_the_ports_family(listen, host):
    ours, _ = listen()
    with pytest.raises(InvalidAddressError):
        ours.transport.connect(host, 9)
    ours.transport.connect("127.0.0.1", 9)


@needs_ipv6
async def test_a_peer_may_be_named_in_any_spelling(listen):
    ours, _ = listen(interface="::1")
    other, address = listen(interface="::1")
    ours.transport.connect("0:0:0:0:0:0:0:1", address.port)
    ours.transport.write(b"x", ("0:0:0:0:0:0:0:1", address.port))
    ours.transport.write(b"y", ("::1", address.port))
    await other.count(2)
    other.transport.write(b"z", other.received[0][1])
    assert await ours.count(1) == [b"z"]


async def test_each_refusal_is_told_and_the_port_lives_on(listen, reactor):
    nobody = gone()
    ours, address = listen()
    ours.transport.connect(*nobody)
    for number in range(1, 4):
        ours.transport.write(b"anyone?")
        await ours.until_event("refused", number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(nobody)
        somebody.sendto(b"me now", to(address))
        assert await ours.count(1) == [b"me now"]
        ours.transport.write(b"at last")
        somebody.settimeout(10)
        assert somebody.recv(100) == b"at last"


async def test_a_refusal_that_meets_a_write_costs_no_datagram(listen, reactor):
    nobody = gone()
    ours, address = listen()
    ours.transport.connect(*nobody)
    ours.transport.write(b"refused")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(nobody)
        somebody.settimeout(10)
        # The refusal is there already, and this call is the first to meet it.
        ours.transport.write(b"arrives")
        assert somebody.recv(100) == b"arrives"
        await ours.until_event("refused")
        somebody.sendto(b"still heard", to(address))
        assert await ours.count(1) == [b"still heard"]


async def test_a_port_hears_on_when_a_write_took_the_error_it_was_woken_for(listen, reactor):
    ours, address = listen()
    nobody = gone()
    ours.transport.connect(*nobody)

    def write_both():
        ours.transport.write(b"one")
        ours.transport.write(b"two")

    for number in range(1, 30):
        reactor.callLater(0, write_both)
        await ours.until_event("refused", number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(nobody)
        await turns(reactor, 5)
        somebody.sendto(b"heard", to(address))
        assert await ours.count(1) == [b"heard"]


async def test_refusals_are_nothing_to_a_port_without_a_peer(listen, reactor):
    ours, address = listen()
    for _ in range(3):
        ours.transport.write(b"x", gone())
        await turns(reactor)
    ours.transport.write(b"lives", to(address))
    assert await ours.count(1) == [b"lives"]
    assert "refused" not in ours.events


# Protocols that fail


async def test_an_exception_in_a_protocol_is_logged_and_the_port_lives_on(listen, logged, reactor):
    class Failing(Datagrams):
        def datagramReceived(self, datagram, addr):
            super().datagramReceived(datagram, addr)
            raise ZeroDivisionError

    ours, address = listen(Failing())
    ours.transport.write(b"one", to(address))
    ours.transport.write(b"two", to(address))
    assert await ours.count(2) == [b"one", b"two"]
    await turns(reactor)
    assert logged() == [ZeroDivisionError] * 2


async def test_an_exception_in_connection_refused_is_logged(listen, logged, reactor):
    class Failing(Datagrams):
        def connectionRefused(self):
            super().connectionRefused()
            raise ZeroDivisionError

    ours, _ = listen(Failing())
    ours.transport.connect(*gone())
    for number in (1, 2):
        ours.transport.write(b"x")
        await ours.until_event("refused", number)
    await turns(reactor)
    assert logged() == [ZeroDivisionError] * 2


async def test_an_exception_at_the_start_closes_the_port(reactor, descriptors):
    class Failing(Datagrams):
        def startProtocol(self):
            raise ZeroDivisionError

    protocol = Failing()
    before = descriptors()
    with pytest.raises(ZeroDivisionError):
        reactor.listenUDP(0, protocol)
    assert protocol.transport is None
    assert descriptors() == before


async def test_an_exception_at_the_end_fails_the_deferred(listen):
    class Failing(Datagrams):
        def stopProtocol(self):
            raise ZeroDivisionError

    ours, _ = listen(Failing())
    with pytest.raises(ZeroDivisionError):
        await ours.transport.stopListening()


async def test_a_protocol_has_one_port(listen, reactor):
    ours, address = listen()
    port = ours.transport
    with pytest.raises(AssertionError):
        reactor.listenUDP(0, ours)
    assert ours.transport is port
    port.write(b"still", to(address))
    assert await ours.count(1) == [b"still"]


# The end


async def test_a_port_that_stopped_tells_its_protocol_and_takes_nothing(listen, descriptors, plain):
    before = descriptors()
    ours, address = listen()
    port = ours.transport
    ours.transport.write(b"never read", to(address))
    stopped = port.stopListening()
    assert port.disconnecting
    assert await stopped is None
    assert ours.events == ["start", "stop"]
    assert ours.transport is None
    assert (port.connected, port.disconnecting, port.disconnected) == (False, False, True)
    assert port.fileno() == -1
    assert descriptors() == before
    with pytest.raises(NotListeningError):
        port.getHost()
    assert await port.stopListening() is None


async def test_stopping_twice_gives_two_deferreds_that_fire(listen):
    ours, _ = listen()
    port = ours.transport
    first, second = port.stopListening(), port.loseConnection()
    assert await first is None
    assert await second is None


async def test_what_is_written_to_a_closed_port_is_dropped_and_counted(listen):
    ours, address = listen()
    port = ours.transport
    await port.stopListening()
    port.write(b"x", to(address))
    assert port.dropped == 1


async def test_a_protocol_may_stop_its_port_while_it_reads(listen):
    class Once(Datagrams):
        def datagramReceived(self, datagram, addr):
            super().datagramReceived(datagram, addr)
            self.transport.stopListening()

    ours, address = listen(Once())
    for _ in range(3):
        ours.transport.write(b"x", to(address))
    await ours.until_event("stop")
    assert len(ours.received) == 1


async def test_a_protocol_may_stop_its_port_as_it_starts(listen, reactor):
    class Never(Datagrams):
        def startProtocol(self):
            super().startProtocol()
            self.transport.stopListening()

    protocol = Never()
    reactor.listenUDP(0, protocol, "127.0.0.1")
    await protocol.until_event("stop")


async def test_connection_lost_closes_at_once(listen):
    ours, _ = listen()
    port = ours.transport
    port.connectionLost()
    assert ours.events == ["start", "stop"]
    assert port.disconnected


async def test_a_port_can_be_started_again(listen):
    ours, _ = listen()
    port = ours.transport
    port.connect("127.0.0.1", 9)
    await port.stopListening()
    port.startListening()
    port.startListening()
    address = port.getHost()
    port.write(b"again", to(address))
    assert await ours.count(1) == [b"again"]


def test_ports_end_with_their_reactor(loop_name):
    reactor = Reactor(loop_name)
    protocol = Datagrams()
    reactor.callWhenRunning(reactor.listenUDP, 0, protocol, "127.0.0.1")
    reactor.callLater(0, reactor.stop)
    reactor.run(installSignalHandlers=False)
    assert protocol.events == ["start", "stop"]
    reactor.close()


def test_a_port_can_be_opened_before_the_reactor_runs(loop_name):
    reactor = Reactor(loop_name)

    class Stops(Datagrams):
        def datagramReceived(self, datagram, addr):
            super().datagramReceived(datagram, addr)
            reactor.stop()

    protocol = Stops()
    address = reactor.listenUDP(0, protocol, "127.0.0.1").getHost()
    protocol.transport.write(b"early", to(address))
    reactor.run(installSignalHandlers=False)
    assert protocol.received == [(b"early", to(address))]
    reactor.close()


# Ports that cannot be had


async def test_a_port_in_use_cannot_be_had(listen, reactor, descriptors):
    _, address = listen()
    before = descriptors()
    with pytest.raises(CannotListenError) as raised:
        reactor.listenUDP(address.port, Datagrams(), "127.0.0.1")
    assert (raised.value.interface, raised.value.port) == ("127.0.0.1", address.port)
    assert isinstance(raised.value.socketError, OSError)
    assert descriptors() == before


async def test_an_address_that_is_not_ours_cannot_be_had(reactor):
    with pytest.raises(CannotListenError):
        reactor.listenUDP(0, Datagrams(), "203.0.113.77")


async def test_a_port_number_out_of_range_is_an_error(reactor, descriptors):
    before = descriptors()
    with pytest.raises(OverflowError):
        reactor.listenUDP(65_536, Datagrams(), "127.0.0.1")
    assert descriptors() == before


@pytest.mark.parametrize("interface", ["localhost", "bogus", "1.2.3"])
async def test_an_interface_is_an_address(reactor, interface):
    with pytest.raises(InvalidAddressError):
        reactor.listenUDP(0, Datagrams(), interface)


# Sockets that were made elsewhere


async def test_a_copy_of_a_bound_socket_can_be_adopted(reactor, plain):
    ours = Datagrams()
    port = reactor.adoptDatagramPort(plain.fileno(), socket.AF_INET, ours, 4)
    assert to(port.getHost()) == plain.getsockname()
    port.write(b"to myself", plain.getsockname())
    assert await ours.count(1) == [b"to m"]
    await port.stopListening()
    plain.sendto(b"stays open", plain.getsockname())
    assert plain.recv(100) == b"stays open"


async def test_an_adopted_socket_may_have_a_peer(reactor, listen):
    theirs, address = listen()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected:
        connected.connect(to(address))
        ours = Datagrams()
        reactor.adoptDatagramPort(connected.fileno(), socket.AF_INET, ours)
    ours.transport.write(b"hello")
    await theirs.count(1)
    theirs.transport.write(b"back", theirs.received[0][1])
    assert await ours.count(1) == [b"back"]
    with pytest.raises(RuntimeError):
        ours.transport.connect(*to(address))


async def test_only_internet_datagram_sockets_can_be_adopted(reactor, plain, descriptors):
    before = descriptors()
    with pytest.raises(UnsupportedAddressFamily):
        reactor.adoptDatagramPort(plain.fileno(), socket.AF_UNIX, Datagrams())
    with socket.socket() as stream, pytest.raises(UnsupportedSocketType):
        reactor.adoptDatagramPort(stream.fileno(), socket.AF_INET, Datagrams())
    assert descriptors() == before


# When the socket's buffer is full


async def test_what_the_system_does_not_take_at_once_waits_in_order(listen, reactor):
    ours, address = listen()
    port = ours.transport
    restore = fill(port)
    port.write(b"one", to(address))
    port.write(bytearray(b"two"), to(address))
    assert port.send_queue_size == 6 + 2 * QUEUE_OVERHEAD
    await turns(reactor)
    assert ours.received == []
    restore()
    # What comes later waits behind the others.
    port.write(b"three", to(address))
    assert await ours.count(3) == [b"one", b"two", b"three"]
    assert port.send_queue_size == 0
    assert port.dropped == 0
    port.write(b"four", to(address))
    assert await ours.count(4) == [b"one", b"two", b"three", b"four"]


async def test_what_changes_after_it_was_written_is_sent_as_it_was(listen):
    ours, address = listen()
    restore = fill(ours.transport)
    data = bytearray(b"before")
    ours.transport.write(data, to(address))
    data[:] = b"after!"
    restore()
    assert await ours.count(1) == [b"before"]


async def test_datagrams_beyond_the_queues_limit_are_dropped_and_counted(listen):
    ours, address = listen()
    port = ours.transport
    port.send_queue_limit = 2 * (10 + QUEUE_OVERHEAD)
    restore = fill(port)
    for number in range(5):
        port.write(b"number %03d" % number, to(address))
    assert port.dropped == 3
    # Empty ones do not wait for nothing.
    for _ in range(1000):
        port.write(b"", to(address))
    assert port.dropped == 1003
    restore()
    assert await ours.count(2) == [b"number 000", b"number 001"]


async def test_an_error_while_the_queue_is_sent_costs_that_datagram_only(listen):
    ours, address = listen()
    port = ours.transport
    restore = fill(port)
    port.write(b"x" * 70_000, to(address))
    port.write(b"x", ("127.0.0.1", 0))
    port.write(b"good", to(address))
    restore()
    assert await ours.count(1) == [b"good"]
    assert port.dropped == 2


async def test_a_closing_port_tries_once_more_to_send_what_waits(listen, plain):
    ours, _ = listen()
    port = ours.transport
    restore = fill(port)
    port.write(b"last", plain.getsockname())
    restore()
    await port.stopListening()
    assert plain.recv(100) == b"last"
    assert port.dropped == 0


async def test_a_closed_port_drops_and_counts_what_could_not_be_sent(listen, reactor, descriptors):
    before = descriptors()
    ours, address = listen()
    port = ours.transport
    fill(port)
    port.write(b"one", to(address))
    port.write(b"two", to(address))
    await port.stopListening()
    assert port.dropped == 2
    assert port.send_queue_size == 0
    await turns(reactor)
    assert descriptors() == before


async def test_when_the_system_is_out_of_room_the_datagram_is_dropped_and_counted(listen):
    ours, address = listen()
    port = ours.transport

    def refuse(datagram, addr):
        raise OSError(105, "No buffer space available")

    real, port._sendto = port._sendto, refuse
    port.write(b"lost", to(address))
    assert port.dropped == 1
    port._sendto = real
    port.write(b"sent", to(address))
    assert await ours.count(1) == [b"sent"]


async def test_a_flood_leaves_others_their_turn(listen, reactor, monkeypatch):
    monkeypatch.setattr(datagram_module, "READS_PER_TURN", 4)
    ours, address = listen()
    for _ in range(20):
        ours.transport.write(b"x", to(address))
    seen = []
    while len(ours.received) < 20:
        await turns(reactor, 1)
        seen.append(len(ours.received))
    assert len(seen) >= 4
    assert seen[0] <= 8


@settings(max_examples=25, deadline=None)
@given(datagrams=st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_every_datagram_arrives_whole_and_unchanged(datagrams):
    reactor = Reactor("asyncio")

    class Counts(Datagrams):
        def datagramReceived(self, datagram, addr):
            super().datagramReceived(datagram, addr)
            if len(self.received) == len(datagrams):
                reactor.stop()

    ours = Counts()
    port = reactor.listenUDP(0, ours, "127.0.0.1")
    for datagram in datagrams:
        port.write(datagram, to(port.getHost()))
    reactor.callLater(30, reactor.stop)
    reactor.run(installSignalHandlers=False)
    reactor.close()
    assert [datagram for datagram, _ in ours.received] == datagrams


async def test_a_port_takes_the_current_reactor_by_default(reactor):
    port = UDPPort(0, Datagrams(), "127.0.0.1")
    assert port.reactor is reactor
    assert port.fileno() == -1
    assert await port.stopListening() is None
