"""Events kept in memory, to be handed on later."""

from __future__ import annotations

from collections import deque
from typing import Any

from zope.interface import implementer

from sennit.log.interfaces import ILogObserver, LogEvent

__all__ = ["LimitedHistoryLogObserver"]


@implementer(ILogObserver)
class LimitedHistoryLogObserver:
    """An observer that keeps the newest events.

    Args:
        size: How many; None for all.
    """

    def __init__(self, size: int | None = 65536) -> None:
        self._events: deque[LogEvent] = deque(maxlen=size)

    def __call__(self, event: LogEvent) -> None:
        """Keep `event`."""
        self._events.append(event)

    def replayTo(self, otherObserver: Any) -> None:
        """Hand the events that were kept to `otherObserver`, the oldest first."""
        for event in tuple(self._events):
            otherObserver(event)
