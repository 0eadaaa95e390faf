"""``sennit mail send`` as a process, against ``sennit run smtp``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest
from tests.free_port import free_port

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
COMMAND = [sys.executable, "-m", "sennit"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mail")
    command = [*COMMAND, "run", "smtp", "--maildir", str(folder), "--domain", "example.org"]
    command += ["--mailbox", "me@example.org", "--listen", "tcp:0:interface=127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        try:
            line = process.stdout.readline()
            yield line.strip().rpartition(":")[2], folder / "me@example.org" / "new"
        finally:
            process.kill()
            with contextlib.suppress(OSError):
                process.stdout.close()


def send(*options, stdin=b""):
    return subprocess.run(
        [*COMMAND, "mail", "send", *options],
        input=stdin,
        capture_output=True,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )


def test_a_message_is_sent_and_told_of(server, tmp_path):
    port, new = server
    message = tmp_path / "message.eml"
    message.write_bytes(b"Subject: from the command line\n\n.dot\n")
    done = send(
        "--from", "a@example.com", "--to", "me@example.org", "--server", f"127.0.0.1:{port}", str(message)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"me@example.org: 250 Delivery in progress\n"
    assert done.stderr == b""
    kept = [path.read_bytes() for path in new.iterdir()]
    assert any(text.endswith(b"Subject: from the command line\n\n.dot\n") for text in kept)


def test_a_message_from_standard_input_goes_to_those_who_are_there(server):
    port, new = server
    names = ["--to", "nobody@example.org", "--to", "me@example.org"]
    done = send(
        "-f", "a@example.com", *names, "-s", f"127.0.0.1:{port}", "-q", "-", stdin=b"Subject: in\n\nx\n"
    )
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr == b"nobody@example.org: 550 There is no such mailbox\n"
    assert any(path.read_bytes().endswith(b"Subject: in\n\nx\n") for path in new.iterdir())


def test_when_it_is_taken_for_nobody_each_is_told(server):
    port, _ = server
    done = send("-f", "<>", "-t", "nobody@example.org", "-s", f"127.0.0.1:{port}", "-", stdin=b"x")
    assert done.returncode == 1
    assert done.stderr == b"nobody@example.org: 550 There is no such mailbox\n"


def test_a_server_that_is_not_there_may_be_there_later(free_port):
    done = send("-f", "a@example.com", "-t", "b@example.org", "-s", f"127.0.0.1:{free_port}", "-", stdin=b"x")
    assert done.returncode == 75
    assert b"can't be reached" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.fixture(name="free_port")
def a_free_port():
    return free_port()


def test_tls_that_is_asked_for_and_not_there_ends_all(server):
    port, _ = server
    where = ["-s", f"127.0.0.1:{port}", "--tls", "required"]
    done = send("-f", "a@example.com", "-t", "me@example.org", *where, "-", stdin=b"x")
    assert done.returncode == 1
    assert b"offers no TLS" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-f", "a@example.com", "-t", "not an address", "-s", "127.0.0.1:1"], b"local@domain"),
        (["-f", "a@example.com", "-t", "b@example.org", "-s", "127.0.0.1:x"], b"HOST or HOST:PORT"),
        (["-t", "b@example.org", "-s", "127.0.0.1:1"], b"--from"),
    ],
)
def test_what_makes_no_sense_is_told(options, said):
    done = send(*options, "-", stdin=b"x")
    assert done.returncode == 2
    assert said in done.stderr
