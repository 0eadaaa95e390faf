"""A log observer that keeps events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, overload

from zope.interface import implementer

from sennit.log import ILogObserver, LogPublisher

__all__ = ["EventLoggingObserver"]


@implementer(ILogObserver)
class EventLoggingObserver(Sequence[dict[str, Any]]):
    """Keeps log events, and is the sequence of them."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | Sequence[dict[str, Any]]:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __call__(self, event: dict[str, Any]) -> None:
        """Keep an event."""
        self._events.append(event)

    @classmethod
    def createWithCleanup(cls, testInstance: Any, publisher: LogPublisher) -> Self:
        """Make an observer that observes until the end of a test.

        Args:
            testInstance: The test case, with `addCleanup`.
            publisher: What to observe.
        """
        observer = cls()
        publisher.addObserver(observer)
        testInstance.addCleanup(lambda: publisher.removeObserver(observer))
        return observer
