"""Where the programs are."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["which"]


def which(name: str, flags: int = os.X_OK) -> list[str]:
    """Find a program in the directories of the environment's ``PATH``.

    Args:
        name: The program's name; endings in ``PATHEXT`` are tried too.
        flags: What the file must allow, as for `os.access`.

    Returns:
        The paths of all files that fit, in the order of ``PATH``.
    """
    path = os.environ.get("PATH")
    if path is None:
        return []
    endings = ["", *filter(None, os.environ.get("PATHEXT", "").split(os.pathsep))]
    found = []
    for directory in path.split(os.pathsep):
        candidate = Path(directory) / name
        found += [str(candidate) + ending for ending in endings if os.access(str(candidate) + ending, flags)]
    return found
