"""What is open, by reactor: so that a reactor which stops can close everything that stands on it.

Ports and connections put themselves into their reactor's set while they are open.  A set belongs to its
reactor and goes with it.
"""

from __future__ import annotations

from typing import Any, Protocol
from weakref import WeakKeyDictionary

from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["Open", "close_all", "open_things"]

_log = Logger()


class Open(Protocol):
    """A port, a connection, or an attempt to make one."""

    def reactor_stopped(self) -> None:
        """Let go of the descriptor now, and tell whoever is concerned."""


_open: WeakKeyDictionary[Any, set[Open]] = WeakKeyDictionary()


def open_things(reactor: Any) -> set[Open]:
    """Give the set of what is open on `reactor`; whoever opens or closes something keeps it up to date."""
    try:
        return _open[reactor]
    except KeyError:
        things: set[Open] = set()
        _open[reactor] = things
        return things


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
