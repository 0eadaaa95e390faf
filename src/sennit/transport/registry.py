"""What is open, by reactor: so that a reactor which stops can close everything that stands on it.

Ports and connections put themselves into their reactor's set while they are open.  A set belongs to its
reactor and goes with it.  Where somebody will ask how old they are, a set remembers when each came.
"""

from __future__ import annotations

from time import monotonic
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["DatedThings", "Open", "close_all", "date_things", "open_things"]

_log = Logger()


class Open(Protocol):
    """A port, a connection, or an attempt to make one."""

    def reactor_stopped(self) -> None:
        """Let go of the descriptor now, and tell whoever is concerned."""


class DatedThings(set[Open]):
    """A set that remembers since when each thing has been in it.

    Attributes:
        dates: Readings of `time.monotonic`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dates: dict[Open, float] = {}

    def add(self, thing: Open, /) -> None:
        """Take a thing in."""
        super().add(thing)
        self.dates.setdefault(thing, monotonic())

    def discard(self, thing: object, /) -> None:
        """Let go of a thing."""
        super().discard(thing)
        dates: dict[Any, float] = self.dates
        dates.pop(thing, None)


_open: WeakKeyDictionary[Any, set[Open]] = WeakKeyDictionary()


def open_things(reactor: Any) -> set[Open]:
    """Give the set of what is open on `reactor`; whoever opens or closes something keeps it up to date."""
    try:
        return _open[reactor]
    except KeyError:
        things: set[Open] = set()
        _open[reactor] = things
        return things


def date_things(reactor: Any) -> None:
    """Remember from now on when each thing on `reactor` was opened; to be called before the first one is."""
    if not _open.get(reactor):
        _open[reactor] = DatedThings()


def close_all(reactor: Any) -> None:
    """Close all ports and connections of `reactor`, as it stops.

    Protocols learn it as a lost connection at once.  The loop needs one more turn to let go of the
    descriptors.

    Args:
        reactor: The reactor that stops.
    """
    things = open_things(reactor)
    # What is told may open more.
    while things:
        for thing in list(things):
            things.discard(thing)
            try:
                thing.reactor_stopped()
            except BaseException:
                _log.failure("Error while closing {thing!r}", Failure(), thing=thing)
