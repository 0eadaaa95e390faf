"""The benchmarks' harness counts right, and its load generators find wrong answers."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import harness, load
from benchmarks.harness import BenchmarkError, Options, Result
from benchmarks.load import idle_connections

ECHO = """
import asyncio, sys
def answer(data): {answer}
class Echo(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.transport.write(answer(data))
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
GENERATORS = ["echoload.py", *(["echoload.c"] if shutil.which("cc") else [])]


def server(answer="return data"):
    return harness.serving([sys.executable, "-c", ECHO.format(answer=answer)])


@pytest.fixture(params=GENERATORS)
def generator(request, monkeypatch):
    """Use one of the two load generators."""
    if request.param.endswith(".py"):
        monkeypatch.setattr(load, "_generator", lambda: [sys.executable, str(load.HERE / request.param)])
    return request.param


def test_a_ratio_above_one_is_in_our_favour():
    rate = Result("rate", "peer", "/s", [200.0, 300.0, 100.0], [100.0, 100.0, 100.0], floor=1.9)
    assert rate.ratios() == [2.0, 3.0, 1.0]
    assert rate.verdict() == "pass"
    cost = Result("cost", "peer", "s", [2.0], [1.0], floor=1.0, less_is_better=True)
    assert cost.ratios() == [0.5]
    assert cost.verdict() == "MISS"
    assert "0.50 x peer" in cost.line()
    assert "floor 1  MISS" in cost.line()


def test_a_figure_without_a_peer_stands_against_a_limit():
    assert Result("start", "", "ms", [49.0], floor=50.0).verdict() == "pass"
    assert Result("start", "", "ms", [51.0], floor=50.0).verdict() == "MISS"
    assert Result("start", "", "ms", [51.0]).verdict() == ""


def test_a_result_that_was_skipped_says_why():
    skipped = Result("x", "", "", [], note="skipped: nothing to measure with")
    assert "nothing to measure with" in skipped.line()
    assert skipped.verdict() == ""


def test_contenders_take_turns():
    order = []
    figures = iter(range(1, 100))

    def turn(name):
        return lambda: (order.append(name), float(next(figures)))[1]

    turns = {name: turn(name) for name in ("sennit", "one", "two", "unwanted")}
    options = Options(2, 1.0, frozenset({"one", "two"}))
    results = list(harness.compare("x", "/s", turns, options, {"one": 1.0}))
    assert order == ["sennit", "one", "two", "two", "one", "sennit"]
    assert [(each.peer, each.ours, each.theirs, each.floor) for each in results] == [
        ("one", [1.0, 6.0], [2.0, 5.0], 1.0),
        ("two", [1.0, 6.0], [3.0, 4.0], None),
    ]


def test_echoes_are_counted(generator):
    with server() as echo:
        assert load.echo_rate(echo.port, connections=3, size=64, seconds=0.1) > 0


@pytest.mark.parametrize("answer", ["return data.upper()", "return data[:-1] + b'?'"])
def test_a_wrong_echo_ends_the_run(generator, answer):
    with server(answer) as echo, pytest.raises(BenchmarkError, match="what came back is not what was sent"):
        load.echo_rate(echo.port, connections=2, size=16, seconds=0.1)


def test_a_silent_server_ends_the_run(generator):
    with server("return b''") as echo, pytest.raises(BenchmarkError, match="nothing came back for a second"):
        load.echo_rate(echo.port, connections=2, size=16, seconds=0.1)


DATAGRAMS = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1], flush=True)
    while True:
        data, sender = sock.recvfrom(8192)
        sock.sendto(data[::-1] if data[:1] == b"a" else b"?" * len(data), sender)
"""


def test_datagrams_that_come_back_are_counted(generator):
    with harness.serving([sys.executable, str(harness.PEERS / "udp_echo_socket.py")]) as echo:
        assert load.echo_rate(echo.port, connections=3, size=16, seconds=0.1, udp=True) > 0


def test_datagrams_are_counted_by_the_servers_cpu(generator):
    with harness.serving([sys.executable, str(harness.PEERS / "udp_echo_socket.py")]) as echo:
        assert load.datagrams_per_cpu_second(echo, clients=3, size=16, seconds=0.3) > 0


def test_a_wrong_datagram_ends_the_run(generator):
    with harness.serving([sys.executable, "-c", DATAGRAMS]) as echo:
        assert load.echo_rate(echo.port, connections=1, size=16, seconds=0.1, udp=True) > 0
        with pytest.raises(BenchmarkError, match="what came back is not what was sent"):
            load.echo_rate(echo.port, connections=2, size=16, seconds=0.1, udp=True)


def test_a_server_that_does_not_start_is_told_with_its_own_words():
    with (
        pytest.raises(BenchmarkError, match="no luck"),
        harness.serving([sys.executable, "-c", "raise SystemExit('no luck')"]),
    ):
        pass


def test_a_servers_memory_is_seen_and_idle_connections_are_held():
    with server() as echo, idle_connections.held(echo.port, 5):
        assert echo.resident() > 1_000_000
    assert idle_connections.limit(5) == 5


def test_a_command_that_fails_is_told_with_its_own_words():
    with pytest.raises(BenchmarkError, match="ended with 3"):
        harness.output([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(BenchmarkError, match="did not end"):
        harness.output([sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.2)


@pytest.fixture
def one_room(monkeypatch):
    """Put one room in the place of all."""
    results = [Result("case", "twisted", "/s", [2.0], [1.0], floor=1.0)]
    room = type("Room", (), {"measure": staticmethod(lambda options: iter(results))})
    monkeypatch.setattr(command.importlib, "import_module", lambda name: room)
    return results


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    return command.main()


def test_the_command_writes_what_it_measured(monkeypatch, one_room, tmp_path, capsys):
    target = tmp_path / "deep" / "results.json"
    assert run(monkeypatch, "deferred", "--json", str(target)) == 0
    written = json.loads(target.read_text())
    assert written["results"][0]["ratio"] == 2.0
    assert "2.00 x twisted" in capsys.readouterr().out


def test_a_missed_floor_is_the_exit_status(monkeypatch, one_room):
    one_room[0].floor = 3.0
    assert run(monkeypatch, "deferred") == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["--rounds", "0"], ["--seconds", "-1"]])
def test_wrong_arguments_are_refused(monkeypatch, arguments, capsys):
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stderr(None):
        run(monkeypatch, *arguments)
    assert ended.value.code == 2


def test_the_peers_for_uvloop_start():
    peer = [harness.python(), str(harness.PEERS / "echo_uvloop.py")]
    with harness.serving(peer) as echo:
        assert load.echo_rate(echo.port, connections=1, size=8, seconds=0.1) > 0


def test_the_load_generator_refuses_wrong_arguments():
    if "echoload.c" not in GENERATORS:
        pytest.skip("there is no C compiler")
    done = subprocess.run([*load._generator(), "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
