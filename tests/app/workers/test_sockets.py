"""Sockets that a parent holds for its workers."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading

import pytest

from sennit.app.workers.sockets import Asking, SocketStore, connected_pair
from sennit.core.errors import CannotListenError
from sennit.protocol import ServerFactory
from sennit.reactor import Reactor
from sennit.testing import AccumulatingProtocol
from sennit.transport.shared import set_socket_source


@pytest.fixture
def reactor():
    made = Reactor("asyncio")
    yield made
    made.close()


@pytest.fixture
def store(reactor):
    made = SocketStore(reactor)
    yield made
    made.close()


@pytest.fixture
def worker(store):
    """Return a function that makes a worker's side; a thread answers it."""
    threads = []

    def make(generation=1):
        ours, theirs = connected_pair()

        def serve():
            with ours:
                while data := ours.recv(1 << 16):
                    answer, descriptors = store.answer(json.loads(data), generation)
                    socket.send_fds(ours, [json.dumps(answer).encode()], descriptors)

        thread = threading.Thread(target=serve)
        thread.start()
        threads.append((thread, theirs))
        return Asking(theirs)

    yield make
    for thread, theirs in threads:
        theirs.send(b"")
        thread.join()
        theirs.close()


def port_of(listening):
    return listening.getsockname()[1]


def test_workers_that_ask_for_the_same_port_have_the_same_socket(worker):
    with worker().tcp("127.0.0.1", 0, 5) as one, worker().tcp("127.0.0.1", 0, 5) as other:
        assert port_of(one) == port_of(other)
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        assert not one.getblocking()


def test_two_ports_of_one_worker_are_two_sockets(worker):
    asking = worker()
    with asking.tcp("127.0.0.1", 0, 5) as one, asking.tcp("127.0.0.1", 0, 5) as other:
        assert port_of(one) != port_of(other)


def test_a_port_that_was_closed_is_had_again(worker):
    asking = worker()
    with asking.tcp("127.0.0.1", 0, 5) as one:
        number = port_of(one)
    with asking.tcp("127.0.0.1", 0, 5) as again:
        assert port_of(again) == number


def test_what_waits_to_be_accepted_outlives_a_worker(worker):
    with worker().tcp("127.0.0.1", 0, 5) as one:
        client = socket.create_connection(one.getsockname(), timeout=10)
    with client, worker().tcp("127.0.0.1", 0, 5) as other:
        accepted, _ = other.accept()
        with accepted:
            accepted.sendall(b"still here")
        assert client.recv(100) == b"still here"


def test_a_port_that_is_taken_says_so(worker):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use") as caught:
        worker().tcp("127.0.0.1", port_of(taken), 5)
    assert caught.value.errno == errno.EADDRINUSE


def test_a_path_is_shared_with_its_permissions_and_removed_at_the_end(worker, store, tmp_path):
    path = tmp_path / "web.sock"
    with worker().unix(os.fsencode(path), 0o600, 5, lock=True) as one:
        assert path.stat().st_mode & 0o777 == 0o600
        with worker().unix(os.fsencode(path), 0o600, 5, lock=True) as other:
            assert one.getsockname() == other.getsockname() == str(path)
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_sockets_that_the_new_ones_do_not_ask_for_are_closed(worker, store, tmp_path):
    path, other = tmp_path / "web.sock", tmp_path / "other.sock"
    old, new = worker(1), worker(2)
    for asking, place in ((old, path), (old, other), (new, path)):
        asking.unix(os.fsencode(place), 0o600, 5, lock=False).close()
    store.forget_before(2)
    assert list(tmp_path.iterdir()) == [path]


def test_ports_take_their_sockets_from_the_source(worker, reactor, tmp_path):
    factory = ServerFactory.forProtocol(AccumulatingProtocol)
    asking = worker()
    with asking.tcp("127.0.0.1", 0, 5) as held:
        number = port_of(held)
        set_socket_source(worker())
        try:
            port = reactor.listenTCP(0, factory, interface="127.0.0.1")
            unix = reactor.listenUNIX(str(tmp_path / "a.sock"), factory, wantPID=True)
            with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListenError):
                reactor.listenTCP(port_of(taken), factory, interface="127.0.0.1")
        finally:
            set_socket_source(None)
        assert port.getHost().port == number
        assert os.fsdecode(unix.getHost().name) == str(tmp_path / "a.sock")
        for one in (port, unix):
            one.connectionLost()
