"""The example of the how-to runs, by each of the ways that it names."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = "examples/test_phone_book.py"
# Where Sennit is installed pytest finds the plugin by itself.
INSTALLED = any(found.value == "sennit.trial.pytest_plugin" for found in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "sennit.trial.pytest_plugin")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("-m", "sennit", "test", EXAMPLE), "PASSED (successes=3)"),
        (("-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, EXAMPLE), "3 passed"),
        (("-m", "unittest", EXAMPLE), "OK"),
    ],
    ids=["sennit test", "pytest", "unittest"],
)
def test_the_example_passes(tmp_path, command, said):
    temporary = ("--temp-directory", str(tmp_path / "work")) if "test" in command else ()
    done = subprocess.run(
        [sys.executable, *command, *temporary],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


def test_our_own_tests_of_this_kind_run_in_several_processes(tmp_path):
    """What pyproject.toml names is found, and passes."""
    done = subprocess.run(
        [sys.executable, "-m", "sennit", "test", "-j2", "--temp-directory", str(tmp_path / "work")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED (skips=1, expectedFailures=1, successes=25)" in done.stdout
