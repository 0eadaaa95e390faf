"""A few seconds of random conversations; more with ``python -m benchmarks.soak --seconds 3600``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.loops import LOOPS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("loop", "seed"), [(loop, seed) for seed, loop in enumerate((*LOOPS, "select"), 1)])
def test_random_conversations_keep_every_promise(loop, seed):
    """In a process of its own, where nothing else opens descriptors."""
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
