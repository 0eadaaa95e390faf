"""Writes that are gathered: a receiver that finds many messages in one read answers with one system call.

The loops send what is written at once, each write by itself.  While writes are gathered, the connection's
``write`` is a `Gathered`; what was gathered goes out in order, by the ``write`` that was there before, when
the receiver is done, when it becomes much, or in the loop's next turn, should the receiver run the loop.

Nobody may keep a ``write`` that leads past what is gathered: its writes would overtake.  So there is no
gathering where anybody holds the function, which its count of references tells.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["MUCH", "Gathered", "is_kept"]

MUCH = 64 * 1024
"""At how many bytes gathered ones are sent."""
# The holder's own, and the argument of the call that counts.
_UNKEPT = 2
_count: Callable[[object], int] | None = getattr(sys, "getrefcount", None)


def is_kept(holder: object) -> bool:
    """Return whether anybody but `holder` has its ``write``; True where that cannot be known."""
    return _count is None or _count(holder.write) != _UNKEPT  # type: ignore[attr-defined]  # whatever holds one


class Gathered:
    """Takes what is written to a connection, and sends it when there is much, or it is told to.

    Whoever keeps it writes through it at once when the gathering has ended.

    Args:
        through: What sends.
        call_soon: How to be called in the loop's next turn.
    """

    __slots__ = ("_call_soon", "_pieces", "_room", "ended", "through")

    def __init__(
        self, through: Callable[[bytes], None], call_soon: Callable[[Callable[[], None]], object]
    ) -> None:
        self.through = through
        self.ended = False
        self._call_soon = call_soon
        self._pieces: list[bytes] = []
        self._room = MUCH

    def __call__(self, data: bytes) -> None:
        """Take bytes."""
        self.take(data)

    def take(self, data: bytes, ending: bytes = b"") -> None:
        """Take bytes, and what ends them: the same, for who knows what this is."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"Data must be bytes, not {type(data).__name__}.")
        if self.ended:
            self.through(data + ending if ending else data)
            return
        pieces = self._pieces
        if not pieces:
            self._call_soon(self.send)
        pieces.append(data)
        if ending:
            pieces.append(ending)
        self._room -= len(data) + len(ending)
        if self._room < 0:
            self.send()

    def send(self) -> None:
        """Send what there is."""
        pieces = self._pieces
        if pieces:
            self._pieces = []
            self._room = MUCH
            self.through(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def forget(self) -> None:
        """Drop what there is."""
        self._pieces = []
