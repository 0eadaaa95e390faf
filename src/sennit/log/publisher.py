"""The publisher: hands each event to many observers, none of which can harm another."""

from __future__ import annotations

import sys
from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.log import interest
from sennit.log.interfaces import ILogObserver, LogEvent
from sennit.log.logger import Logger

__all__ = ["LogPublisher"]


@implementer(ILogObserver)
class LogPublisher:
    """An observer that hands each event to every one of its observers.

    An observer that raises is reported to the others, and goes on being an observer.

    Args:
        observers: The first observers; each is a callable that takes an event.
    """

    def __init__(self, *observers: Any) -> None:
        self._observers: tuple[Any, ...] = observers
        self.log = Logger(namespace="sennit.log.publisher", observer=self)
        interest.changed()

    def addObserver(self, observer: Any) -> None:
        """Hand every event to `observer` from now on.

        Raises:
            TypeError: If it cannot be called.
        """
        if not callable(observer):
            raise TypeError(f"An observer must be callable, and this is not: {observer!r}")
        if observer not in self._observers:
            self._observers = (*self._observers, observer)
            interest.changed()

    def removeObserver(self, observer: Any) -> None:
        """Hand no more events to `observer`; it need not have been an observer."""
        if observer in self._observers:
            self._observers = tuple(one for one in self._observers if one != observer)
            interest.changed()

    def lowest_rank(self, namespace: str) -> int:
        """Return the rank of the least important level that any observer wants from `namespace`."""
        return min(
            (interest.lowest_rank(observer, namespace) for observer in self._observers),
            default=interest.NOBODY,
        )

    def __call__(self, event: LogEvent) -> None:
        """Hand `event` to the observers."""
        trace = event.get("log_trace")
        broken: list[tuple[Any, Failure]] | None = None
        for observer in self._observers:
            if trace is not None:
                trace.append((self, observer))
            try:
                observer(event)
            except Exception:
                if broken is None:
                    broken = []
                broken.append((observer, Failure()))
        if broken is not None:
            for observer, failure in broken:
                self._report(observer, failure)

    def _report(self, observer: Any, failure: Failure) -> None:
        """Tell the other observers that one has failed; if there are none, the standard error stream."""
        others = tuple(one for one in self._observers if one is not observer)
        if not others:
            stream = sys.__stderr__
            if stream is not None:
                stream.write(f"The log observer {observer!r} failed: {failure.getErrorMessage()}\n")
            return
        Logger(namespace=self.log.namespace, observer=LogPublisher(*others)).failure(
            "The log observer {observer} failed and missed an event: {log_failure}",
            failure=failure,
            observer=observer,
        )
