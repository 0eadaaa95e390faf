"""The examples of the docs do what the docs say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_services_are_found_by_multicast():
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "who_is_there.py"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("printer\nscanner\n", "")
