"""UNIX datagrams on every loop: names, files, peers, refusals, back-pressure."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from tests.transport.datagram_kit import Datagrams, PeerDatagrams
from tests.transport.kit import turns
from zope.interface.verify import verifyObject

from sennit.core.addresses import UNIXAddress
from sennit.core.errors import CannotListenError, InvalidAddressError, MessageLengthError, NotListeningError
from sennit.core.interfaces import (
    IListeningPort,
    IUNIXDatagramConnectedTransport,
    IUNIXDatagramTransport,
)


@pytest.fixture
def path(short_path):
    return str(short_path / "ours")


def permissions(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def exists(path):
    return Path(path).exists()


def replace(path):
    Path(path).rename(path + "away")
    Path(path).touch()


@pytest.fixture
def listen(reactor, path):
    """Open a socket at the path: gives its protocol."""

    def listen(address=path, **options):
        protocol = Datagrams()
        reactor.listenUNIXDatagram(address, protocol, **options)
        return protocol

    return listen


@pytest.fixture
def connect(reactor, path):
    """Open a socket with the one at the path as its peer: gives its protocol."""

    def connect(address=path, **options):
        protocol = PeerDatagrams()
        reactor.connectUNIXDatagram(address, protocol, **options)
        return protocol

    return connect


async def test_datagrams_go_to_and_fro_between_two_names(listen, path):
    ours, theirs = listen(), listen(path + "2")
    ours.transport.write(b"there", path + "2")
    await theirs.count(1)
    assert theirs.received == [(b"there", path)]
    theirs.transport.write(b"and back", theirs.received[0][1])
    theirs.transport.write(b"by bytes", os.fsencode(path))
    assert await ours.count(2) == [b"and back", b"by bytes"]


async def test_a_peer_needs_no_name_to_write_to(listen, connect, path):
    ours, peer = listen(), connect(bindAddress=path + "2")
    peer.transport.write(b"hello")
    peer.transport.writeSequence([b"in ", b"pieces"])
    await ours.count(2)
    assert ours.received == [(b"hello", path + "2"), (b"in pieces", path + "2")]
    ours.transport.write(b"answer", path + "2")
    assert await peer.count(1) == [b"answer"]
    assert peer.transport.getHost() == UNIXAddress(path + "2")
    assert peer.transport.getPeer() == UNIXAddress(path)


async def test_a_sender_without_a_name_cannot_be_answered(listen, connect):
    ours, peer = listen(), connect()
    assert peer.transport.getHost() == UNIXAddress(None)
    peer.transport.write(b"anonymous")
    await ours.count(1)
    assert ours.received == [(b"anonymous", None)]
    with pytest.raises(InvalidAddressError):
        ours.transport.write(b"to whom?", None)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux has abstract names.")
async def test_names_may_be_abstract(listen, connect):
    name = f"\0sennit-{os.getpid()}-{id(listen)}"
    ours, peer = listen(name), connect(name, bindAddress=name + "2")
    peer.transport.write(b"hello")
    await ours.count(1)
    assert ours.received == [(b"hello", os.fsencode(name + "2"))]
    ours.transport.write(b"back", ours.received[0][1])
    assert await peer.count(1) == [b"back"]


async def test_a_socket_has_the_permissions_asked_for(listen, connect, path):
    listen(mode=0o600)
    connect(mode=0o640, bindAddress=path + "2")
    assert permissions(path) == 0o600
    assert permissions(path + "2") == 0o640


async def test_the_file_is_gone_when_the_port_is_closed(listen, connect, path):
    ours, peer = listen(), connect(bindAddress=path + "2")
    port = ours.transport
    await peer.transport.stopListening()
    assert not exists(path + "2")
    await port.stopListening()
    assert not exists(path)
    port.startListening()
    assert exists(path)


async def test_a_protocol_may_remove_the_file_itself(listen, path, reactor):
    class Tidy(Datagrams):
        def stopProtocol(self):
            Path(path).unlink()

    protocol = Tidy()
    await reactor.listenUNIXDatagram(path, protocol).stopListening()
    assert not exists(path)


async def test_a_file_that_somebody_else_put_there_stays(listen, path):
    ours = listen()
    replace(path)
    await ours.transport.stopListening()
    assert exists(path)


async def test_a_name_in_use_cannot_be_had(listen, connect, path, reactor, descriptors):
    ours = listen()
    before = descriptors()
    with pytest.raises(CannotListenError) as raised:
        listen()
    assert raised.value.port == os.fsencode(path)
    failed = connect(bindAddress=path)
    assert failed.failure.type is CannotListenError
    assert descriptors() == before
    ours.transport.write(b"still", path)
    assert await ours.count(1) == [b"still"]


async def test_a_peer_that_is_not_there_is_told_to_the_protocol(connect, path, descriptors):
    before = descriptors()
    peer = connect(bindAddress=path + "2")
    assert peer.events == ["failed"]
    assert peer.failure.type is FileNotFoundError
    assert peer.transport is None
    assert not exists(path + "2")
    assert descriptors() == before


async def test_a_receiver_that_is_not_there_is_an_error_at_once(listen, path):
    ours, gone = listen(), listen(path + "2")
    with pytest.raises(FileNotFoundError):
        ours.transport.write(b"x", path + "3")
    os.link(path + "2", path + "kept")
    await gone.transport.stopListening()
    with pytest.raises(ConnectionRefusedError):
        ours.transport.write(b"x", path + "kept")


async def test_a_peer_that_has_gone_refuses(listen, connect, path):
    ours, peer = listen(), connect(bindAddress=path + "2")
    await ours.transport.stopListening()
    for number in (1, 2, 3):
        peer.transport.write(b"anyone?")
        await peer.until_event("refused", number)
    other = listen()
    other.transport.write(b"not your peer", path + "2")
    assert await peer.count(1) == [b"not your peer"]


async def test_a_datagram_that_is_too_long_to_send_is_an_error(listen, connect):
    ours, peer = listen(maxPacketSize=3), connect()
    with pytest.raises(MessageLengthError):
        peer.transport.write(b"x" * (1 << 24))
    peer.transport.write(b"cut short")
    assert await ours.count(1) == [b"cut"]


async def test_more_than_the_receiver_holds_waits_and_arrives_in_order(listen, connect, reactor):
    ours, peer = listen(), connect()
    sent = [b"%d" % number for number in range(500)]
    for datagram in sent:
        peer.transport.write(datagram)
    assert peer.transport.send_queue_size > 0
    assert await ours.count(500) == sent
    assert peer.transport.dropped == 0


async def test_what_is_beyond_the_queues_limit_is_dropped_and_counted(listen, connect):
    ours, peer = listen(), connect()
    peer.transport.send_queue_limit = 1000
    for _ in range(2000):
        peer.transport.write(b"x" * 100)
    dropped = peer.transport.dropped
    assert 0 < dropped < 2000
    assert len(await ours.count(2000 - dropped)) == 2000 - dropped


async def test_exceptions_of_a_peers_protocol_are_logged(listen, path, reactor, logged):
    class Failing(PeerDatagrams):
        def datagramReceived(self, datagram):
            super().datagramReceived(datagram)
            raise ZeroDivisionError

    ours, peer = listen(), Failing()
    reactor.connectUNIXDatagram(path, peer, bindAddress=path + "2")
    ours.transport.write(b"one", path + "2")
    ours.transport.write(b"two", path + "2")
    assert await peer.count(2) == [b"one", b"two"]
    await turns(reactor)
    assert logged() == [ZeroDivisionError] * 2


@pytest.mark.parametrize("error", [ZeroDivisionError, OSError])
async def test_an_exception_as_a_protocol_starts_is_raised_and_leaves_nothing(
    listen, path, reactor, error, descriptors
):
    class Failing:
        def startProtocol(self):
            raise error

    class FailingPeer(Failing, PeerDatagrams):
        pass

    class FailingServer(Failing, Datagrams):
        pass

    listen()
    before = descriptors()
    with pytest.raises(error):
        reactor.connectUNIXDatagram(path, FailingPeer(), bindAddress=path + "2")
    with pytest.raises(error):
        reactor.listenUNIXDatagram(path + "2", FailingServer())
    assert descriptors() == before
    assert not exists(path + "2")


async def test_ports_tell_who_they_are(listen, connect, path):
    ours, peer = listen().transport, connect(bindAddress=path + "2").transport
    assert verifyObject(IListeningPort, ours)
    assert verifyObject(IUNIXDatagramTransport, ours)
    assert verifyObject(IUNIXDatagramConnectedTransport, peer)
    assert ours.getHost() == UNIXAddress(path)
    assert ours.logPrefix() == "Datagrams (UNIX)"
    assert repr(path) in repr(ours)
    await ours.stopListening()
    with pytest.raises(NotListeningError):
        ours.getHost()
