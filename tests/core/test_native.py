from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sennit
from sennit.core import native
from sennit.core.native import ROOMS, compiled_folder, core_in_use, digest, folder_for, modules, sources

SRC = Path(sennit.__file__).parents[1]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Where other rooms' compiled modules are tested.
OTHERS = [
    *ROOT.glob("tests/reactor/test_timers*.py"),
    ROOT / "tests/reactor/test_threaded.py",
    ROOT / "tests/framing/test_buffer.py",
    ROOT / "tests/framing/test_lines.py",
    ROOT / "tests/log/test_logger.py",
    ROOT / "tests/tls/test_layer.py",
    ROOT / "tests/transport/test_gathering.py",
    *ROOT.glob("tests/transport/test_udp*.py"),
    ROOT / "tests/websocket/test_frames.py",
    ROOT / "tests/websocket/test_conformance.py",
]


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(SRC), **changes}


@pytest.fixture
def project(tmp_path):
    """A project with nothing but the sources that are compiled, and what tells of them."""
    package = tmp_path / "src" / "sennit"
    for source in (*sources(), "core/native.py"):
        (package / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SRC / "sennit" / source, package / source)
    return tmp_path


@pytest.fixture
def folder_anew():
    """Where the compiled modules are is asked once in a process: here, anew."""
    compiled_folder.cache_clear()
    yield compiled_folder.cache_clear
    compiled_folder.cache_clear()


@pytest.fixture
def hatch_build():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", [*sources()])
def test_any_edit_of_a_source_makes_another_digest(project, name):
    package = project / "src" / "sennit"
    before = digest(str(package))
    assert before == digest()
    with (package / name).open("a") as source:
        source.write("\n")
    assert digest(str(package)) != before


def test_what_is_compiled_is_a_module_each():
    assert "core/deferred.py" in modules()
    assert not [source for source in modules() if source.endswith(".pxd")]


def test_only_what_was_made_of_these_sources_is_taken(monkeypatch, tmp_path, folder_anew):
    monkeypatch.setattr(native, "_PRODUCTS", str(tmp_path))
    monkeypatch.delenv("SENNIT_PURE", raising=False)
    Path(folder_for("0123456789abcdef")).mkdir()
    assert compiled_folder() is None
    Path(folder_for(digest())).mkdir()
    folder_anew()
    assert compiled_folder() == folder_for(digest())
    monkeypatch.setenv("SENNIT_PURE", "1")
    folder_anew()
    assert compiled_folder() is None


@pytest.mark.usefixtures("folder_anew")
def test_without_its_sources_nothing_is_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(native, "_PRODUCTS", str(tmp_path))
    monkeypatch.setattr(native, "digest", lambda: digest(str(tmp_path)))
    assert compiled_folder() is None


def test_a_room_looks_for_its_modules_among_the_compiled_ones_first():
    for room in ROOMS:
        path = importlib.import_module(f"sennit.{room.replace('/', '.')}").__path__
        assert path[-1] == str(SRC / "sennit" / room)
        assert path[:-1] == ([] if compiled_folder() is None else [str(Path(compiled_folder(), room))])


def test_a_variable_of_the_environment_asks_for_the_pure_core():
    done = subprocess.run(
        [sys.executable, "-c", "from sennit.core.native import core_in_use; print(core_in_use())"],
        env=environment(SENNIT_PURE="1"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "pure\n"


def test_what_is_compiled_logs_under_its_own_name():
    names = [f"sennit.{Path(source).with_suffix('').as_posix().replace('/', '.')}" for source in modules()]
    logs = {name: getattr(importlib.import_module(name), "_log", None) for name in names}
    told = {name: log.namespace for name, log in logs.items() if log is not None}
    assert told
    assert told == {name: name for name in told}


def test_a_build_that_fails_says_so_in_one_line(hatch_build, project, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "Cython.Build", None)
    assert hatch_build.build_or_explain(project) is None
    said = capsys.readouterr().err
    assert said.startswith("sennit: the pure Python core is used (ModuleNotFoundError: ")
    assert said.count("\n") == 1
    assert list((project / "src" / "sennit").glob("_native/*")) == []


def test_what_is_compiled_already_is_not_compiled_again(hatch_build, project, monkeypatch):
    monkeypatch.setitem(sys.modules, "Cython.Build", None)
    facts = hatch_build.native(project)
    folder = Path(facts.folder_for(facts.digest()))
    folder.mkdir(parents=True)
    assert hatch_build.build(project) == folder


@pytest.mark.slow
def test_the_other_core_passes_the_tests_of_what_is_compiled():
    """What runs these tests now is one core; this runs them on the other."""
    other = "0" if core_in_use() == "pure" else "1"
    if other == "0" and not Path(folder_for(digest())).is_dir():
        pytest.skip("there is no compiled core of these sources")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-qx",
            "-p",
            "no:cacheprovider",
            "--ignore",
            __file__,
            HERE,
            *OTHERS,
        ],
        env=environment(SENNIT_PURE=other, PYTEST_ADDOPTS=""),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout.splitlines()[-1]
