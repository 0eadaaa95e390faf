"""What programs do at the wrong moment, and what they raise anywhere, harms only their own connection."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import hashlib
import logging
import os
import shutil
import socket
import struct
import time

import pytest
from tests.reactor.loops.native_kit import Recorder, needs_native, pair, turn, until

from sennit.reactor.loops import new_loop

pytestmark = needs_native
resource = pytest.importorskip("resource")

MUCH = 3_000_000


class Doing(asyncio.Protocol):
    """Keeps what it is told, and does with it what its test wants."""

    def __init__(self, **does):
        self.told = []
        self.size = 0
        self._does = does

    def _do(self, what, *arguments):
        self.told.append(what)
        return self._does[what](self, *arguments) if what in self._does else None

    def connection_made(self, transport):
        self.transport = transport
        self._do("made")

    def data_received(self, data):
        self.size += len(data)
        if self.told[-1] != "data" or "data" in self._does:
            self._do("data", data)

    def eof_received(self):
        return self._do("eof")

    def pause_writing(self):
        self._do("pause")

    def resume_writing(self):
        self._do("resume")

    def connection_lost(self, exc):
        self.error = exc
        self._do("lost")

    @property
    def lost(self):
        return "lost" in self.told


def fail(*_):
    raise LookupError("what a program raises")


async def end(loop, *protocols):
    """Abort connections, and wait for their ends."""
    for each in protocols:
        each.transport.abort()
    await until(loop, lambda: all(each.lost for each in protocols))


# What protocols raise.


@pytest.mark.parametrize("size", [0, MUCH])
def test_an_error_in_connection_lost_is_reported_and_the_loop_goes_on(loop, reported, size):
    async def main():
        one, other = await pair(loop, Doing(lost=fail), Doing())
        other.transport.pause_reading()
        one.transport.write(b"x" * size)
        one.transport.close()
        other.transport.resume_reading()
        await until(loop, lambda: one.lost and other.lost)
        return other.size

    assert loop.run_until_complete(main()) == size
    assert reported == [("Error in connection_lost()", LookupError)]


def test_an_error_in_connection_made_is_reported_and_the_connection_goes_on(loop, reported):
    async def main():
        one, other = await pair(loop, Doing(made=fail), Doing())
        other.transport.write(b"there")
        await until(loop, lambda: one.size == 5)
        await end(loop, one, other)

    loop.run_until_complete(main())
    assert reported == [("Error in connection_made()", LookupError)]


def test_an_error_in_eof_received_is_reported_and_ends_the_connection(loop, reported):
    async def main():
        one, other = await pair(loop, Doing(eof=fail), Doing())
        other.transport.close()
        await until(loop, lambda: one.lost)
        return one.error

    assert isinstance(loop.run_until_complete(main()), LookupError)
    assert [kind for _, kind in reported] == [LookupError]


def test_errors_of_who_is_told_to_pause_or_to_resume_are_reported_and_all_is_sent(loop, reported):
    async def main():
        one, other = await pair(loop, Doing(pause=fail, resume=fail), Doing())
        other.transport.pause_reading()
        one.transport.write(b"x" * MUCH)
        other.transport.resume_reading()
        await until(loop, lambda: other.size == MUCH)
        await end(loop, one, other)
        return one.told

    assert loop.run_until_complete(main()) == ["made", "pause", "resume", "lost"]
    assert [message for message, _ in reported] == [
        "protocol.pause_writing() failed",
        "protocol.resume_writing() failed",
    ]


@pytest.mark.parametrize("where", ["made", "data", "eof", "pause", "resume", "lost"])
def test_an_interrupt_goes_through_any_call_of_a_protocol_and_the_connection_goes_on(loop, where):
    def interrupt(*_):
        if not interrupts:
            interrupts.append(where)
            raise KeyboardInterrupt

    async def main():
        first, second = socket.socketpair()
        for sock, protocol in ((second, other), (first, one)):
            await loop.create_connection(lambda protocol=protocol: protocol, sock=sock)

    def step(does):
        nonlocal interrupted
        try:
            does()
        except KeyboardInterrupt:
            interrupted += 1

    def wait(coroutine):
        task = loop.create_task(coroutine)
        while not task.done():
            step(lambda: loop.run_until_complete(task))

    interrupts = []
    interrupted = 0
    one, other = Doing(**{where: interrupt}), Doing()
    wait(main())
    other.transport.write(b"data")
    wait(until(loop, lambda: one.size == 4))
    other.transport.pause_reading()
    step(lambda: one.transport.write(b"x" * MUCH))
    other.transport.resume_reading()
    wait(until(loop, lambda: other.size == MUCH))
    other.transport.close()
    wait(until(loop, lambda: one.lost))
    assert interrupted == 1
    told = ["made", "data", "pause", "resume", "eof", "lost"]
    if where == "eof":
        # The end is still there to be read.
        told.insert(4, "eof")
    assert one.told == told


def test_a_connection_that_closes_does_so_also_where_who_was_to_resume_was_interrupted(loop):
    def interrupt(protocol):
        raise KeyboardInterrupt

    one, other = Doing(resume=interrupt), Doing()
    loop.run_until_complete(pair(loop, one, other))
    other.transport.pause_reading()
    one.transport.write(b"x" * MUCH)
    one.transport.close()
    other.transport.resume_reading()
    task = loop.create_task(until(loop, lambda: one.lost and other.lost))
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(task)
    loop.run_until_complete(task)
    assert other.size == MUCH


def test_a_call_whose_context_has_been_entered_is_told_of_and_the_loop_goes_on(loop, reported, caplog):
    context = contextvars.copy_context()
    loop.call_soon(print, "never", context=context)
    loop.call_soon(loop.stop)
    context.run(loop.run_forever)
    # From Python 3.12 on, the handler of errors would be called in that context too.
    assert [kind for _, kind in reported] == [RuntimeError] or "cannot enter context" in caplog.text


def test_calls_that_were_waiting_when_debug_mode_began_are_timed_as_all_others_are(loop, caplog):
    def begin():
        loop.call_soon(time.sleep, 0.002)
        loop.set_debug(True)
        loop.call_soon(loop.stop)

    loop.slow_callback_duration = 0.001
    loop.call_soon(begin)
    with caplog.at_level(logging.WARNING, "asyncio"):
        loop.run_forever()
    assert any("sleep" in record.getMessage() for record in caplog.records)


# What programs do at a moment that few think of.


def test_who_pauses_and_resumes_within_data_received_gets_all(loop):
    def rest(protocol, data):
        protocol.transport.pause_reading()
        protocol.transport.resume_reading()
        protocol.transport.pause_reading()
        loop.call_soon(protocol.transport.resume_reading)

    async def main():
        one, other = await pair(loop, Doing(), Doing(data=rest))
        one.transport.write(b"x" * MUCH)
        one.transport.close()
        await until(loop, lambda: other.lost)
        return other.size

    assert loop.run_until_complete(main()) == MUCH


def test_another_protocol_has_what_comes_from_the_moment_it_is_set(loop):
    def hand_on(protocol, data):
        protocol.transport.set_protocol(later)

    async def main():
        one, other = await pair(loop, Doing(), Doing(data=hand_on))
        one.transport.write(b"1")
        await until(loop, lambda: other.size)
        # Of a protocol that is set on a connection, connection_made is not called.
        later.told.append("set")
        one.transport.write(b"23")
        one.transport.close()
        await until(loop, lambda: later.lost)
        return other.size, later.size

    later = Doing()
    assert loop.run_until_complete(main()) == (1, 2)


def test_a_connection_that_is_lost_takes_every_call_and_does_nothing(loop, reported):
    def all_of_them(protocol):
        transport = protocol.transport
        transport.write(b"to nobody")
        transport.writelines([b"to", b"nobody"])
        transport.pause_reading()
        transport.resume_reading()
        transport.write_eof()
        transport.close()
        transport.abort()
        transport.set_write_buffer_limits(5)
        assert not transport.is_reading()
        assert transport.get_write_buffer_size() == 0

    async def main():
        one, other = await pair(loop, Doing(lost=all_of_them), Doing())
        one.transport.abort()
        await until(loop, lambda: other.lost)
        all_of_them(one)
        assert one.transport.get_extra_info("socket").fileno() == -1
        return one.told, other.size

    assert loop.run_until_complete(main()) == (["made", "lost"], 0)
    assert reported == []


def test_what_is_written_while_the_connection_closes_follows_what_waits(loop):
    async def main():
        one, other = await pair(loop, Doing(), Doing())
        other.transport.pause_reading()
        one.transport.write(b"x" * MUCH)
        one.transport.close()
        one.transport.close()
        one.transport.write(b"tail")
        other.transport.resume_reading()
        await until(loop, lambda: other.lost)
        return other.size, one.told

    assert loop.run_until_complete(main()) == (MUCH + 4, ["made", "pause", "resume", "lost"])


@pytest.mark.parametrize("ends", ["abort", "close"])
def test_who_ends_the_connection_when_told_to_resume_loses_it_once(loop, ends):
    async def main():
        one, other = await pair(
            loop, Doing(resume=lambda protocol: getattr(protocol.transport, ends)()), Doing()
        )
        other.transport.pause_reading()
        one.transport.write(b"x" * MUCH)
        other.transport.resume_reading()
        await until(loop, lambda: other.lost and one.lost)
        return one.told, one.error, other.size

    told, error, size = loop.run_until_complete(main())
    assert told == ["made", "pause", "resume", "lost"]
    assert error is None
    assert size == MUCH or ends == "abort"


def test_a_half_closed_connection_sends_on_what_waits(loop):
    async def main():
        one, other = await pair(loop, Doing(), Doing(eof=lambda _: True))
        other.transport.pause_reading()
        one.transport.write(b"x" * MUCH)
        one.transport.write_eof()
        assert "eof" not in other.told
        other.transport.resume_reading()
        await until(loop, lambda: "eof" in other.told)
        # The other direction is open, with nothing to wait for in this one.
        other.transport.write(b"y" * MUCH)
        await until(loop, lambda: one.size == MUCH)
        other.transport.close()
        await until(loop, lambda: one.lost and other.lost)
        return other.size

    assert loop.run_until_complete(main()) == MUCH


def test_a_reset_in_the_middle_of_what_is_sent_drops_what_waits(loop):
    async def main():
        served = Doing()
        server = await loop.create_server(lambda: served, "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await until(loop, lambda: served.told)
        # Nothing is read, so only what is sent can tell.
        served.transport.pause_reading()
        served.transport.write(b"x" * 20_000_000)
        assert served.transport.get_write_buffer_size()
        client.close()
        await until(loop, lambda: served.lost)
        server.close()
        await server.wait_closed()
        return served.told, served.error, served.transport.get_write_buffer_size()

    told, error, size = loop.run_until_complete(main())
    assert told == ["made", "pause", "lost"]
    assert isinstance(error, (ConnectionResetError, BrokenPipeError))
    assert size == 0


@pytest.mark.slow
def test_a_slow_reader_gets_two_hundred_mebibytes_as_they_were_sent(loop):
    def rest(protocol, data):
        digest.update(data)
        protocol.transport.pause_reading()
        loop.call_soon(protocol.transport.resume_reading)

    async def main():
        one, other = await pair(loop, Doing(), Doing(data=rest))
        one.transport.write(data)
        one.transport.close()
        await until(loop, lambda: other.lost)
        return one.told

    data = os.urandom(1 << 20) * 200
    digest = hashlib.blake2b()
    assert loop.run_until_complete(main()) == ["made", "pause", "resume", "lost"]
    assert digest.digest() == hashlib.blake2b(data).digest()


def test_a_loop_closed_over_open_connections_leaves_them_to_be_closed_by_who_has_them():
    loop = new_loop("native")
    one, other = Recorder(loop), Recorder(loop)
    loop.run_until_complete(pair(loop, one, other))
    other.transport.pause_reading()
    one.transport.write(b"x" * MUCH)
    descriptors = [each.transport.get_extra_info("socket").fileno() for each in (one, other)]
    loop.close()
    one.transport.close()
    for each in (one, other):
        with pytest.raises(RuntimeError, match="closed"):
            each.transport.abort()
    del one, other, each
    with pytest.warns(ResourceWarning) as warned:
        gc.collect()
    assert len([each for each in warned if "unclosed transport" in str(each.message)]) == 2
    for descriptor in descriptors:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


# What is given up.


def test_what_waited_for_a_socket_and_was_cancelled_watches_it_no_more(loop):
    async def main():
        for each in (ours, listening):
            each.setblocking(False)
        for begin in (
            lambda: loop.sock_recv(ours, 10),
            lambda: loop.sock_recv_into(ours, bytearray(10)),
            lambda: loop.sock_recvfrom(ours, 10),
            lambda: loop.sock_sendall(ours, b"x" * MUCH),
            lambda: loop.sock_accept(listening),
        ):
            task = loop.create_task(begin())
            await turn(loop)
            await turn(loop)
            watched.append(len(loop._selector.get_map()))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            watched.append(len(loop._selector.get_map()))
        # Its number may be had by others now.
        transport, _ = await loop.create_connection(lambda: Recorder(loop), sock=ours)
        transport.abort()
        await turn(loop)

    watched = []
    ours, theirs = socket.socketpair()
    before = len(loop._selector.get_map())
    with theirs, socket.create_server(("127.0.0.1", 0)) as listening:
        loop.run_until_complete(main())
    assert watched == [before + 1, before] * 5


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"f" * 10_000_000)
    with path.open("rb") as file:
        yield file


@pytest.mark.parametrize("size", [MUCH, 0])
def test_who_gives_up_sending_a_file_has_a_connection_that_works(loop, reported, file, size):
    async def main():
        one, other = await pair(loop, Doing(), Doing())
        other.transport.pause_reading()
        one.transport.write(b"x" * size)
        task = loop.create_task(loop.sendfile(one.transport, file))
        for _ in range(5):
            await turn(loop)
        with pytest.raises(RuntimeError, match="sendfile is in progress"):
            one.transport.write(b"no")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        one.transport.write(b"tail")
        one.transport.close()
        other.transport.resume_reading()
        await until(loop, lambda: other.lost)
        return other.size

    received = loop.run_until_complete(main())
    assert received == size + 4 if size else received > 4
    assert reported == []


def test_who_sends_a_file_learns_that_the_connection_was_aborted(loop, reported, file):
    async def main():
        one, other = await pair(loop, Doing(), Doing())
        other.transport.pause_reading()
        task = loop.create_task(loop.sendfile(one.transport, file))
        for _ in range(5):
            await turn(loop)
        descriptor = one.transport.get_extra_info("socket").fileno()
        one.transport.abort()
        with pytest.raises(ConnectionError):
            await task
        assert one.lost
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
        await end(loop, other)

    loop.run_until_complete(main())
    assert reported == []


# Load.


def test_children_that_end_under_load_are_all_told_of(loop):
    async def child(number):
        process = await asyncio.create_subprocess_exec(
            program, str(number), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        output, _ = await process.communicate()
        return int(output), process.returncode

    def answer(protocol, data):
        protocol.transport.write(data)

    async def main():
        one, other = await pair(loop, Doing(data=answer), Doing(data=answer))
        one.transport.write(b"x" * 1000)
        ended = await asyncio.gather(*(child(number) for number in range(40)))
        rounds = other.size
        await end(loop, one, other)
        return ended, rounds

    program = shutil.which("echo")
    ended, rounds = loop.run_until_complete(main())
    assert ended == [(number, 0) for number in range(40)]
    assert rounds > 1000


def test_many_short_connections_are_each_answered(loop):
    async def ask(number):
        protocol = Doing()
        await loop.create_connection(lambda: protocol, *where)
        protocol.transport.write(b"%d" % number)
        await until(loop, lambda: protocol.lost)
        return protocol.size, protocol.error

    def answer(protocol, data):
        protocol.transport.write(data)
        protocol.transport.close()

    async def main():
        nonlocal where
        server = await loop.create_server(lambda: Doing(data=answer), "127.0.0.1", 0)
        where = server.sockets[0].getsockname()
        for _ in range(10):
            found = await asyncio.gather(*(ask(number) for number in range(100, 150)))
            assert found == [(3, None)] * 50
        server.close()
        await server.wait_closed()

    where = None
    loop.run_until_complete(main())


@pytest.mark.parametrize("debug", [False, True])
def test_connections_that_find_no_descriptor_left_are_served_when_there_are_some(
    loop, reported, monkeypatch, debug
):
    async def main():
        server = await loop.create_server(make, "127.0.0.1", 0)
        clients = [socket.create_connection(server.sockets[0].getsockname()) for _ in range(3)]
        for client in clients:
            client.sendall(b"question")
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hardest))
        try:
            await until(loop, lambda: reported)
            assert made == []
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hardest))
        await until(loop, lambda: [each.size for each in made] == [8] * 3)
        for client in clients:
            client.close()
        await until(loop, lambda: all(each.lost for each in made))
        server.close()
        await server.wait_closed()

    def make():
        made.append(Doing())
        return made[-1]

    monkeypatch.setattr(asyncio.constants, "ACCEPT_RETRY_DELAY", 0)
    loop.set_debug(debug)
    made = []
    most, hardest = resource.getrlimit(resource.RLIMIT_NOFILE)
    loop.run_until_complete(main())
    assert {kind for _, kind in reported} == {OSError}
