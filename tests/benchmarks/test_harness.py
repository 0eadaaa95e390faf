"""The benchmarks' harness counts right, and its load generators find wrong answers."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys

import pytest

from benchmarks import __main__ as command
from benchmarks import harness, load, processes, programs
from benchmarks.harness import Options, Result
from benchmarks.load import idle_connections
from benchmarks.processes import BenchmarkError
from benchmarks.rooms import latency, smtp, websocket_echo

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
    return processes.serving([sys.executable, "-c", ECHO.format(answer=answer)])


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


def test_a_floor_inside_the_spread_is_within_the_noise_whatever_the_verdict():
    def rounds(*ratios, floor=2.0):
        return Result("rate", "peer", "/s", ratios, [1.0] * len(ratios), floor)

    assert rounds(1.5, 2.5).within_noise()
    assert not rounds(2.0, 2.5).within_noise()
    assert not rounds(1.5, 1.9).within_noise()
    assert rounds(1.5, 1.9, 2.1).line().endswith("floor 2  MISS, within the noise")
    assert not rounds(1.5, 2.5, floor=None).within_noise()
    assert Result("start", "", "ms", [49.0, 49.5, 51.0], floor=50.0).judgement() == "pass, within the noise"


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
        assert min(load.echo_rates(echo, connections=3, size=64, seconds=0.1)) > 0


@pytest.mark.parametrize("answer", ["return data.upper()", "return data[:-1] + b'?'"])
def test_a_wrong_echo_ends_the_run(generator, answer):
    with server(answer) as echo, pytest.raises(BenchmarkError, match="what came back is not what was sent"):
        load.echo_rates(echo, connections=2, size=16, seconds=0.1)


def test_a_silent_server_ends_the_run(generator, monkeypatch):
    monkeypatch.setenv("ECHOLOAD_PATIENCE", "0.5")
    with server("return b''") as echo, pytest.raises(BenchmarkError, match=r"nothing came back for 0\.5 s"):
        load.echo_rates(echo, connections=2, size=16, seconds=0.1)


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
    with processes.serving([sys.executable, str(programs.PEERS / "udp_echo_socket.py")]) as echo:
        assert min(load.echo_rates(echo, connections=3, size=16, seconds=0.1, mode="udp")) > 0


def test_a_wrong_datagram_ends_the_run(generator):
    with processes.serving([sys.executable, "-c", DATAGRAMS]) as echo:
        assert min(load.echo_rates(echo, connections=1, size=16, seconds=0.1, mode="udp")) > 0
        with pytest.raises(BenchmarkError, match="what came back is not what was sent"):
            load.echo_rates(echo, connections=2, size=16, seconds=0.1, mode="udp")


def test_a_server_that_does_not_start_is_told_with_its_own_words():
    with (
        pytest.raises(BenchmarkError, match="no luck"),
        processes.serving([sys.executable, "-c", "raise SystemExit('no luck')"]),
    ):
        pass


def test_a_servers_memory_is_seen_and_idle_connections_are_held():
    with server() as echo, idle_connections.held(echo.port, 5):
        assert echo.resident() > 1_000_000
    assert idle_connections.limit(5) == 5


def test_a_command_that_fails_is_told_with_its_own_words():
    with pytest.raises(BenchmarkError, match="ended with 3"):
        processes.output([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(BenchmarkError, match="did not end"):
        processes.output([sys.executable, "-c", "import time; time.sleep(30)"], timeout=0.2)


class Results(list):
    """What a room yields; ``seen`` holds the options it had."""


@pytest.fixture
def one_room(monkeypatch, tmp_path):
    """Put one room in the place of all, and keep what it leaves behind apart."""
    results = Results([Result("case", "twisted", "/s", [2.0], [1.0], floor=1.0)])
    seen = []
    room = type(
        "Room", (), {"measure": staticmethod(lambda options: (seen.append(options), iter(results))[1])}
    )
    monkeypatch.setattr(command.importlib, "import_module", lambda name: room)
    monkeypatch.setattr(command.results, "RESULTS", tmp_path)
    monkeypatch.setattr(command.results.keep, "__defaults__", (tmp_path,))
    monkeypatch.setattr(command.results, "version", lambda peer: "")
    monkeypatch.setattr(command.plot, "draw", lambda *arguments: [])
    results.seen = seen
    return results


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    return command.main()


def test_the_command_writes_what_it_measured(monkeypatch, one_room, tmp_path, capsys):
    target = tmp_path / "deep" / "results.json"
    assert run(monkeypatch, "deferred", "--json", str(target)) == 0
    written = json.loads(target.read_text())
    assert written["results"][0]["ratio"] == 2.0
    assert written["results"][0]["room"] == "deferred"
    assert json.loads((tmp_path / "latest.json").read_text()) == written
    assert "2.00 x twisted" in capsys.readouterr().out


def test_the_command_tells_what_has_changed_since_the_last_run(monkeypatch, one_room, capsys):
    run(monkeypatch, "deferred")
    assert "since" not in capsys.readouterr().out
    one_room[0].ours = [4.0]
    run(monkeypatch, "deferred")
    assert "deferred: case: 2.00 x twisted became 4.00 x" in capsys.readouterr().out


def test_a_missed_floor_is_the_exit_status(monkeypatch, one_room):
    one_room[0].floor = 3.0
    assert run(monkeypatch, "deferred") == 1


def test_a_room_by_itself_has_longer_turns_than_all_of_them(monkeypatch, one_room):
    run(monkeypatch, "deferred")
    run(monkeypatch, "deferred", "--rounds", "2", "--seconds", "0.5", "--peers", "twisted,uvloop")
    run(monkeypatch)
    assert (one_room.seen[0].rounds, one_room.seen[0].peers) == (7, None)
    assert one_room.seen[1] == Options(2, 0.5, frozenset({"twisted", "uvloop"}))
    assert one_room.seen[2] == command.ALL
    assert command.ALL.rounds == 7
    assert command.ALL.seconds < one_room.seen[0].seconds
    assert len(one_room.seen) == 2 + len(command.ROOMS)


def test_against_a_revision_no_other_peer_runs_unless_it_is_named(monkeypatch, one_room):
    revision = command.Revision("0123456789ab")
    monkeypatch.setattr(command.Revision, "of", lambda text: revision)
    run(monkeypatch, "deferred", "--against", "HEAD~1")
    run(monkeypatch, "deferred", "--against", "HEAD~1", "--peers", "twisted")
    assert one_room.seen[0] == Options(7, 1.0, frozenset(), revision)
    assert one_room.seen[1] == Options(7, 1.0, frozenset({"twisted"}), revision)


def test_a_loop_can_be_chosen(monkeypatch, one_room, tmp_path):
    run(monkeypatch, "deferred", "--loop", "asyncio")
    assert one_room.seen[0].loop == "asyncio"
    assert json.loads((tmp_path / "latest.json").read_text())["loop"] == "asyncio"


def test_a_room_that_fails_does_not_end_the_others(monkeypatch, one_room, capsys):
    def fail(options):
        raise BenchmarkError("a wrong answer")

    good = command.importlib.import_module("any")
    rooms = iter([type("Room", (), {"measure": staticmethod(fail)}), good])
    monkeypatch.setattr(command.importlib, "import_module", lambda name: next(rooms))
    assert run(monkeypatch, "deferred", "tcp_echo") == 1
    said = capsys.readouterr().out
    assert "FAILED: a wrong answer" in said
    assert "2.00 x twisted" in said


@pytest.mark.parametrize("arguments", [["nonsense"], ["--rounds", "0"], ["--seconds", "-1"], ["--loop", "x"]])
def test_wrong_arguments_are_refused(monkeypatch, arguments, capsys):
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stderr(None):
        run(monkeypatch, *arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("program", ["echo_asyncio.py asyncio", "echo_limit.c"])
def test_peers_echo_over_tcp_and_over_unix_sockets(program, generator, tmp_path):
    commands = programs.native(Options(1, 0.1), "x.py", asyncio=program)
    if "asyncio" not in commands:
        pytest.skip("there is no C compiler")
    with processes.serving(commands["asyncio"]) as echo:
        assert min(load.echo_rates(echo, connections=2, size=65536, seconds=0.1)) > 0
    path = str(tmp_path / "s")
    with processes.serving([*commands["asyncio"], path]) as echo:
        assert min(load.echo_rates(echo, connections=2, size=8, seconds=0.1, path=path)) > 0


def test_lines_are_counted_one_by_one(generator):
    with server() as echo:
        assert load.echo_rates(echo, 1, 64 * 16, 0.1, "lines")[0] > 16


@pytest.mark.parametrize("answer", ["return data.replace(bytes([13]), b'?')", "return data.upper()"])
def test_a_wrong_line_ends_the_run(generator, answer):
    with server(answer) as echo, pytest.raises(BenchmarkError, match="what came back is not what was sent"):
        load.echo_rates(echo, 1, 128, 0.1, "lines")


def test_connections_are_made_and_closed_over_and_over(generator):
    with server() as echo:
        assert min(load.echo_rates(echo, 4, 64, 0.1, "connect")) > 0


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")
def test_latencies_count_from_when_a_message_should_have_started():
    with server() as echo:
        quick = load.latencies(echo, 10, 64, 0.2, 500)
    assert sum(quick.values()) == 100
    assert min(quick) > 0
    # Each answer takes ten milliseconds, and twice as many are asked for as there can be: they queue.
    with server("import time; time.sleep(0.01); return data") as echo:
        slow = load.latencies(echo, 1, 64, 0.2, 200)
    assert sum(slow.values()) == 40
    assert latency.percentile(slow, 0.5) > 50_000


def test_a_percentile_is_what_a_share_of_all_does_not_pass():
    counts = {3.0: 1, 1.0: 98, 2.0: 1}
    assert latency.percentile(counts, 0.5) == 1.0
    assert latency.percentile(counts, 0.99) == 2.0
    assert latency.percentile(counts, 0.999) == 3.0


def test_messages_of_websockets_are_counted_by_the_second_and_by_the_servers_cpu():
    with processes.serving([sys.executable, str(programs.PEERS / "websocket_sennit.py")]) as echo:
        figures = websocket_echo._turn(echo, 64, 0.1)
    assert [unit for _, unit in figures] == ["us", "msg/s"]
    assert min(figures.values()) > 0


@pytest.mark.parametrize("mode", ["pipelined", "one by one"])
def test_mails_are_counted_by_the_servers_cpu(mode):
    with processes.serving([sys.executable, str(programs.PEERS / "smtp_sennit.py")]) as server:
        assert smtp._turn(server, 0.1, mode) > 0


def test_figures_that_are_costs_are_told_by_their_unit():
    turns = {
        "sennit": lambda: {("x", "us"): 2.0, ("x", "/s"): 8.0},
        "peer": lambda: {("x", "us"): 4.0, ("x", "/s"): 2.0},
    }
    cost, rate = harness.compare_figures(turns, Options(1, 1.0), {}, costs={"us"})
    assert (cost.ratio, rate.ratio) == (2.0, 4.0)


def test_tables_of_figures_are_compared_name_by_name(monkeypatch):
    said = {"one": '{"a": 2.0, "b": 3.0}', "two": '{"a": 1.0}', "bad": "nonsense"}
    monkeypatch.setattr(harness, "output", lambda command, cpu: said[command[0]])
    commands = {"sennit": ["one"], "peer": ["two"]}
    found = list(harness.compare_tables("/s", commands, Options(2, 1.0), {"peer": 1.5}))
    assert found == [Result("a", "peer", "/s", [2.0, 2.0], [1.0, 1.0], 1.5)]
    with pytest.raises(BenchmarkError, match="sennit: bad printed 'nonsense'"):
        list(harness.compare_tables("/s", {"sennit": ["bad"], "peer": ["one"]}, Options(2, 1.0), {}))


def test_a_peer_that_fails_is_left_out_and_the_others_are_compared(capsys):
    def fail():
        raise BenchmarkError("a wrong answer")

    turns = {"sennit": lambda: 2.0, "bad": fail, "good": lambda: 1.0}
    found = list(harness.compare("x", "/s", turns, Options(2, 1.0), {}))
    assert found == [Result("x", "good", "/s", [2.0, 2.0], [1.0, 1.0])]
    assert capsys.readouterr().out == "  bad is left out: a wrong answer\n"


def test_without_a_peer_nothing_is_run():
    assert list(harness.compare("x", "/s", {"sennit": lambda: 1 / 0}, Options(2, 1.0), {})) == []


def test_floors_are_twice_twisted_and_no_less_than_any_peer_in_python():
    floors = harness.floors(limit=0.9, uvloop=0.5)
    assert (floors["twisted"], floors["trio"], floors["uvloop"], floors["limit"]) == (2.0, 1.0, 0.5, 0.9)
    assert "node" not in floors


def test_long_turns_have_fewer_rounds():
    assert Options(7, 1.0).few(2).rounds == 2
    assert Options(1, 1.0).few(2).rounds == 1


def test_a_server_that_ends_is_told_with_its_own_words():
    gone = "import sys; print(1, flush=True); sys.exit('gone')"

    def ask():
        with processes.serving([sys.executable, "-c", gone]) as dead:
            dead.process.wait(10)
            raise BenchmarkError("nobody there")

    with pytest.raises(BenchmarkError, match=r"ended: gone \(nobody there\)"):
        ask()


def test_the_load_generator_refuses_wrong_arguments():
    if "echoload.c" not in GENERATORS:
        pytest.skip("there is no C compiler")
    done = subprocess.run([*load._generator(), "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")


def test_a_program_that_does_not_end_by_itself_can_be_interrupted():
    with pytest.raises(BenchmarkError, match="ended with 130"):
        processes.output(["sleep", "60"], seconds=0.1)


def test_programs_keep_what_they_compile_as_those_that_were_installed_do(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    said = processes.output([sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"])
    assert said.strip() == "False"
