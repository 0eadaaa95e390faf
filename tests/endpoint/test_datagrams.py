"""Datagram endpoints, as objects and as strings, on real sockets."""

from __future__ import annotations

import socket

import pytest

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, fail
from sennit.core.errors import CannotListenError, InvalidAddressError, MulticastJoinError
from sennit.endpoint import (
    IDatagramEndpoint,
    MulticastEndpoint,
    UDPEndpoint,
    UNIXDatagramEndpoint,
    datagram_from_string,
)
from sennit.protocol import DatagramProtocol


class Taker(DatagramProtocol):
    noisy = False

    def __init__(self):
        self.first = Deferred()
        self.stopped = False

    def datagramReceived(self, datagram, addr):
        if not self.first.called:
            self.first.callback((datagram, addr))

    def stopProtocol(self):
        self.stopped = True


def endpoint(description):
    return datagram_from_string(current_reactor(), description)


async def test_a_udp_description_gives_a_port_that_takes_datagrams():
    taker = Taker()
    described = endpoint("udp:0:interface=127.0.0.1:maxPacketSize=3")
    assert isinstance(described, UDPEndpoint)
    assert IDatagramEndpoint.providedBy(described)
    port = await described.listen(taker)
    assert taker.transport is port
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        sender.sendto(b"word", ("127.0.0.1", port.getHost().port))
        assert await taker.first == (b"wor", sender.getsockname())
    await port.stopListening()


async def test_a_port_may_have_one_peer():
    with socket.socket(type=socket.SOCK_DGRAM) as peer, socket.socket(type=socket.SOCK_DGRAM) as stranger:
        for one in (peer, stranger):
            one.bind(("127.0.0.1", 0))
        taker = Taker()
        number = peer.getsockname()[1]
        port = await endpoint(f"udp:0:interface=127.0.0.1:peer=127.0.0.1:peerPort={number}").listen(taker)
        port.write(b"hello")
        _, address = peer.recvfrom(10)
        stranger.sendto(b"from a stranger", address)
        peer.sendto(b"from the peer", address)
        assert (await taker.first)[0] == b"from the peer"
        await port.stopListening()


async def test_broadcasting_is_asked_for():
    for description, allowed in (("udp:0", False), ("udp:0:broadcast=1", True)):
        port = await endpoint(description).listen(Taker())
        assert port.getBroadcastAllowed() is allowed
        await port.stopListening()


async def test_a_multicast_description_joins_its_groups():
    group = "239.255.71.10"
    one, other = Taker(), Taker()
    described = endpoint(f"multicast:0:group={group},239.255.71.11:network=127.0.0.1:ttl=2")
    assert isinstance(described, MulticastEndpoint)
    port = await described.listen(one)
    number = port.getHost().port
    assert port.getTTL() == 2
    second = await endpoint(f"multicast:{number}:group={group}:network=127.0.0.1").listen(other)
    second.write(b"to all", (group, number))
    assert (await one.first)[0] == (await other.first)[0] == b"to all"
    await port.stopListening()
    await second.stopListening()


async def test_a_unix_description_binds_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    taker = Taker()
    described = endpoint("unix-datagram:socket:mode=600")
    assert isinstance(described, UNIXDatagramEndpoint)
    port = await described.listen(taker)
    assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"word", "socket")
    assert (await taker.first)[0] == b"word"
    await port.stopListening()


async def test_an_address_that_cannot_be_had_fails_the_deferred():
    with pytest.raises(InvalidAddressError):
        await endpoint("udp:0:interface=nowhere").listen(Taker())
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        with pytest.raises(CannotListenError):
            await endpoint(f"udp:{sock.getsockname()[1]}:interface=127.0.0.1").listen(Taker())


async def test_a_port_that_cannot_be_got_ready_is_closed():
    taker = Taker()
    with pytest.raises(InvalidAddressError):
        await endpoint("udp:0:peer=example.org:peerPort=1").listen(taker)
    assert taker.stopped


async def test_a_group_that_cannot_be_joined_closes_the_port():
    class Lonely:
        closed = False

        def listenMulticast(self, *_arguments, **_options):
            return self

        def setLoopbackMode(self, on):
            """Take it."""

        def joinGroup(self, group, interface, source=None):
            return fail(MulticastJoinError(group, interface, source))

        def stopListening(self):
            self.closed = True

    lonely = Lonely()
    with pytest.raises(MulticastJoinError):
        await MulticastEndpoint(lonely, 0, ["239.1.1.1"], source="192.0.2.1").listen(Taker())
    assert lonely.closed


@pytest.mark.parametrize(
    ("description", "error", "sentence"),
    [
        ("tcp:1", ValueError, "a datagram endpoint's is one of multicast, udp, unix-datagram"),
        ("udp:99999", ValueError, "The port must be a number from 0 to 65535"),
        ("udp:", ValueError, "The port must be a number"),
        ("udp:1:peer=192.0.2.1", ValueError, "A peer has an address and a port"),
        ("udp:1:maxPacketSize=1e9", ValueError, "The longest packet must be a number"),
        ("udp:1:backlog=3", TypeError, "write udp:PORT"),
        ("multicast:1:ttl=256", ValueError, "The TTL must be a number from 0 to 255"),
        ("unix-datagram:x:mode=9", ValueError, "The mode must be permissions in octal"),
    ],
)
def test_a_description_that_makes_no_sense_is_told_so_in_a_sentence(description, error, sentence):
    with pytest.raises(error, match=sentence):
        datagram_from_string(None, description)
