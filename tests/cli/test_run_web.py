"""``sennit run web`` as a process: what it serves, what it says, how it ends."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from tests.loops import LOOPS

COMMAND = [sys.executable, "-m", "sennit", "run", "web"]
LARGE = 30_000_000


class Server:
    """The command, running."""

    def __init__(self, *options):
        # What a shell sets to have no buffers would hide lines that are written too late.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        self.process = subprocess.Popen(
            [*COMMAND, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def port(self):
        return int(re.search(r"http://localhost:(\d+)/$", self.line()).group(1))

    def end(self, *signals):
        for number in signals:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def serve(tmp_path):
    with contextlib.ExitStack() as ending:

        def start(*options, path=tmp_path, listen="tcp:0"):
            server = Server("--path", str(path), "--listen", listen, *options)
            ending.enter_context(server.process)
            ending.callback(server.process.kill)
            return server

        yield start


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_directory_is_served_and_sigterm_ends_it_well(serve, tmp_path):
    (tmp_path / "index.html").write_bytes(b"welcome")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"text")
    server = serve("--grace", "5")
    line = server.line()
    assert line.startswith(f"Serving {tmp_path} on http://localhost:")
    port = int(line.rsplit(":", 1)[1].strip("/"))
    assert get(port, "/") == (200, b"welcome")
    assert get(port, "/sub/a.txt") == (200, b"text")
    status, listing = get(port, "/sub/")
    assert status == 200
    assert b"a.txt" in listing
    assert get(port, "/nothing")[0] == 404
    assert server.end(signal.SIGTERM) == (
        0,
        "Stopping; what is under way has 5 s. A second signal ends it now.\n",
        "",
    )


@pytest.mark.parametrize("loop", LOOPS)
def test_sigint_ends_it_well_on_every_loop(serve, tmp_path, loop):
    (tmp_path / "a").write_bytes(b"data")
    server = serve("--loop", loop)
    assert get(server.port(), "/a") == (200, b"data")
    status, _, err = server.end(signal.SIGINT)
    assert (status, err) == (0, "")


def test_several_endpoints_are_served_and_named(serve, tmp_path):
    (tmp_path / "a").write_bytes(b"data")
    path = tmp_path / "web.sock"
    server = serve("--listen", f"unix:{path}", "--listen", "tcp:0:interface=127.0.0.1")
    assert get(server.port(), "/a") == (200, b"data")
    assert server.line() == f"Serving {tmp_path} on unix:{path}"
    assert re.fullmatch(rf"Serving {tmp_path} on http://127.0.0.1:\d+/", server.line())
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"GET /a HTTP/1.0\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"\r\n\r\ndata")
    assert server.end(signal.SIGTERM)[0] == 0
    assert not path.exists()


def test_options_change_what_is_served(serve, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"outside")
    root = tmp_path / "root"
    (root / "plain").mkdir(parents=True)
    (root / "start.txt").write_bytes(b"start")
    (root / "link").symlink_to(outside)
    strict = serve("--no-listing", "--index", "first.txt", "--index", "start.txt", path=root)
    port = strict.port()
    assert get(port, "/") == (200, b"start")
    assert get(port, "/plain/")[0] == 403
    assert get(port, "/link")[0] == 404
    following = serve("--follow-symlinks", path=root)
    assert get(following.port(), "/link") == (200, b"outside")


def test_an_access_log_has_a_line_for_each_request(serve, tmp_path):
    (tmp_path / "a").write_bytes(b"data")
    server = serve("--access-log", "-")
    get(server.port(), "/a")
    assert '"GET /a HTTP/1.1" 200 4' in server.line()
    log = tmp_path / "access.log"
    server = serve("--access-log", str(log), "--quiet", listen=f"unix:{tmp_path / 'web.sock'}")
    with socket.socket(socket.AF_UNIX) as client:
        while client.connect_ex(str(tmp_path / "web.sock")):
            assert server.process.poll() is None
        client.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
        client.makefile("rb").read()
    assert server.end(signal.SIGTERM) == (0, "", "")
    assert '"GET /nothing HTTP/1.0" 404' in log.read_text()


def test_events_go_to_the_log_file(serve, tmp_path):
    log = tmp_path / "events.log"
    server = serve("--log-file", str(log))
    server.port()
    assert server.end(signal.SIGTERM)[0] == 0
    assert log.exists()


def test_limits_are_kept(serve, tmp_path):
    (tmp_path / "a").write_bytes(b"data")
    server = serve("--max-connections", "1", "--max-body", "10", "--idle-timeout", "0.2")
    port = server.port()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as first:
        first.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as second:
            assert second.recv(1) == b""
        while first.recv(4096):
            pass
    with socket.create_connection(("127.0.0.1", port), timeout=30) as large:
        large.sendall(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world")
        assert large.recv(100).startswith(b"HTTP/1.1 413")


def begin_download(port, name):
    """Ask for a large file, and read no more than its head."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.sendall(f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(1024)
    return client, len(head.partition(b"\r\n\r\n")[2])


def connect_until_refused(port):
    """Wait until nobody listens: a moment after the line that says so."""
    with contextlib.suppress(ConnectionRefusedError):
        while True:
            socket.create_connection(("127.0.0.1", port)).close()


def read_on(client, read):
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 20):
            read += len(piece)
    return read


@pytest.fixture
def large(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(LARGE)
    return "large"


def test_a_request_under_way_at_sigterm_is_finished_and_no_other_begun(serve, large):
    server = serve()
    port = server.port()
    client, read = begin_download(port, large)
    with client:
        server.process.send_signal(signal.SIGTERM)
        assert server.line().startswith("Stopping;")
        connect_until_refused(port)
        assert read_on(client, read) == LARGE
    status, _, err = server.end()
    assert (status, err) == (0, "")


def test_a_second_signal_cuts_off_what_is_under_way(serve, large):
    server = serve()
    client, read = begin_download(server.port(), large)
    with client:
        server.process.send_signal(signal.SIGTERM)
        assert server.line().startswith("Stopping;")
        status, _, err = server.end(signal.SIGTERM)
        assert (status, err) == (130, "")
        assert read_on(client, read) < LARGE


def test_what_outlasts_the_grace_is_cut_off(serve, large):
    server = serve("--grace", "0.1")
    client, read = begin_download(server.port(), large)
    with client:
        status, _, err = server.end(signal.SIGTERM)
        assert status == 0
        assert "outlasted the 0.1 s of grace" in err
        assert read_on(client, read) < LARGE


def failing(*options):
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_busy_port_is_told_in_a_sentence_with_status_1(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        status, err = failing("--path", str(tmp_path), "--listen", f"tcp:{port}:interface=127.0.0.1")
    assert status == 1
    assert err.count("\n") == 1
    assert f"127.0.0.1:{port}" in err
    assert "in use" in err


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        (["--listen", "bogus:1"], 2, "Unknown endpoint type: 'bogus'"),
        (["--listen", "tcp:http"], 2, "The port must be a number from 0 to 65535, not 'http'."),
        (["--listen", "tcp"], 2, "missing a required argument: 'port'"),
        (["--loop", "hula"], 2, "no loop named 'hula'"),
        (["--log-file", "/nowhere/at/all.log"], 1, "Cannot write the log file /nowhere/at/all.log"),
        (["--access-log", "/nowhere/at/all.log"], 1, "/nowhere/at/all.log"),
        (["--listen", "systemd:domain=INET:index=0"], 1, "No socket was passed to this process"),
    ],
)
def test_other_failures_are_one_sentence_too(tmp_path, options, status, sentence):
    got, err = failing("--path", str(tmp_path), *options)
    assert got == status
    assert err.count("\n") == 1
    assert err.startswith("sennit run web: ")
    assert sentence in err


def test_a_directory_that_may_not_be_used_as_a_socket_is_told_in_a_sentence(tmp_path):
    status, err = failing("--path", str(tmp_path), "--listen", f"unix:{tmp_path}")
    assert status == 1
    assert err.count("\n") == 1
    assert os.fspath(tmp_path) in err
