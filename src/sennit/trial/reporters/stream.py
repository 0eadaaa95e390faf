"""Where reporters write: streams that signals do not disturb, and colour where it can be seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

__all__ = ["SafeStream", "paint", "wants_colour"]

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "grey": 90}


class SafeStream:
    """A stream whose `write` and `flush` begin anew when a signal interrupts them.

    Args:
        original: The stream.
    """

    def __init__(self, original: Any) -> None:
        self.original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def write(self, *a: Any, **kw: Any) -> Any:
        """Write, until it succeeds or really fails."""
        return _until_done(self.original.write, *a, **kw)

    def flush(self) -> None:
        """Flush the stream if it can be, until it succeeds or really fails."""
        flush = getattr(self.original, "flush", None)
        if flush is not None:
            _until_done(flush)


def _until_done(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    while True:
        try:
            return call(*args, **kwargs)
        except InterruptedError:
            continue


def wants_colour(stream: Any) -> bool:
    """Return whether what is written to `stream` may have colour: a terminal, and the user wants it."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return isatty is not None and bool(isatty()) and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str) -> str:
    """Return `text` so that a terminal shows it in a colour."""
    return f"\x1b[{_COLOURS[colour]};1m{text}\x1b[0m"
