"""``sennit run web --workers``: processes that are renewed, replaced and never orphaned."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.cli.other_processes import gone, wait_until

from sennit.tls.development import make_certificate

pytestmark = pytest.mark.slow


class Served:
    """The command with two workers, running."""

    def __init__(self, folder, *options, before=()):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        command = [sys.executable, "-m", "sennit", "run", "web", "--workers", "2", "--path", str(folder)]
        self.process = subprocess.Popen(
            [*before, *command, "--grace", "10", *options],
            close_fds=not before,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.port = int(re.search(r":(\d+)/$", self.line()).group(1))
        assert self.line() == f"2 workers ready; SIGHUP to process {self.process.pid} replaces them."

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def workers(self):
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()]

    def connect(self, context=None):
        if context is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=30)
        return self.process.returncode, rest


@pytest.fixture
def serve(tmp_path):
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "a").write_bytes(b"data")
    with contextlib.ExitStack() as ending:

        def start(*options, **more):
            served = Served(folder, *options, **more)
            ending.enter_context(served.process)
            ending.callback(served.process.kill)
            return served

        yield start


def ask(connection):
    connection.request("GET", "/a")
    response = connection.getresponse()
    return response.status, response.read()


def test_a_socket_that_the_service_manager_passed_is_served_by_all_workers(serve):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # The manager passes the first one as descriptor 3.
        passing = f'exec 3<&{listening.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
        listening.set_inheritable(True)
        served = serve("--listen", "systemd:domain=INET:index=0", before=["bash", "-c", passing, "bash"])
        assert served.port == listening.getsockname()[1]
    served.process.send_signal(signal.SIGHUP)
    assert served.line() == "2 workers replaced."
    connection = served.connect()
    assert ask(connection) == (200, b"data")
    connection.close()
    assert served.end()[0] == 0


class Client(threading.Thread):
    """Asks again and again on a connection that it keeps as long as it is let."""

    def __init__(self, served, context):
        super().__init__()
        self.served = served
        self.context = context
        self.enough = threading.Event()
        self.answers = 0
        self.failures = []

    def run(self):
        connection = self.served.connect(self.context)
        while not self.enough.is_set():
            try:
                answer = ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            self.answers += 1
            if answer != (200, b"data"):
                self.failures.append(answer)
        connection.close()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_no_request_fails_while_workers_are_renewed(serve, tmp_path, secure):
    context, listen = None, "tcp:0:interface=127.0.0.1"
    if secure:
        key, certificate = make_certificate(["127.0.0.1"])
        pem = tmp_path / "server.pem"
        pem.write_bytes(key + certificate)
        context = ssl.create_default_context(cadata=certificate.decode())
        listen = f"ssl:0:privateKey={pem}:interface=127.0.0.1"
    served = serve("--listen", listen)
    clients = [Client(served, context) for _ in range(4)]
    for client in clients:
        client.start()
    first = served.workers()
    for _ in range(2):
        served.process.send_signal(signal.SIGHUP)
        assert served.line() == "2 workers replaced."
    # All that came to the first ones has been answered when they are gone.
    wait_until(lambda: all(map(gone, first)))
    for client in clients:
        client.enough.set()
        client.join()
    assert [client.failures for client in clients] == [[]] * 4
    assert all(client.answers for client in clients)
    assert not set(first) & set(served.workers())
    status, rest = served.end()
    assert (status, rest) == (0, "Stopping; what is under way has 10 s. A second signal ends it now.\n")


def test_a_worker_that_is_killed_is_replaced_and_only_its_connections_fail(serve):
    served = serve("--listen", "tcp:0:interface=127.0.0.1", "--log-file", os.devnull)
    before = set(served.workers())
    connections = [served.connect() for _ in range(16)]
    for connection in connections:
        assert ask(connection) == (200, b"data")
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(set(served.workers()) - {victim}) == 2)
    failed = 0
    for connection in connections:
        connection.auto_open = 0
        try:
            assert ask(connection) == (200, b"data")
        except (OSError, http.client.HTTPException):
            failed += 1
        connection.close()
    assert failed < 16 or not before
    again = served.connect()
    assert ask(again) == (200, b"data")
    again.close()


def test_workers_do_not_outlive_their_parent(serve):
    served = serve("--listen", "tcp:0:interface=127.0.0.1")
    workers = served.workers()
    assert len(workers) == 2
    served.process.kill()
    wait_until(lambda: all(map(gone, workers)))


def test_a_port_that_is_taken_is_reported_once_by_each_worker(serve, tmp_path):
    served = serve("--listen", "tcp:0:interface=127.0.0.1")
    done = subprocess.run(
        [
            *[sys.executable, "-m", "sennit", "run", "web", "--workers", "1", "--path", str(tmp_path)],
            *["--listen", f"tcp:{served.port}:interface=127.0.0.1"],
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert "Worker 1 ended before it served" in done.stderr
