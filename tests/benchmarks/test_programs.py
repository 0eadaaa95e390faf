"""The programs that are measured are found, and what cannot be had is left out with a word."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from benchmarks import processes, programs
from benchmarks.harness import Options
from benchmarks.processes import BenchmarkError
from benchmarks.programs import Revision, contenders, native
from sennit.reactor import new_loop

EVERYBODY = Options(1, 0.1)
NOBODY = Options(1, 0.1, frozenset())


@pytest.fixture(autouse=True)
def nothing_is_made(monkeypatch):
    """Let no environment be made: an interpreter is called after what it was to have."""
    programs.peer_python.cache_clear()
    programs._runner.cache_clear()
    monkeypatch.setattr(programs, "twisted_python", lambda: Path("twisted-python"))
    monkeypatch.setattr(
        programs, "python_with", lambda name, *wanted, check="": Path(f"{name} of {' '.join(wanted)}")
    )
    yield
    programs.peer_python.cache_clear()
    programs._runner.cache_clear()


def test_a_program_for_twisted_is_run_on_sennit_and_on_twisted():
    commands = contenders(EVERYBODY, "echo_program.py", "argument")
    path = str(programs.PEERS / "echo_program.py")
    assert commands == {
        "sennit": [sys.executable, "-m", "sennit.twisted", path, "argument"],
        "twisted": ["twisted-python", path, "argument"],
    }


def test_a_loop_that_is_chosen_is_that_of_sennits_programs_alone():
    options = Options(1, 0.1, loop="asyncio")
    start = [sys.executable, str(programs.PEERS / "on_loop.py"), "asyncio"]
    path = str(programs.PEERS / "echo_program.py")
    commands = contenders(options, "echo_program.py", "x")
    assert commands["sennit"] == [*start, "-m", "sennit.twisted", path, "x"]
    assert commands["twisted"] == ["twisted-python", path, "x"]
    assert native(options, "echo_program.py")["sennit"] == [*start, path]


ON_WHAT = """
import sys
{imported}
print(sys.argv[1], type(reactor.loop).__name__)
"""


@pytest.mark.parametrize(
    ("how", "imported"),
    [
        ((), "from sennit.reactor import Reactor; reactor = Reactor()"),
        (("-m", "sennit.twisted"), "from twisted.internet import reactor"),
    ],
)
def test_programs_run_on_the_loop_that_is_chosen(how, imported, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(ON_WHAT.format(imported=imported))
    start = [sys.executable, str(programs.PEERS / "on_loop.py"), "asyncio", *how]
    with contextlib.closing(new_loop("asyncio")) as loop:
        kind = type(loop).__name__
    assert processes.output([*start, str(program), "argument"]).split() == ["argument", kind]


def test_a_peers_own_arguments_come_first():
    commands = contenders(EVERYBODY, "echo_program.py", "there", uvloop="echo_asyncio.py uvloop")
    path = str(programs.PEERS / "echo_asyncio.py")
    assert commands["uvloop"] == ["peer-uvloop of uvloop", path, "uvloop", "there"]


def test_what_is_not_wanted_is_not_even_made(monkeypatch):
    monkeypatch.setattr(programs, "twisted_python", lambda: 1 / 0)
    monkeypatch.setattr(programs, "python_with", lambda *a, **k: 1 / 0)
    assert list(contenders(NOBODY, "echo_program.py", trio="echo_trio.py")) == ["sennit"]
    assert list(native(NOBODY, "echo_program.py", trio="echo_trio.py")) == ["sennit"]


def test_a_peer_that_cannot_be_installed_is_left_out_once_and_for_all(monkeypatch, capsys):
    def fail(*arguments, check):
        raise RuntimeError("pip ended with 1:\nno such package")

    monkeypatch.setattr(programs, "python_with", fail)
    for _ in range(2):
        assert "gevent" not in native(EVERYBODY, "x.py", gevent="echo_gevent.py")
    assert capsys.readouterr().out == "  gevent is left out: no such package\n"


def test_a_program_in_c_or_javascript_needs_its_runner(monkeypatch, capsys):
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    monkeypatch.setattr(programs, "compiled", lambda source: None)
    commands = native(EVERYBODY, "x.py", limit="echo_limit.c", node="echo_node.js")
    assert list(commands) == ["sennit"]
    assert "there is no C compiler" in capsys.readouterr().out


def test_a_program_in_c_or_javascript_is_run_by_what_is_there(monkeypatch):
    monkeypatch.setattr(programs.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(programs, "compiled", lambda source: f"/built/{source.stem}")
    commands = native(EVERYBODY, "x.py", "there", limit="echo_limit.c", node="echo_node.js")
    assert commands["limit"] == ["/built/echo_limit", "there"]
    assert commands["node"] == ["/bin/node", str(programs.PEERS / "echo_node.js"), "there"]


def test_every_program_that_a_room_names_is_there():
    named = set()
    for room in (processes.HERE / "rooms").glob("*.py"):
        words = room.read_text(encoding="utf-8").replace('"', " ").replace("/", " ").split()
        named |= {word for word in words if word.endswith((".py", ".c", ".js"))}
    there = {path.name for path in processes.HERE.glob("*/*")}
    assert "echo_program.py" in named
    assert named <= there


def test_an_earlier_revision_is_a_peer_that_finds_only_its_own_sennit(monkeypatch):
    against = Revision("0123456789ab")
    monkeypatch.setattr(Revision, "_python", lambda self: Path("earlier-python"))
    options = Options(1, 0.1, frozenset(), against)
    path = str(programs.PEERS / "echo_program.py")
    start = ["env", f"PYTHONPATH={programs.ROOT}", "earlier-python"]
    assert contenders(options, "echo_program.py") == {
        "sennit": [sys.executable, "-m", "sennit.twisted", path],
        "0123456789ab": [*start, "-m", "sennit.twisted", path],
    }
    assert native(options, "echo_program.py", "x")["0123456789ab"] == [*start, path, "x"]
    assert options.wants("0123456789ab")
    assert not options.wants("twisted")


@pytest.mark.skipif(not (programs.ROOT / ".git").exists(), reason="no git repository")
def test_a_revision_is_known_by_its_commit(monkeypatch):
    found = Revision.of("HEAD")
    assert len(found.name) == 12
    assert int(found.name, 16) >= 0
    with pytest.raises(BenchmarkError, match="git knows no revision nonsense"):
        Revision.of("nonsense")


def test_a_revision_is_packed_out_and_installed_where_nothing_else_is(monkeypatch, tmp_path):
    ran = []

    def run(*command):
        ran.append(command)
        packed = Path(command[command.index("--output") + 1])
        (tmp_path / "file").write_text("content")
        with programs.tarfile.open(packed, "w") as archive:
            archive.add(tmp_path / "file", "file")

    monkeypatch.setattr(programs, "run", run)
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    for _ in range(2):
        command = Revision("0123456789ab").command()
    tree = tmp_path / ".cache" / "revision-0123456789ab"
    assert (tree / "file").read_text() == "content"
    assert [path.name for path in tree.iterdir()] == ["file"]
    assert command[2] == f"revision-0123456789ab of {tree}[{programs.EXTRAS}]"
    assert len(ran) == 1


def test_a_revision_that_cannot_be_built_is_told(monkeypatch, tmp_path):
    def fail(*command):
        raise RuntimeError("the last words")

    monkeypatch.setattr(programs, "run", fail)
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    with pytest.raises(BenchmarkError, match="ffffffffffff cannot be built: the last words"):
        Revision("ffffffffffff").command()
