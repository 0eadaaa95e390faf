"""Paths for the files of tests: each is new, and says by its name whose it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["new_path", "set_base"]

_LONGEST_NAME = 32
_base: Callable[[], Path] | None = None


def set_base(directory: Callable[[], Path] | None) -> None:
    """Have all paths lie under what a function gives; None for the current directory of the moment."""
    global _base
    _base = directory


def new_path(*names: str) -> str:
    """Return a path that does not exist, in a directory that does.

    Args:
        names: The directories that it lies in, the outermost first; long ones are cut short.
    """
    base = Path(*(name[:_LONGEST_NAME] for name in names))
    if _base is not None:
        base = _base() / base
    base.mkdir(parents=True, exist_ok=True)
    return str(Path(tempfile.mkdtemp(dir=base)) / "temp")
