"""``sennit ps``: looking into servers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "sennit"]


@pytest.fixture
def environment(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "XDG_RUNTIME_DIR": str(folder)}


@pytest.fixture
def serve(environment, tmp_path):
    with contextlib.ExitStack() as ending:

        def start(*options):
            process = subprocess.Popen(
                [
                    *[*COMMAND, "run", "web", "--path", str(tmp_path)],
                    *["--listen", "tcp:0:interface=127.0.0.1", *options],
                ],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            ending.enter_context(process)
            ending.callback(process.kill)
            port = re.search(r":(\d+)/$", process.stdout.readline()).group(1)
            return process, port

        yield start


@pytest.fixture
def ps(environment):
    def look(*words):
        return subprocess.run(
            [*COMMAND, "ps", *words], capture_output=True, text=True, env=environment, timeout=60, check=False
        )

    return look


def test_a_server_is_looked_into_by_its_number_and_by_its_socket(serve, ps, tmp_path):
    process, port = serve("--introspect")
    table = ps(str(process.pid)).stdout
    assert f"TCP   127.0.0.1:{port}" in table
    assert "loop lag: " in table
    told = json.loads(ps(str(tmp_path / "run" / "sennit" / f"{process.pid}.sock"), "--json").stdout)
    assert told["process"]["pid"] == process.pid
    assert f'sennit_threads{{pid="{process.pid}"}} 3' in ps("--prometheus").stdout
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    assert list((tmp_path / "run" / "sennit").iterdir()) == []


@pytest.mark.slow
def test_all_workers_of_a_process_are_shown(serve, ps):
    process, port = serve("--introspect", "--workers", "2")
    assert process.stdout.readline().startswith("2 workers ready")
    told = [json.loads(line) for line in ps(str(process.pid), "--json").stdout.splitlines()]
    assert len(told) == 2
    assert {one["ports"][0]["address"] for one in told} == {f"127.0.0.1:{port}"}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["1"], "Process 1 can be looked into: start it with --introspect."),
        ([], "No server of this user can be looked into: start it with --introspect."),
        (["/nowhere.sock"], "/nowhere.sock does not answer: No such file or directory."),
    ],
)
def test_who_does_not_tell_is_an_error_in_a_sentence(ps, words, complaint):
    done = ps(*words)
    assert done.returncode == 1
    assert done.stderr == f"sennit ps: {complaint}\n"


def test_workers_cannot_share_one_control_socket(environment, tmp_path):
    done = subprocess.run(
        [*COMMAND, "run", "web", "--workers", "2", "--introspect", str(tmp_path / "a.sock")],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Workers have a socket each: use --introspect without a path." in done.stderr
