"""Network namespaces of a test's own, where this machine permits them."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
_numbers = itertools.count()


def ip(*arguments):
    """Run the command `ip`; where it is not permitted, skip the test."""
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"This is not permitted here: ip {' '.join(arguments)}: {done.stderr.strip()}")


@contextlib.contextmanager
def network_namespaces(number):
    """Make so many namespaces, without a way out, and remove them in the end: gives their names."""
    if shutil.which("ip") is None:
        pytest.skip("There is no command ip here.")
    names = [f"sennit-{os.getpid()}-{next(_numbers)}" for _ in range(number)]
    try:
        for name in names:
            ip("netns", "add", name)
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def start_in(network, program, *arguments):
    """Start a Python program in a namespace."""
    command = ["ip", "netns", "exec", network, sys.executable, program, *arguments]
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
