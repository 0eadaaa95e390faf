from __future__ import annotations

import os
import pathlib
import subprocess
import sys

EXAMPLES = pathlib.Path(__file__).parent.parent.parent / "examples"


def test_two_reactors_talk_to_each_other():
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "two_reactors.py"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "0 is none\n1 is one\n2 is two\n3 is many\n"
    assert done.stderr == ""
