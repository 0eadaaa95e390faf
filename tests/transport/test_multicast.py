"""Multicast on every loop: groups, options, sharing a port; between network namespaces where permitted."""

from __future__ import annotations

import socket
import sys
import textwrap

import pytest
from tests.transport.datagram_kit import Datagrams
from tests.transport.kit import turns
from tests.transport.namespaces import ip, network_namespaces, start_in
from tests.transport.test_tcp import needs_ipv6
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.core.deferred import fail, succeed
from sennit.core.errors import CannotListenError, DNSLookupError, MulticastJoinError, NotListeningError
from sennit.core.interfaces import IMulticastTransport, IResolverSimple

GROUP = "239.255.42.1"
GROUP_6 = "ff15::5e:1"
LOOPBACK = "127.0.0.1"
LOOPBACK_INDEX = socket.if_nametoindex("lo") if sys.platform == "linux" else 0

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Interfaces have other names here.")


@pytest.fixture
def listen(reactor):
    """Open a multicast port: gives its protocol, its transport and its port number."""

    def listen(interface="", port=0, **options):
        protocol = Datagrams()
        transport = reactor.listenMulticast(port, protocol, interface, **options)
        return protocol, transport, transport.getHost().port

    return listen


async def test_a_member_hears_the_group_and_others_do_not(listen, reactor):
    member, transport, number = listen()
    assert await transport.joinGroup(GROUP, LOOPBACK) is None
    sender, sending, _ = listen()
    assert await sending.setOutgoingInterface(LOOPBACK) == 1
    sending.write(b"to all", (GROUP, number))
    assert await member.count(1) == [b"to all"]
    assert sender.received == []


async def test_two_sockets_on_one_port_both_hear_the_group(listen):
    one, first, number = listen(listenMultiple=True)
    other, second, same = listen(port=number, listenMultiple=True)
    assert same == number
    for transport in (first, second):
        await transport.joinGroup(GROUP, LOOPBACK)
    await first.setOutgoingInterface(LOOPBACK)
    first.write(b"to all", (GROUP, number))
    assert await one.count(1) == [b"to all"]
    assert await other.count(1) == [b"to all"]


async def test_a_port_is_shared_only_by_those_who_say_so(listen):
    _, _, number = listen(listenMultiple=True)
    with pytest.raises(CannotListenError):
        listen(port=number)


async def test_who_has_left_hears_no_more(listen, reactor):
    member, transport, number = listen()
    await transport.setOutgoingInterface(LOOPBACK)
    await transport.joinGroup(GROUP, LOOPBACK)
    transport.write(b"in", (GROUP, number))
    await member.count(1)
    assert await transport.leaveGroup(GROUP, LOOPBACK) is None
    transport.write(b"out", (GROUP, number))
    transport.write(b"straight", (LOOPBACK, number))
    assert await member.count(2) == [b"in", b"straight"]


async def test_a_port_hears_no_group_that_only_another_port_joined(listen, reactor):
    member, transport, number = listen(listenMultiple=True)
    other, _, _ = listen(port=number, listenMultiple=True)
    await transport.setOutgoingInterface(LOOPBACK)
    await transport.joinGroup(GROUP, LOOPBACK)
    transport.write(b"to the group", (GROUP, number))
    await member.count(1)
    transport.write(b"straight", (LOOPBACK, number))
    await other.until(lambda: other.received or len(member.received) > 1)
    assert all(datagram == b"straight" for datagram, _ in other.received)


async def test_a_source_specific_member_hears_that_source_only(listen):
    member, transport, number = listen()
    await transport.joinGroup(GROUP, LOOPBACK, source="127.0.0.2")
    _, wrong, _ = listen("127.0.0.3")
    _, right, _ = listen("127.0.0.2")
    for sending in (wrong, right):
        await sending.setOutgoingInterface(LOOPBACK)
        sending.write(sending.interface.encode(), (GROUP, number))
    await member.count(1)
    assert [sender[0] for _, sender in member.received] == ["127.0.0.2"]
    assert await transport.leaveGroup(GROUP, LOOPBACK, source="127.0.0.2") is None
    right.write(b"no more", (GROUP, number))
    right.write(b"straight", (LOOPBACK, number))
    assert (await member.count(2))[1:] == [b"straight"]


@needs_ipv6
@on_linux
@pytest.mark.parametrize("interface", ["::1", "lo", LOOPBACK_INDEX, str(LOOPBACK_INDEX), "::1%lo"])
async def test_an_ipv6_group_is_joined_on_an_interface_named_in_any_way(listen, interface):
    _, transport, _ = listen("::")
    await transport.joinGroup(GROUP_6, interface)
    with pytest.raises(MulticastJoinError):
        await transport.joinGroup(GROUP_6, "lo")
    assert await transport.setOutgoingInterface(interface) == 1
    assert transport.getOutgoingInterface() == LOOPBACK_INDEX
    await transport.leaveGroup(GROUP_6, interface)
    with pytest.raises(MulticastJoinError):
        await transport.leaveGroup(GROUP_6, interface)


@needs_ipv6
@on_linux
async def test_a_scope_of_an_ipv6_group_names_the_interface(listen):
    _, transport, _ = listen("::")
    await transport.joinGroup("ff12::5e:2%lo")
    await transport.leaveGroup("ff12::5e:2", "lo")


@on_linux
@pytest.mark.parametrize("interface", ["lo", str(LOOPBACK_INDEX), LOOPBACK_INDEX])
async def test_an_ipv4_group_is_joined_on_an_interface_by_name_or_number(listen, interface):
    member, transport, number = listen()
    await transport.joinGroup(GROUP, interface)
    await transport.setOutgoingInterface(interface)
    transport.write(b"x", (GROUP, number))
    assert await member.count(1) == [b"x"]
    await transport.leaveGroup(GROUP, interface)


@pytest.mark.parametrize(
    ("interface", "own", "other"),
    [("", GROUP, GROUP_6), pytest.param("::", GROUP_6, GROUP, marks=needs_ipv6)],
)
async def test_a_port_joins_groups_of_its_family_only(listen, interface, own, other):
    _, transport, _ = listen(interface)
    with pytest.raises(MulticastJoinError):
        await transport.joinGroup(other)


async def test_what_cannot_be_joined_says_why(listen):
    _, transport, _ = listen()
    with pytest.raises(MulticastJoinError) as raised:
        await transport.joinGroup(LOOPBACK)
    assert raised.value.args[:2] == (LOOPBACK, "0.0.0.0")
    with pytest.raises(MulticastJoinError):
        await transport.joinGroup(GROUP, "203.0.113.9")
    with pytest.raises(MulticastJoinError):
        await transport.joinGroup(GROUP, "not-an-address" if LOOPBACK_INDEX == 0 else "lo", source=LOOPBACK)
    with pytest.raises(MulticastJoinError):
        await transport.leaveGroup(GROUP)


@needs_ipv6
async def test_an_ipv6_interface_that_is_not_there_is_an_error(listen):
    _, transport, _ = listen("::")
    for interface in ("no-such-if", "2001:db8::77", 99_999):
        with pytest.raises(MulticastJoinError):
            await transport.joinGroup(GROUP_6, interface)
        with pytest.raises(OSError, match=r".+"):
            await transport.setOutgoingInterface(interface)


async def test_names_of_groups_and_interfaces_are_looked_up(listen, reactor):
    @implementer(IResolverSimple)
    class Resolver:
        def getHostByName(self, name, timeout=()):
            known = {"group.example": GROUP, "loop.example": LOOPBACK}
            return succeed(known[name]) if name in known else fail(DNSLookupError(name))

    reactor.installResolver(Resolver())
    member, transport, number = listen()
    await transport.setOutgoingInterface("loop.example")
    assert transport.getOutgoingInterface() == LOOPBACK
    await transport.joinGroup("group.example", "loop.example")
    transport.write(b"found", (GROUP, number))
    assert await member.count(1) == [b"found"]
    with pytest.raises(DNSLookupError):
        await transport.joinGroup("missing.example")


@pytest.mark.parametrize("interface", ["", pytest.param("::", marks=needs_ipv6)])
async def test_hops_and_loopback_can_be_set_and_asked(listen, interface):
    _, transport, _ = listen(interface)
    assert verifyObject(IMulticastTransport, transport)
    assert (transport.getTTL(), transport.getLoopbackMode()) == (1, True)
    for hops in (0, 5, 255):
        transport.setTTL(hops)
        assert transport.getTTL() == hops
    for hops in (-1, 256):
        with pytest.raises(ValueError, match="0 to 255"):
            transport.setTTL(hops)
    transport.setLoopbackMode(False)
    assert transport.getLoopbackMode() is False
    transport.setLoopbackMode(True)
    assert transport.getLoopbackMode() is True


async def test_the_outgoing_interface_is_the_systems_choice_at_first(listen):
    _, transport, _ = listen()
    assert transport.getOutgoingInterface() == "0.0.0.0"
    with pytest.raises(OSError, match="Cannot assign"):
        await transport.setOutgoingInterface("203.0.113.9")


async def test_a_closed_port_has_no_groups(listen, reactor):
    _, transport, _ = listen()
    await transport.stopListening()
    with pytest.raises(NotListeningError):
        await transport.joinGroup(GROUP, LOOPBACK)
    await turns(reactor)


# Two network namespaces, a wire between them

PROGRAM = textwrap.dedent(
    """
    import sys

    from sennit.core.coroutine import ensureDeferred
    from sennit.protocol import DatagramProtocol
    from sennit.reactor import Reactor

    role, loop, address, group, other, only = sys.argv[1:]
    reactor = Reactor(loop)
    six = ":" in group
    interface = "w0" if six else address

    class Receiver(DatagramProtocol):
        # Joins one group for a source that never sends, and the other for one that does, or for all.

        noisy = False

        async def join(self):
            await self.transport.joinGroup(group, interface, source="fd81::9" if six else "10.81.0.9")
            await self.transport.joinGroup(other, interface, source=only or None)
            print("joined", flush=True)

        def startProtocol(self):
            ensureDeferred(self.join()).addErrback(lambda failure: print(failure, flush=True))

        def datagramReceived(self, datagram, addr):
            print(datagram.decode(), addr[0].partition("%")[0], flush=True)
            self.transport.write(b"answer to " + datagram, addr)
            reactor.callLater(0, reactor.stop)

    class Sender(DatagramProtocol):
        noisy = False

        def startProtocol(self):
            self.transport.setTTL(3)
            self.transport.setOutgoingInterface(interface).addCallback(self.send)

        def send(self, _):
            self.transport.write(b"not for you", (group, 9876))
            self.transport.write(b"hello", (other, 9876))
            reactor.callLater(0.2, self.send, None)

        def datagramReceived(self, datagram, addr):
            print(datagram.decode(), addr[0].partition("%")[0], flush=True)
            reactor.stop()

    everywhere = "::" if six else ""
    if role == "receiver":
        reactor.listenMulticast(9876, Receiver(), everywhere, listenMultiple=True)
    else:
        reactor.listenMulticast(0, Sender(), everywhere)
    reactor.callLater(20, reactor.stop)
    reactor.run(installSignalHandlers=False)
    """
)


@pytest.fixture
def two_networks():
    """Two network namespaces with one Ethernet between them."""
    with network_namespaces(2) as names:
        pairs = [word for name in names for word in ("name", "w0", "netns", name)]
        ip("link", "add", *pairs[:4], "type", "veth", "peer", *pairs[4:])
        for number, name in enumerate(names, 1):
            ip("-n", name, "addr", "add", f"10.81.0.{number}/24", "dev", "w0")
            ip("-n", name, "addr", "add", f"fd81::{number}/64", "dev", "w0", "nodad")
            for device in ("lo", "w0"):
                ip("-n", name, "link", "set", device, "up")
        yield names


FOUR = (GROUP, "239.255.42.2", "10.81.0.1", "10.81.0.2")
SIX = (GROUP_6, "ff15::5e:2", "fd81::1", "fd81::2")


@pytest.mark.parametrize("only", ["", "sender"], ids=["any source", "one source"])
@pytest.mark.parametrize("where", [FOUR, pytest.param(SIX, marks=needs_ipv6)], ids=["IPv4", "IPv6"])
def test_multicasts_cross_from_one_network_namespace_to_another(
    two_networks, loop_name, tmp_path, where, only
):
    *groups, sender, receiver = where
    only = sender if only else ""
    program = tmp_path / "member.py"
    program.write_text(PROGRAM)

    def start(network, role, address):
        return start_in(network, program, role, loop_name, address, *groups, only)

    with start(two_networks[1], "receiver", receiver) as receiving:
        assert receiving.stdout.readline() == "joined\n"
        with start(two_networks[0], "sender", sender) as sending:
            said, _ = sending.communicate(timeout=60)
        heard, _ = receiving.communicate(timeout=60)
    assert heard == f"hello {sender}\n"
    assert said.startswith("answer to hello ")
