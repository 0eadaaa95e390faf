"""Descriptors are watched, connections, datagrams and children carried, and none of them starves another."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

from sennit.core.deferred import Deferred
from sennit.process import getProcessOutputAndValue
from sennit.protocol import DatagramProtocol
from sennit.testing.contract.loops.listed import LoopCase, check
from sennit.testing.contract.recorders import Client, Server


class Watched:
    """A descriptor of the program's own."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.calls: list[str] = []
        self.told: Deferred[None] = Deferred()

    def fileno(self) -> int:
        return self.sock.fileno()

    def logPrefix(self) -> str:
        return "watched"

    def _tell(self, call: str) -> None:
        self.calls.append(call)
        told, self.told = self.told, Deferred()
        told.callback(None)

    def doRead(self) -> None:
        self._tell(f"read {self.sock.recv(1).decode()}")

    def doWrite(self) -> None:
        self._tell("write")

    def connectionLost(self, reason: Any) -> None:
        self._tell("lost")


@check()
async def a_reader_is_called_as_long_as_there_is_something_to_read(case: LoopCase) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        watched = Watched(ours)
        case.reactor.addReader(watched)
        theirs.send(b"abc")
        while len(watched.calls) < 3:
            await watched.told
        await case.turns()
        assert watched.calls == ["read a", "read b", "read c"]
        assert watched in case.reactor.getReaders()
        case.reactor.removeReader(watched)
        theirs.send(b"d")
        await case.turns(5)
        assert len(watched.calls) == 3


@check()
async def a_writer_is_called_while_there_is_room(case: LoopCase) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        watched = Watched(ours)
        case.reactor.addWriter(watched)
        await watched.told
        await watched.told
        case.reactor.removeWriter(watched)
        before = len(watched.calls)
        await case.turns(5)
        assert watched.calls == ["write"] * before


@check()
async def calls_without_end_do_not_starve_a_reader(case: LoopCase) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        watched = Watched(ours)
        case.reactor.addReader(watched)
        busy = True

        def again() -> None:
            if busy:
                case.reactor.callLater(0, again)

        again()
        theirs.send(b"x")
        await watched.told
        busy = False
        case.reactor.removeReader(watched)


@check()
async def a_connection_is_made_carries_bytes_and_ends(case: LoopCase) -> None:
    server, client = Server(), Client()
    port = case.reactor.listenTCP(0, server, interface="127.0.0.1")
    case.reactor.connectTCP("127.0.0.1", port.getHost().port, client)
    theirs, ours = await server.nth(), await client.nth()
    ours.transport.write(b"x" * 1_000_000)
    await theirs.until_received(1_000_000)
    theirs.transport.write(b"thanks")
    theirs.transport.loseConnection()
    await ours.until_lost()
    assert ours.received == b"thanks"
    await port.stopListening()


@check()
async def a_transport_of_the_loop_tells_when_to_pause(case: LoopCase) -> None:
    told: list[str] = []
    resumed: Deferred[None] = Deferred()

    class Speaker(asyncio.Protocol):
        def pause_writing(self) -> None:
            told.append("pause")

        def resume_writing(self) -> None:
            told.append("resume")
            resumed.callback(None)

    loop = case.reactor.loop
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.setblocking(False)
        transport, _ = await loop.create_task(loop.create_connection(Speaker, sock=ours))
        transport.write(b"x" * 3_000_000)
        assert told == ["pause"]
        assert transport.get_write_buffer_size() > 0
        received = 0
        while received < 3_000_000:
            received += len(await loop.create_task(loop.sock_recv(theirs, 1 << 20)))
        await resumed
        assert told == ["pause", "resume"]
        transport.abort()
        await case.turns()


@check()
async def datagrams_come_and_go(case: LoopCase) -> None:
    class Echo(DatagramProtocol):
        noisy = False

        def datagramReceived(self, datagram: bytes, addr: Any) -> None:
            self.transport.write(datagram, addr)

    class Asking(DatagramProtocol):
        noisy = False
        answered: Deferred[bytes] = Deferred()

        def datagramReceived(self, datagram: bytes, addr: Any) -> None:
            self.answered.callback(datagram)

    Asking.answered = Deferred()
    port = case.reactor.listenUDP(0, Echo(), interface="127.0.0.1")
    asking = Asking()
    other = case.reactor.listenUDP(0, asking, interface="127.0.0.1")
    other.write(b"hello", ("127.0.0.1", port.getHost().port))
    assert await asking.answered == b"hello"
    await port.stopListening()
    await other.stopListening()


@check()
async def a_child_is_run_to_its_end(case: LoopCase) -> None:
    program = "import sys; print(input()); print('oops', file=sys.stderr); sys.exit(3)"
    out, err, code = await getProcessOutputAndValue(
        sys.executable, ["-I", "-S", "-c", program], stdinBytes=b"said\n", reactor=case.reactor
    )
    assert (out, err, code) == (b"said\n", b"oops\n", 3)


@check()
async def a_name_is_looked_up(case: LoopCase) -> None:
    assert await case.reactor.resolve("127.0.0.1") == "127.0.0.1"
    assert await case.reactor.resolve("localhost") == "127.0.0.1"
