"""The example of the docs does what the docs say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_server_behind_a_proxy_greets_its_client():
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "behind_a_proxy.py"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("welcome, 192.0.2.55\n", "")
