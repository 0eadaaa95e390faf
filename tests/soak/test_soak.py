"""A few seconds of random conversations; more with ``python -m benchmarks.soak --seconds 3600``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("loop", "seed"), [("uvloop", 1), ("asyncio", 2), ("select", 3)])
def test_random_conversations_keep_every_promise(loop, seed):
    """In a process of its own, where nothing else opens descriptors."""
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    command = [sys.executable, "-W", "error", "-m", "benchmarks.soak"]
    done = subprocess.run(
        [*command, "--seconds", "4", "--seed", str(seed), "--loop", loop],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "connections" in done.stdout
