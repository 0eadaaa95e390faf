"""What a forked process does with the loop that it got is nothing to its parent's."""

from __future__ import annotations

import os
import signal
import socket
import threading

import pytest
from tests.reactor.loops.native_kit import Recorder, needs_native, pair, until

pytestmark = [
    needs_native,
    # From Python 3.12 on, a process with threads is told that its child may hang.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_a_child(call):
    """Make a call in a forked process, and return whether it went well."""
    child = os.fork()
    if not child:
        status = 1
        try:
            call()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def turn_in_the_child(loop, one, other):
    # It works, and with what the child has of its own: the parent reads nothing of this.
    seen = []
    reading, writing = os.pipe()
    loop.add_reader(reading, lambda: (seen.append(os.read(reading, 1)), loop.stop()))
    threading.Timer(0, loop.call_soon_threadsafe, (os.write, writing, b"x")).start()
    loop.run_forever()
    assert seen == [b"x"]
    loop.close()


CALLS = {
    "closes the loop": lambda loop, one, other: loop.close(),
    "ends the connections": lambda loop, one, other: (
        one.transport.pause_reading(),
        one.transport.abort(),
        other.transport.abort(),
        loop.run_until_complete(one.ended),
    ),
    "runs the loop": turn_in_the_child,
}


@pytest.mark.parametrize("does", CALLS)
def test_the_parent_notices_nothing_of_a_child_that(loop, does):
    seen = []
    one, other = Recorder(loop), Recorder(loop)
    loop.run_until_complete(pair(loop, one, other))
    reading, writing = os.pipe()
    loop.add_reader(reading, lambda: seen.append(os.read(reading, 10)))
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "signal")
    assert in_a_child(lambda: CALLS[does](loop, one, other))
    other.transport.write(b"data")
    os.write(writing, b"pipe")
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.run_until_complete(until(loop, lambda: one.data and len(seen) == 2))
    assert sorted(map(str, seen)) == ["b'pipe'", "signal"]
    assert one.data == b"data"
    # A thread still wakes it where it sleeps.
    threading.Timer(0, loop.call_soon_threadsafe, (loop.stop,)).start()
    loop.run_forever()
    for each in (one, other):
        each.transport.abort()
    loop.run_until_complete(one.ended)
    loop.run_until_complete(other.ended)
    loop.remove_reader(reading)
    for descriptor in (reading, writing):
        os.close(descriptor)


def test_a_child_goes_on_with_the_connections_of_a_parent_that_left_them_alone(loop):
    """As a daemon does, whose parent ends."""

    def answer():
        loop.run_until_complete(until(loop, lambda: one.data))
        one.transport.write(one.data.upper())
        assert one.transport.get_write_buffer_size() == 0

    one = Recorder(loop)
    theirs, ours = socket.socketpair()
    loop.run_until_complete(loop.create_connection(lambda: one, sock=ours))
    with theirs:
        theirs.sendall(b"question")
        assert in_a_child(answer)
        assert theirs.recv(100) == b"QUESTION"
    one.transport.abort()
    loop.run_until_complete(one.ended)


def test_what_listens_serves_in_the_child_and_then_in_the_parent(loop):
    def make():
        served.append(Recorder(loop, lambda protocol: protocol.transport.write(protocol.data.upper())))
        return served[-1]

    async def serve():
        await until(loop, lambda: served and served[-1].data)
        served[-1].transport.close()
        await served[-1].ended

    def serve_and_close():
        loop.run_until_complete(serve())
        server.close()
        loop.close()

    served = []
    server = loop.run_until_complete(loop.create_server(make, "127.0.0.1", 0))
    for who in (lambda: in_a_child(serve_and_close), lambda: loop.run_until_complete(serve()) is None):
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            client.sendall(b"question")
            assert who()
            assert client.recv(100) == b"QUESTION"
    assert len(served) == 1
    server.close()
    loop.run_until_complete(server.wait_closed())


def test_descriptors_that_were_closed_without_a_word_do_not_keep_a_child_from_its_own(loop):
    def run():
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()

    reading, writing = os.pipe()
    loop.add_reader(reading, print)
    os.close(reading)
    assert in_a_child(run)
    loop.remove_reader(reading)
    os.close(writing)
