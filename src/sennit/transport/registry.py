"""What is open, by reactor: so that a reactor which stops can close everything that stands on it.

Ports and connections are keys of their reactor's dictionary while they are open: it takes half the memory of
a set, and keeps their order.  It belongs to its reactor and goes with it.  Where somebody will ask how old
they are, the values tell when each came; else they are None.
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


class DatedThings(dict[Open, float | None]):
    """What is open, and since when: readings of `time.monotonic`."""

    def __setitem__(self, thing: Open, since: float | None) -> None:
        super().__setitem__(thing, self.get(thing) or monotonic())


_open: WeakKeyDictionary[Any, dict[Open, float | None]] = WeakKeyDictionary()


def open_things(reactor: Any) -> dict[Open, float | None]:
    """Give what is open on `reactor`, as keys; whoever opens or closes something keeps it up to date."""
    try:
        return _open[reactor]
    except KeyError:
        things: dict[Open, float | None] = {}
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
            things.pop(thing, None)
            try:
                thing.reactor_stopped()
            except BaseException:
                _log.failure("Error while closing {thing!r}", Failure(), thing=thing)
