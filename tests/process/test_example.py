"""The example of the guide runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_runs():
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "child_processes.py")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout == "hello\napple\nfig\npear\n50 132\nsleep took too long and was ended\n", done.stderr
    assert done.returncode == 0
