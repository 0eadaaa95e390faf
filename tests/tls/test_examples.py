from __future__ import annotations

import os
import pathlib
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"


def test_the_secure_echo_answers():
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "secure_echo.py"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "hello\nTLSv1.3\n"
