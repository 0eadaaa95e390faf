"""What a test left in its reactor: found, named, and cleared away.

A reactor is clean when no call is delayed, no port listens, nothing is connected or connecting, and no
descriptor is watched.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.core.failure_format import safe_repr
from sennit.log import Logger
from sennit.transport.registry import close_all, open_things

__all__ = ["DirtyReactorAggregateError", "clear", "leftovers", "settle"]

_log = Logger()
_PASSES = 8


class DirtyReactorAggregateError(Exception):
    """A test left something in the reactor.

    Args:
        delayedCalls: The texts of the calls that it left.
        selectables: The texts of the ports, connections and descriptors.
        tasks: The texts of asyncio's tasks.
    """

    def __init__(self, delayedCalls: Any, selectables: Any = None, tasks: Any = None) -> None:
        super().__init__(delayedCalls, selectables)
        self.delayedCalls = delayedCalls
        self.selectables = selectables
        self.tasks = tasks

    def __str__(self) -> str:
        text = "Reactor was unclean."
        for title, things in (
            ("DelayedCalls:", self.delayedCalls),
            ("Selectables:", self.selectables),
            ("Tasks:", self.tasks),
        ):
            if things:
                text += "\n" + "\n".join([title, *things])
        return text


def leftovers(reactor: Any, *, tasks: bool = False) -> DirtyReactorAggregateError | None:
    """Name what is left in a reactor.

    Args:
        reactor: The reactor.
        tasks: Whether the reactor is the test's own: tasks of asyncio's that have not ended count then, and
            children to which no pipe is open.

    Returns:
        An error that tells; None if there is nothing.
    """
    calls = sorted(safe_repr(call) for call in reactor.getDelayedCalls())
    things = _selectables(reactor)
    if not tasks:
        # On a reactor that tests share, a child may outlive the test if nothing connects it with us any more.
        things = [each for each in things if getattr(each, "pipes", None) != {}]
    selectables = sorted(map(safe_repr, things))
    waiting = sorted(map(safe_repr, _tasks(reactor))) if tasks else []
    if calls or selectables or waiting:
        return DirtyReactorAggregateError(calls, selectables, waiting)
    return None


def settle(reactor: Any, *, tasks: bool = False) -> None:
    """Let what is on its way out leave: turn the loop a few times, or until the reactor is clean."""
    for _ in range(_PASSES):
        reactor.iterate(0)
        if leftovers(reactor, tasks=tasks) is None:
            return


def clear(reactor: Any) -> None:
    """Cancel the calls that are left in a reactor, and close everything."""
    for call in reactor.getDelayedCalls():
        if call.active():
            call.cancel()
    close_all(reactor)
    for descriptor in reactor.removeAll():
        try:
            descriptor.connectionLost(Failure(ConnectionLost("the test that it belongs to is over")))
        except BaseException:
            _log.failure("Error while {descriptor!r} was told of the end", descriptor=descriptor)
    reactor.iterate(0)


def _selectables(reactor: Any) -> list[Any]:
    return list(dict.fromkeys([*open_things(reactor), *reactor.getReaders(), *reactor.getWriters()]))


def _tasks(reactor: Any) -> list[Any]:
    """Return asyncio's own tasks that wait in the reactor's loop.

    Those that drive a Deferred's coroutine may wait for good: what they wait for need not be in the reactor.
    """
    return [
        task for task in asyncio.all_tasks(reactor.loop) if isinstance(task, asyncio.Task) and not task.done()
    ]
