"""What only UNIX sockets have: files, locks, abstract names, credentials."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import pytest
from tests.transport.kit import Client, Server, in_reactor, turns
from zope.interface.verify import verifyObject

from sennit.core.addresses import UNIXAddress
from sennit.core.errors import (
    BadFileError,
    CannotListenError,
    ConnectionRefusedError,
    NotListeningError,
    UserError,
)
from sennit.core.interfaces import IConnector, IListeningPort, ITCPTransport, IUNIXTransport
from sennit.transport.listening import Listening
from sennit.transport.unix import UNIXPort

linux = pytest.mark.skipif(sys.platform != "linux", reason="A feature of Linux.")


@pytest.fixture
def path(short_path):
    return str(short_path / "socket")


def exists(path):
    """Whether there is something of this name, be it a link to nowhere."""
    return os.path.lexists(path)


def mode_of(path):
    return Path(path).stat().st_mode


def holder(path):
    """Who holds the lock."""
    return Path(path + ".lock").readlink().name


def lock_for(path, pid):
    Path(path + ".lock").symlink_to(str(pid))


def remove(path):
    Path(path).unlink()


def test_a_port_is_there_before_the_reactor_runs(reactor, path):
    port = reactor.listenUNIX(path, Server())
    assert stat.S_ISSOCK(mode_of(path))
    assert port.getHost() == UNIXAddress(path)
    assert port.port == os.fsencode(path)
    assert verifyObject(IListeningPort, port)
    assert path in repr(port)
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(path)
        in_reactor(reactor, port.factory.nth())
    with pytest.raises(NotListeningError):
        port.getHost()


async def test_both_ends_know_the_path(reactor, path):
    server, client = Server(), Client()
    reactor.listenUNIX(path, server)
    connector = reactor.connectUNIX(path, client)
    assert connector.getDestination() == UNIXAddress(path)
    assert verifyObject(IConnector, connector)
    here, there = await server.nth(), await client.nth()
    assert here.address == here.transport.getPeer() == there.transport.getHost() == UNIXAddress(None)
    assert there.address == there.transport.getPeer() == here.transport.getHost() == UNIXAddress(path)
    for one in (here, there):
        assert verifyObject(IUNIXTransport, one.transport)
        assert verifyObject(ITCPTransport, one.transport)


async def test_a_path_may_be_bytes(reactor, path):
    server, client = Server(), Client()
    reactor.listenUNIX(os.fsencode(path), server)
    reactor.connectUNIX(os.fsencode(path), client)
    await client.nth()


@linux
async def test_a_name_may_be_abstract(reactor):
    name = f"\0sennit.test.{os.getpid()}"
    server, client = Server(), Client()
    port = reactor.listenUNIX(name, server, wantPID=True)
    assert port.getHost() == UNIXAddress(name)
    reactor.connectUNIX(name, client)
    one = await client.nth()
    assert one.address == UNIXAddress(name)
    assert (await server.nth()).transport.getHost() == UNIXAddress(name)
    await port.stopListening()


async def test_the_file_has_the_mode_and_goes_with_the_port(reactor, path):
    port = reactor.listenUNIX(path, Server(), mode=0o600)
    assert stat.S_IMODE(mode_of(path)) == 0o600
    await port.stopListening()
    assert not exists(path)
    port.startListening()
    assert exists(path)


async def test_the_file_of_somebody_else_stays(reactor, path):
    port = reactor.listenUNIX(path, Server())
    remove(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        await port.stopListening()
        assert exists(path)


async def test_a_file_that_is_gone_already_is_no_error(reactor, path):
    port = reactor.listenUNIX(path, Server())
    remove(path)
    await port.stopListening()
    assert not exists(path)


async def test_a_path_that_is_taken_is_an_error_at_once(reactor, path, descriptors):
    server = Server()
    reactor.listenUNIX(path, Server())
    before = descriptors()
    for want in (False, True):
        with pytest.raises(CannotListenError) as caught:
            reactor.listenUNIX(path, server, wantPID=want)
        assert caught.value.port == os.fsencode(path)
        assert not exists(path + ".lock")
        assert exists(path)
    assert (server.started, server.stopped) == (0, 0)
    assert descriptors() <= before


@pytest.mark.parametrize("bad", ["/nowhere/at/all", "/tmp/" + "x" * 200])
def test_a_path_that_cannot_be_is_an_error(reactor, bad, descriptors):
    before = descriptors()
    with pytest.raises(CannotListenError):
        reactor.listenUNIX(bad, Server())
    assert descriptors() <= before


async def test_a_lock_says_who_listens(reactor, path):
    port = reactor.listenUNIX(path, Server(), wantPID=True)
    assert holder(path) == str(os.getpid())
    with pytest.raises(CannotListenError) as caught:
        reactor.listenUNIX(path, Server(), wantPID=True)
    assert "lock" in str(caught.value)
    client = Client()
    reactor.connectUNIX(path, client, checkPID=True)
    await client.nth()
    await port.stopListening()
    assert not exists(path + ".lock")
    late = Client()
    reactor.connectUNIX(path, late, checkPID=True)
    await late.ended()
    assert late.failure.type is BadFileError


async def test_a_socket_that_a_dead_process_left_is_removed(reactor, path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    # No process has this number: it is past the largest.
    lock_for(path, 1 << 22)
    client = Client()
    reactor.listenUNIX(path, Server(), wantPID=True)
    reactor.connectUNIX(path, client)
    await client.nth()


async def test_a_missing_socket_is_a_failure(reactor, path, descriptors):
    before = descriptors()
    client = Client()
    reactor.connectUNIX(path, client)
    await client.ended()
    assert client.failure.value.osError == 2
    assert descriptors() <= before


async def test_a_socket_that_nobody_listens_on_is_a_failure(reactor, path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        client = Client()
        reactor.connectUNIX(path, client)
        await client.ended()
        assert client.failure.type is ConnectionRefusedError


async def test_a_full_backlog_is_waited_for(reactor, path, descriptors):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(0)
        before = descriptors()
        fillers = []
        while True:
            filler = socket.socket(socket.AF_UNIX)
            filler.setblocking(False)
            fillers.append(filler)
            if filler.connect_ex(path) != 0:
                break
        client, impatient = Client(), Client()
        reactor.connectUNIX(path, client)
        connector = reactor.connectUNIX(path, impatient)
        await turns(reactor, 10)
        assert client.events == ["started"]
        connector.stopConnecting()
        assert impatient.failure.type is UserError
        accepted = [listening.accept()[0] for _ in range(len(fillers) - 1)]
        one = await client.nth()
        one.transport.loseConnection()
        await one.until_lost()
        for sock in (*fillers, *accepted):
            sock.close()
        await turns(reactor)
        assert descriptors() <= before


@linux
async def test_the_other_side_has_credentials(reactor, path):
    server, client = Server(), Client()
    reactor.listenUNIX(path, server)
    reactor.connectUNIX(path, client)
    for one in (await server.nth(), await client.nth()):
        credentials = one.transport.get_peer_credentials()
        assert credentials == (os.getpid(), os.getuid(), os.getgid())
        assert credentials.uid == os.getuid()


async def test_options_of_tcp_do_no_harm(reactor, path):
    server, client = Server(), Client()
    reactor.listenUNIX(path, server)
    reactor.connectUNIX(path, client)
    transport = (await server.nth()).transport
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    assert transport.getTcpNoDelay() is False
    assert transport.getTcpKeepAlive() is True


async def test_a_listening_socket_is_adopted_as_a_copy(reactor, path):
    server, client = Server(), Client()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        port = reactor.adoptStreamPort(listening.fileno(), socket.AF_UNIX, server)
        assert port.getHost() == UNIXAddress(path)
        reactor.connectUNIX(path, client)
        await client.nth()
        await port.stopListening()
        # It was not ours to make, so it is not ours to remove.
        assert exists(path)


async def test_a_subclass_makes_the_socket_of_its_port(reactor, path):
    made = []

    class Port(UNIXPort):
        def createInternetSocket(self):
            made.append(super().createInternetSocket())
            return made[0]

    port = Port(path, Server(), reactor=reactor)
    port.startListening()
    assert port.socket is made[0]


async def test_a_socket_that_cannot_be_made_is_a_port_that_cannot_be_had(reactor, path, monkeypatch):
    def refuse(self):
        raise OSError("no more")

    monkeypatch.setattr(Listening, "createInternetSocket", refuse)
    with pytest.raises(CannotListenError):
        reactor.listenUNIX(path, Server())
