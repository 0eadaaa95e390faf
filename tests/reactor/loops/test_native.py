from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

import pytest
from tests.reactor.loops.native_kit import Recorder, needs_native, pair, turn, until
from tests.tls import pki

from sennit.reactor import new_loop

pytestmark = needs_native


def test_what_the_system_does_not_take_is_sent_later_in_order(loop):
    pieces = [bytes([number % 251]) * 3001 for number in range(400)]

    async def main():
        one, other = await pair(loop)
        other.transport.pause_reading()
        for piece in pieces:
            one.transport.write(piece)
        one.transport.write(bytearray(b"end"))
        assert one.transport.get_write_buffer_size() > 64 * 1024
        assert one.told == ["pause"]
        other.transport.resume_reading()
        one.transport.close()
        await one.ended
        await until(loop, lambda: other.told)
        other.transport.close()
        await other.ended
        assert one.told == ["pause", "resume"]
        return other.data

    assert loop.run_until_complete(main()) == b"".join(pieces) + b"end"


def test_large_pieces_and_small_ones_come_as_they_were_sent(loop):
    sizes = (40_000, 40_000, 3, 70_000, 200_000, 1)

    async def main():
        one, other = await pair(loop)
        for number, size in enumerate(sizes):
            before = len(other.data)
            one.transport.write(bytes([number]) * size)
            await until(loop, lambda before=before, size=size: len(other.data) == before + size)
        # With room made for as much again, nothing but the end is there to be read.
        one.transport.write(b"x" * 50_000)
        await until(loop, lambda: other.data.endswith(b"x" * 50_000))
        one.transport.close()
        await until(loop, lambda: other.told == ["eof"])
        other.transport.close()
        await one.ended
        await other.ended
        return other.data

    expected = b"".join(bytes([number]) * size for number, size in enumerate(sizes)) + b"x" * 50_000
    assert hash(loop.run_until_complete(main())) == hash(expected)


def test_a_reset_after_a_large_piece_is_an_error(loop):
    async def main():
        served = Recorder(loop)
        server = await loop.create_server(lambda: served, "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"x" * 60_000)
        await until(loop, lambda: len(served.data) == 60_000)
        client.close()
        error = await served.ended
        server.close()
        await server.wait_closed()
        return error

    assert isinstance(loop.run_until_complete(main()), ConnectionResetError)


def test_an_end_is_told_once_and_the_other_direction_goes_on(loop):
    async def main():
        one, other = await pair(loop)
        one.transport.write(b"question")
        one.transport.write_eof()
        assert one.transport.can_write_eof()
        with pytest.raises(RuntimeError, match="after write_eof"):
            one.transport.write(b"more")
        await until(loop, lambda: other.told == ["eof"])
        other.transport.write(b"answer")
        other.transport.close()
        await until(loop, lambda: one.told == ["eof"])
        one.transport.close()
        await one.ended
        return other.data, one.data

    assert loop.run_until_complete(main()) == (b"question", b"answer")


def test_nothing_is_read_while_reading_is_paused_and_all_of_it_after(loop):
    async def main():
        one, other = await pair(loop)
        other.transport.pause_reading()
        assert not other.transport.is_reading()
        one.transport.write(b"x" * 1000)
        for _ in range(5):
            await turn(loop)
        assert other.data == b""
        other.transport.resume_reading()
        await until(loop, lambda: len(other.data) == 1000)
        one.transport.abort()
        await one.ended
        other.transport.abort()
        await other.ended

    loop.run_until_complete(main())


def test_an_event_that_came_with_the_one_that_closed_its_connection_is_for_nobody(loop):
    def end_all(_protocol):
        for each in ends:
            each.transport.abort()

    async def main():
        pairs = [await pair(loop, other=Recorder(loop, end_all)) for _ in range(8)]
        ends.extend(other for _, other in pairs)
        for one, _ in pairs:
            one.transport.write(b"now")
        for _, other in pairs:
            await other.ended
        for one, _ in pairs:
            one.transport.abort()
            await one.ended
        return [other.data for other in ends]

    ends = []
    assert sorted(loop.run_until_complete(main())) == [b""] * 7 + [b"now"]


def test_a_number_that_is_used_again_within_a_turn_gets_no_event_of_before(loop):
    def replace(protocol):
        victim.transport.abort()
        protocol.transport.get_extra_info("socket")

    async def main():
        nonlocal victim
        one, other = await pair(loop, other=Recorder(loop, replace))
        theirs, victim = await pair(loop)
        one.transport.write(b"x")
        theirs.transport.write(b"y")
        await victim.ended
        # The victim's number is free, and the next pair has it.
        again = await pair(loop)
        again[0].transport.write(b"z")
        await until(loop, lambda: again[1].data)
        for each in (one, other, theirs, *again):
            each.transport.abort()
            await each.ended
        return again[1].data

    victim = None
    assert loop.run_until_complete(main()) == b"z"


def test_protocols_with_buffers_have_them_filled(loop):
    class Buffered(asyncio.BufferedProtocol):
        def __init__(self):
            self.buffer = bytearray(5)
            self.data = b""
            self.ended = loop.create_future()

        def connection_made(self, transport):
            self.transport = transport

        def get_buffer(self, sizehint):
            return self.buffer

        def buffer_updated(self, count):
            self.data += self.buffer[:count]

        def connection_lost(self, exc):
            self.ended.set_result(exc)

    async def main():
        one, other = await pair(loop, other=Buffered())
        one.transport.write(b"more than five octets")
        one.transport.close()
        await one.ended
        assert await other.ended is None
        return other.data

    assert loop.run_until_complete(main()) == b"more than five octets"


def test_what_a_protocol_raises_is_reported_and_ends_the_connection(loop):
    reported = []
    loop.set_exception_handler(lambda loop, context: reported.append(context))

    async def main():
        one, other = await pair(loop, other=Recorder(loop, lambda protocol: 1 / 0))
        one.transport.write(b"x")
        error = await other.ended
        one.transport.abort()
        await one.ended
        return error

    assert isinstance(loop.run_until_complete(main()), ZeroDivisionError)
    (context,) = reported
    assert "data_received" in context["message"]


def test_what_a_connection_sets_in_its_context_stays_its_own(loop):
    variable = contextvars.ContextVar("variable", default="nobody's")

    def note(protocol):
        protocol.told.append(variable.get())
        variable.set(protocol.data.decode())

    async def main():
        first = await pair(loop, other=Recorder(loop, note))
        second = await pair(loop, other=Recorder(loop, note))
        for one, other, text in ((*first, b"a"), (*second, b"b"), (*first, b"c")):
            before = len(other.data)
            one.transport.write(text)
            await until(loop, lambda other=other, before=before: len(other.data) > before)
        for each in (*first, *second):
            each.transport.abort()
            await each.ended
        return [each[1].told[: -1 if each[1].told[-1] == "eof" else None] for each in (first, second)]

    assert loop.run_until_complete(main()) == [["nobody's", "a"], ["nobody's"]]
    assert variable.get() == "nobody's"


def test_transports_are_what_asyncio_takes_for_its_own(loop):
    async def main():
        one, other = await pair(loop)
        assert isinstance(one.transport, asyncio.Transport)
        low, high = one.transport.get_write_buffer_limits()
        assert (low, high) == (16384, 65536)
        one.transport.set_write_buffer_limits(low=10)
        assert one.transport.get_write_buffer_limits() == (10, 40)
        with pytest.raises(ValueError, match="must be >= low"):
            one.transport.set_write_buffer_limits(high=1, low=2)
        with pytest.raises(TypeError, match="bytes-like object, not 'str'"):
            one.transport.write("text")
        with pytest.raises(RuntimeError, match="is used by transport"):
            loop.add_reader(one.transport.get_extra_info("socket").fileno(), print)
        assert one.transport.get_protocol() is one
        assert "open" in repr(one.transport)
        assert one.transport.get_extra_info("nothing", "there") == "there"
        for each in (one, other):
            each.transport.close()
            assert each.transport.is_closing()
            await each.ended
        one.transport.write(b"to nobody")
        assert "closed" in repr(one.transport)

    loop.run_until_complete(main())


@pytest.mark.parametrize(
    ("here", "host"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("0.0.0.0", "127.0.0.2"), ("::", "::1")],
)
def test_addresses_are_those_of_the_socket_also_after_the_end(loop, here, host):
    async def main():
        served = Recorder(loop)
        server = await loop.create_server(lambda: served, here, 0)
        port = server.sockets[0].getsockname()[1]
        _, client = await loop.create_connection(lambda: Recorder(loop), host, port)
        await served.began
        sock = client.transport._sock
        own, theirs = sock.getsockname(), sock.getpeername()
        found = []
        for _ in range(2):
            found.append(
                [
                    each.transport.get_extra_info(name)
                    for each in (client, served)
                    for name in ("sockname", "peername")
                ]
            )
            client.transport.close()
            served.transport.close()
            for each in (client, served):
                await each.ended
        server.close()
        await server.wait_closed()
        return own, theirs, found

    own, theirs, found = loop.run_until_complete(main())
    assert found == [[own, theirs, theirs, own]] * 2


def test_a_file_is_sent_by_the_system_and_by_turns(loop, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(3_000_000))

    async def main():
        one, other = await pair(loop)
        one.transport.write(b"before")
        with path.open("rb") as file:
            assert await loop.sendfile(one.transport, file) == 3_000_000
            one.transport.write(b"after")
            one.transport.get_extra_info("socket")
            assert await loop.sendfile(one.transport, file, 10, 5, fallback=True) == 5
        one.transport.close()
        await until(loop, lambda: other.told == ["eof"])
        other.transport.close()
        await other.ended
        return other.data

    content = path.read_bytes()
    data = loop.run_until_complete(main())
    assert hash(data) == hash(b"before" + content + b"after" + content[10:15])


def test_asyncios_tls_runs_on_it(loop):
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()
        await writer.wait_closed()
        served.set_result(None)

    async def main():
        nonlocal served
        served = loop.create_future()
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=pki.server_context())
        where = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(
            *where, ssl=pki.client_context(), server_hostname="localhost"
        )
        writer.write(b"line\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        await served
        server.close()
        await server.wait_closed()
        return answer

    served = None

    assert loop.run_until_complete(main()) == b"line\n"


def test_timers_fire_in_order_and_cancelled_ones_are_swept_away(loop):
    called = []
    kept = [loop.call_later(0.001 * number, called.append, number) for number in range(4)]
    dropped = [loop.call_later(3600 + number, called.append, "no") for number in range(300)]
    for handle in dropped:
        handle.cancel()
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert called == [0, 1, 2, 3]
    assert len(loop._scheduled) < 150
    assert not any(handle.cancelled() for handle in kept)


def test_a_call_can_be_taken_back_and_runs_in_the_context_it_was_asked_for_in(loop):
    variable = contextvars.ContextVar("variable")
    variable.set("asked")
    called = []
    gone = loop.call_soon(called.append, "gone")
    there = loop.call_soon(lambda: called.append(variable.get()))
    given = contextvars.Context()
    loop.call_soon(lambda: called.append(variable.get("unset")), context=given)
    gone.cancel()
    variable.set("later")
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert called == ["asked", "unset"]
    assert gone.cancelled()
    assert "cancelled" in repr(gone)
    assert not there.cancelled()
    assert there.get_context() is not given


def test_threads_wake_a_loop_that_sleeps_and_none_of_their_calls_is_lost(loop):
    called = []

    def one_after_the_other(name):
        for number in range(200):
            made = threading.Event()
            loop.call_soon_threadsafe(called.append, (name, number))
            loop.call_soon_threadsafe(made.set)
            if not number % 3:
                assert made.wait(30)
        loop.call_soon_threadsafe(end)

    def end():
        ended.append(True)
        if len(ended) == 3:
            loop.stop()

    ended = []
    threads = [threading.Thread(target=one_after_the_other, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    loop.run_forever()
    for thread in threads:
        thread.join()
    for name in range(3):
        assert [number for who, number in called if who == name] == list(range(200))


@pytest.mark.skipif(sys.version_info < (3, 14), reason="asyncio promises it from Python 3.14 on")
def test_a_call_that_another_thread_has_taken_back_is_over(loop):
    def call():
        begun.set()
        assert not taken_back.wait(0.05)
        ended.append(True)

    def take_back():
        handle = loop.call_soon_threadsafe(call)
        begun.wait()
        handle.cancel()
        ended.append(len(ended))
        taken_back.set()
        loop.call_soon_threadsafe(loop.stop)

    begun, taken_back, ended = threading.Event(), threading.Event(), []
    thread = threading.Thread(target=take_back)
    thread.start()
    loop.run_forever()
    thread.join()
    assert ended == [True, 1]


def descriptors():
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_no_descriptor_is_left_of_a_closed_loop():
    before = descriptors()
    loop = new_loop("native")
    loop.call_soon_threadsafe(loop.stop)
    loop.run_forever()
    assert descriptors() > before
    loop.close()
    loop.close()
    assert descriptors() == before
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon_threadsafe(print)


def test_an_error_in_a_call_is_reported_and_the_loop_goes_on(loop):
    reported = []
    loop.set_exception_handler(lambda loop, context: reported.append(context["exception"]))
    loop.call_soon(lambda: 1 / 0)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert [type(error) for error in reported] == [ZeroDivisionError]


@pytest.mark.parametrize("debug", [False, True])
def test_an_interrupt_ends_the_run_and_leaves_the_loop_usable(loop, debug):
    loop.set_debug(debug)
    loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        loop.run_forever()
    assert loop.run_until_complete(turn(loop)) is None


def test_a_closed_loop_refuses_work(loop):
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        loop.call_soon(print)
    with pytest.raises(RuntimeError, match="closed"):
        loop.add_reader(0, print)
    with socket.socket() as sock, pytest.raises(RuntimeError, match="closed"):
        loop.carry(sock, asyncio.Protocol())


def test_a_connection_that_nobody_closed_is_told_of():
    loop = new_loop("native")
    there, ours = socket.socketpair()
    protocol = Recorder(loop)
    loop.carry(ours, protocol)
    ours = None
    loop.close()
    del protocol
    with pytest.warns(ResourceWarning) as warned:
        gc.collect()
    assert any("unclosed transport <StreamTransport" in str(each.message) for each in warned)
    there.close()


def test_descriptors_of_others_are_watched_as_by_a_selector(loop):
    reading, writing = os.pipe()
    seen = []

    def read():
        seen.append(os.read(reading, 10))
        loop.remove_reader(reading)
        loop.stop()

    loop.add_reader(reading, seen.append, "never")
    loop.add_reader(reading, read)
    loop.add_writer(writing, lambda: (os.write(writing, b"x"), loop.remove_writer(writing)))
    loop.run_forever()
    assert seen == [b"x"]
    assert not loop.remove_reader(reading)
    for fd in (reading, writing):
        os.close(fd)
