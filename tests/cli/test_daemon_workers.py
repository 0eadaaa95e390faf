"""``sennit daemon --workers``: an application in several processes."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.other_processes import gone, wait_until
from tests.free_port import free_port

import sennit

pytestmark = pytest.mark.slow

# It runs in another folder, where a relative path to Sennit leads nowhere.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(sennit.__file__).resolve().parents[1])}
COMMAND = [sys.executable, "-m", "sennit", "daemon", "--workers", "2"]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def site(tmp_path):
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "a").write_bytes(b"data")
    (tmp_path / "run").mkdir()
    return tmp_path


def web(port):
    return ["web", "--path", "www", "--port", f"tcp:{port}:interface=127.0.0.1"]


def ask(connection):
    connection.request("GET", "/a")
    return connection.getresponse().read()


def test_a_daemon_with_workers_serves_renews_and_ends(site, port):
    started = subprocess.run(
        [*COMMAND, "--rundir", "run", "--pidfile", "site.pid", *web(port)],
        cwd=site,
        env=ENVIRONMENT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (started.returncode, started.stderr) == (0, b"")
    pid = int((site / "site.pid").read_text())
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        first = children.read_text().split()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert ask(connection) == b"data"
        os.kill(pid, signal.SIGHUP)
        # Asked without a pause, it never meets a connection that was closed under it.
        while any(child in first for child in children.read_text().split()):
            assert ask(connection) == b"data"
        assert len(children.read_text().split()) == 2
        connection.close()
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: gone(pid))
    assert not (site / "site.pid").exists()
    assert "2 workers replaced." in (site / "sennit.log").read_text()


def test_a_port_that_is_taken_is_told_to_who_starts_it(site, port):
    with socket.create_server(("127.0.0.1", port)):
        for options in ([], ["--nodaemon"]):
            done = subprocess.run(
                [*COMMAND, *options, *web(port)],
                cwd=site,
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 1
            assert "ended before it served" in done.stdout + done.stderr
            assert not (site / "sennit.pid").exists()
