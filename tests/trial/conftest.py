"""Files of tests, and runs of them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file of tests into a new directory, which is the current one and where modules are found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    known = set(sys.modules)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    yield write
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def sennit_test(tmp_path):
    """Run `sennit test` in a process of its own, in the test's directory; gives its status and its output."""

    def sennit_test(*arguments, module="sennit.cli", command=("test",), typed=""):
        environment = {**os.environ, "PYTHONPATH": SOURCE, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", module, *command, *arguments],
            cwd=tmp_path,
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return sennit_test
