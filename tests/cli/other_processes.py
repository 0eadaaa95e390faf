"""What tests ask of processes that are not their own children."""

from __future__ import annotations

import threading
from pathlib import Path

__all__ = ["gone", "wait_until"]


def gone(pid):
    """Tell whether a process has ended, though perhaps nobody has fetched its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition):
    """Turn until something holds that other processes bring about; the test's time-out ends it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)
