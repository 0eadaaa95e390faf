"""The last lines of a conversation, which an error carries, so that one sees what went before it."""

from __future__ import annotations

from collections import deque

__all__ = ["Transcript"]


class Transcript:
    """The last lines.

    Args:
        size: How many to keep.
    """

    __slots__ = ("_lines",)

    def __init__(self, size: int) -> None:
        self._lines: deque[bytes] = deque(maxlen=size)

    def append(self, line: bytes) -> None:
        """Add a line."""
        self._lines.append(line)

    def clear(self) -> None:
        """Forget all."""
        self._lines.clear()

    def str(self) -> bytes:
        """Return the lines as one text."""
        return b"\n".join(self._lines)
