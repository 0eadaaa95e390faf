from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sennit
from sennit.core import native
from sennit.core.native import MODULES, compiled_folder, core_in_use, digest, folder_for

SRC = Path(sennit.__file__).parents[1]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def environment(**changes):
    return {**os.environ, "PYTHONPATH": str(SRC), **changes}


@pytest.fixture
def project(tmp_path):
    """A project with nothing but the core's sources."""
    core = tmp_path / "src" / "sennit" / "core"
    core.mkdir(parents=True)
    for source in (SRC / "sennit" / "core").glob("*.p*"):
        shutil.copy(source, core)
    return tmp_path


@pytest.fixture
def hatch_build():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["steps.pxd", *(f"{module}.{kind}" for module in MODULES for kind in ("py", "pxd"))]
)
def test_any_edit_of_a_source_makes_another_digest(project, name):
    core = project / "src" / "sennit" / "core"
    before = digest(str(core))
    assert before == digest()
    with (core / name).open("a") as source:
        source.write("\n")
    assert digest(str(core)) != before


def test_only_what_was_made_of_these_sources_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(native, "_PRODUCTS", str(tmp_path))
    monkeypatch.delenv("SENNIT_PURE", raising=False)
    Path(folder_for("0123456789abcdef")).mkdir()
    assert compiled_folder() is None
    Path(folder_for(digest())).mkdir()
    assert compiled_folder() == folder_for(digest())
    monkeypatch.setenv("SENNIT_PURE", "1")
    assert compiled_folder() is None


def test_without_its_sources_the_core_is_not_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(native, "_PRODUCTS", str(tmp_path))
    monkeypatch.setattr(native, "digest", lambda: digest(str(tmp_path)))
    assert compiled_folder() is None


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
def test_the_other_core_passes_the_tests_of_deferreds():
    """What runs these tests now is one core; this runs them on the other."""
    other = "0" if core_in_use() == "pure" else "1"
    if other == "0" and not Path(folder_for(digest())).is_dir():
        pytest.skip("there is no compiled core of these sources")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "--ignore", __file__, HERE],
        env=environment(SENNIT_PURE=other, PYTEST_ADDOPTS=""),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout.splitlines()[-1]
