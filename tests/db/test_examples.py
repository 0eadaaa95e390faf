"""The examples of the documentation do what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_transactions_in_sqlite_are_committed_or_rolled_back():
    assert run("notes_in_sqlite.py") == (
        "alice has 70 left\n"
        "rolled back: alice has too little\n"
        "cancelled, and rolled back\n"
        "[('alice', 70), ('bob', 130)]\n"
    )


def test_aiosqlite_is_awaited_as_it_is():
    pytest.importorskip("aiosqlite")
    assert run("async_databases.py") == "['by aiosqlite']\n"


@pytest.mark.interop
def test_asyncpg_is_awaited_as_it_is(postgresql):
    pytest.importorskip("aiosqlite")
    pytest.importorskip("asyncpg")
    assert run("async_databases.py", postgresql) == "['by aiosqlite']\n['by asyncpg'] [0, 1, 4, 9, 16]\n"
