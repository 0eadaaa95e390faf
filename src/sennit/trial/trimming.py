"""`trimmed`: a failure with only those frames of its traceback that say something of the test."""

from __future__ import annotations

import importlib
import unittest
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from sennit.core.failure import Failure

__all__ = ["interesting", "trimmed"]

_PACKAGE = Path(__file__).parents[1]
_IMPORTING = ("<frozen importlib._bootstrap>", importlib.__file__)
# Frames of what runs tests, before those of the test; and of what asserts and waits, after them.
_COMPILED = "sennit/core/"  # so the frames of compiled code name their file
_RUNNING = (str(_PACKAGE / "trial"), str(_PACKAGE / "core"), _COMPILED, unittest.__path__[0], *_IMPORTING)
_ASSERTING = (
    str(_PACKAGE / "trial" / "assertions.py"),
    str(_PACKAGE / "core" / "chain.py"),
    str(_PACKAGE / "core" / "deferred.py"),
    _COMPILED,
    str(_PACKAGE / "core" / "failure.py"),
    str(Path(unittest.__path__[0]) / "case.py"),
)


def trimmed(failure: Failure) -> Failure:
    """Return the same failure with only those frames that say something of the test."""
    if failure.tb is None:
        if failure.frames:
            shown = interesting(list(failure.frames), lambda frame: frame[1])
            copy = Failure.__new__(type(failure))
            copy.__setstate__({**failure.__getstate__(), "frames": shown})
            return copy
        return failure
    frames: list[TracebackType] = []
    tb: TracebackType | None = failure.tb
    while tb is not None:
        frames.append(tb)
        tb = tb.tb_next
    kept = interesting(frames, lambda tb: tb.tb_frame.f_code.co_filename)
    chain = None
    for each in reversed(kept):
        chain = TracebackType(chain, each.tb_frame, each.tb_lasti, each.tb_lineno)
    copy = Failure(failure.value, failure.type, chain)
    copy.tb = chain
    return copy


def interesting(frames: list[Any], file_of: Callable[[Any], str]) -> list[Any]:
    """Drop the first frames, as long as they run tests, and the last, as long as they assert.

    If that leaves none, the error is in what was dropped, and all are kept; unless that is Python's import,
    which has nothing to say about what it does not find.
    """
    first, last = 0, len(frames)
    while first < last and file_of(frames[first]).startswith(_RUNNING):
        first += 1
    while last > first and file_of(frames[last - 1]).startswith(_ASSERTING):
        last -= 1
    importing = any(file_of(frame) in _IMPORTING for frame in frames)
    return frames[first:last] if importing else frames[first:last] or frames
