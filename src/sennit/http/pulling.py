"""Turning a pull producer into one that pushes: asked for its next piece as long as there is room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Puller"]

_PIECES_A_TURN = 8


class Puller:
    """An IPushProducer over an IPullProducer.

    It asks for a few pieces in each turn of the loop, so that other connections get theirs.

    Args:
        producer: The pull producer.
        call_later: The clock's ``callLater``.
    """

    __slots__ = ("_call", "_call_later", "_paused", "_producer")

    def __init__(self, producer: Any, call_later: Callable[..., Any]) -> None:
        self._producer = producer
        self._call_later = call_later
        self._call: Any = None
        self._paused = True

    def resumeProducing(self) -> None:
        """Ask for pieces, from the loop's next turn on."""
        if self._producer is not None and self._paused:
            self._paused = False
            if self._call is None:
                self._call = self._call_later(0, self._turn)

    def pauseProducing(self) -> None:
        """Ask for no more."""
        self._paused = True

    def _turn(self) -> None:
        self._call = None
        for _ in range(_PIECES_A_TURN):
            if self._paused or self._producer is None:
                return
            self._producer.resumeProducing()
        if not self._paused and self._producer is not None:
            self._call = self._call_later(0, self._turn)

    def stop(self) -> None:
        """Let go of the producer: it has said that it is done."""
        self._producer = None
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def stopProducing(self) -> None:
        """Tell the producer that nobody listens any more."""
        producer = self._producer
        self.stop()
        if producer is not None:
            producer.stopProducing()
