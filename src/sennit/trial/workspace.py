"""The directory in which tests run: a new one for each run, that nobody else uses at the same time.

The directory of the last run is removed first, but only if a run has made it, which a marker file says.
Where another run uses it, a number is put after its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sennit.core.filesystem_lock import FilesystemLock

__all__ = ["NoTrialMarker", "workspace"]

_MARKER = "_trial_marker"


class NoTrialMarker(Exception):
    """A directory is in the way that no run of tests has made."""


@contextmanager
def workspace(name: str) -> Iterator[Path]:
    """Return a context manager: it makes the directory, and goes there for its block.

    Args:
        name: The directory's path.

    Raises:
        NoTrialMarker: If something else has that path.
    """
    path, lock = _locked(Path(name).absolute())
    before = Path.cwd()
    try:
        _remove(path)
        path.mkdir(parents=True)
        (path / _MARKER).touch()
        os.chdir(path)
        try:
            yield path
        finally:
            os.chdir(before)
    finally:
        lock.unlock()


def _locked(wanted: Path) -> tuple[Path, FilesystemLock]:
    """Return the first free path of a row, and the lock that makes it ours."""
    path, number = wanted, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        lock = FilesystemLock(f"{path}.lock")
        if lock.lock():
            return path, lock
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")


def _remove(path: Path) -> None:
    """Remove the directory of an earlier run."""
    if not path.exists():
        return
    if not (path / _MARKER).exists():
        raise NoTrialMarker(
            f"{path} was not made by a run of tests: it has no file {_MARKER}. "
            "Remove it, or name another directory."
        )
    shutil.rmtree(path)
