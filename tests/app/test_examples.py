"""The examples of services run."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.free_port import free_port

from sennit.reactor import run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_the_echo_service_answers_and_stops(capsys, tmp_path):
    main = runpy.run_path(str(EXAMPLES / "echo_service.py"))["main"]
    run(main, tmp_path / "echo.sock")
    assert capsys.readouterr().out == "b'one' -> b'one'\nb'two' -> b'two'\n"
    assert list(tmp_path.iterdir()) == []


def test_the_example_of_workers_serves_from_two_processes_and_stops():
    port = free_port()
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "workers.py"), str(port)],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            for line in ("2 workers ready", "2 workers replaced"):
                assert parent.stdout.readline().startswith(line)
                with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                    client.sendall(b"hello")
                    assert client.recv(100) == b"hello"
                parent.send_signal(signal.SIGHUP)
            parent.send_signal(signal.SIGTERM)
            parent.communicate(timeout=30)
        finally:
            parent.kill()
    assert parent.returncode == 0


def test_the_example_of_supervision_starts_again_and_gives_up(capsys):
    run(runpy.run_path(str(EXAMPLES / "supervised.py"))["main"])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != "tick"] == [
        *("0", "1", "2") * 3,
        "count ended, and that is more than 2 restarts in 10 s.",
    ]


def test_the_example_of_metrics_serves_them_on_a_port_of_their_own(tmp_path):
    ports = []
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports += [one.getsockname()[1], other.getsockname()[1]]
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "metrics.py"), *map(str, ports)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            with socket.socket() as client:
                while client.connect_ex(("127.0.0.1", ports[1])):
                    assert server.poll() is None
                client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answer = client.makefile("rb").read().decode()
        finally:
            server.terminate()
            server.wait(30)
    assert "sennit_loop_lag_seconds_count" in answer
    assert f'address="127.0.0.1:{ports[1]}",kind="TCP"}} 1' in answer
