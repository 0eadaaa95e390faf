"""System events: what programs do at start-up, at shutdown, and at events of their own.

An event has three phases.  The ``before`` triggers run first, and every Deferred or coroutine that they
return is waited for; then ``during``, then ``after``.  A trigger runs once: firing an event consumes its
triggers, and what a trigger adds to a phase that is still to come, or is under way, runs with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from inspect import iscoroutine
from typing import Any

from sennit.core.deferred import Deferred
from sennit.log import Logger
from sennit.reactor.base import ReactorBase

__all__ = ["Events", "Trigger"]

_log = Logger()
_PHASES = ("before", "during", "after")


class Trigger:
    """The handle that `Events.addSystemEventTrigger` gives out, for removal.

    Attributes:
        event: The name of the event.
        phase: ``"before"``, ``"during"`` or ``"after"``.
    """

    __slots__ = ("_args", "_func", "_kwargs", "event", "phase")

    def __init__(
        self,
        event: str,
        phase: str,
        func: Callable[..., object],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.event = event
        self.phase = phase
        self._func = func
        self._args = args
        self._kwargs = kwargs

    def run(self) -> Deferred[Any] | None:
        """Call the trigger; what it raises is logged.

        Returns:
            What there is to wait for, if anything; it has no failures.
        """
        try:
            result = self._func(*self._args, **self._kwargs)
            if iscoroutine(result):
                from sennit.core.coroutine import ensureDeferred

                result = ensureDeferred(result)
        except BaseException:
            _log.failure("Error in a trigger {phase} the event {event!r}", phase=self.phase, event=self.event)
            return None
        if not isinstance(result, Deferred):
            return None
        if self.phase == "before":
            waited: Deferred[Any] = Deferred()
            result.addBoth(self._settle, waited)
            return waited
        return None

    def _settle(self, result: object, waited: Deferred[Any]) -> object:
        """Let the event go on, and the result, a failure too, to whoever else holds the Deferred."""
        waited.callback(None)
        return result


class _Event:
    """One event's triggers, by phase."""

    __slots__ = ("firing", "phases")

    def __init__(self) -> None:
        self.phases: dict[str, deque[Trigger]] = {phase: deque() for phase in _PHASES}
        self.firing: object | None = None

    def run(self, phase: str) -> list[Deferred[Any]]:
        waits = []
        triggers = self.phases[phase]
        while triggers:
            wait = triggers.popleft().run()
            if wait is not None:
                waits.append(wait)
        return waits


class Events(ReactorBase):
    """The event half of IReactorCore."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._events: dict[str, _Event] = {}
        super().__init__(loop, debug=debug)

    def addSystemEventTrigger(
        self, phase: str, eventType: str, callable: Callable[..., object], *args: Any, **kwargs: Any
    ) -> Trigger:
        """Have `callable` called when an event is fired.

        Args:
            phase: ``"before"``, ``"during"`` or ``"after"``; what ``"before"`` triggers return
                (a Deferred, a coroutine) is waited for.
            eventType: ``"startup"``, ``"shutdown"``, ``"persist"``, or an event of the program's own.
            callable: What to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Returns:
            A handle for `removeSystemEventTrigger`.

        Raises:
            KeyError: If there is no such phase.
        """
        assert _is_callable(callable), f"{callable!r} is not callable"
        event = self._event(eventType)
        if phase not in event.phases:
            raise KeyError(f"{phase!r} is no phase of an event: it must be before, during or after")
        trigger = Trigger(eventType, phase, callable, args, kwargs)
        event.phases[phase].append(trigger)
        return trigger

    def removeSystemEventTrigger(self, triggerID: Trigger) -> None:
        """Take back what `addSystemEventTrigger` arranged.

        While its event is being fired, removing a trigger that has run already does nothing.

        Args:
            triggerID: What `addSystemEventTrigger` or `callWhenRunning` returned.

        Raises:
            ValueError: If it has been removed, or has run in an event that is over.
        """
        if not isinstance(triggerID, Trigger):
            raise ValueError(f"{triggerID!r} did not come from addSystemEventTrigger")  # noqa: TRY004 (the contract)
        event = self._events[triggerID.event]
        try:
            event.phases[triggerID.phase].remove(triggerID)
        except ValueError:
            if event.firing is None:
                raise ValueError("This trigger has run, or was removed before.") from None

    def fireSystemEvent(self, eventType: str) -> None:
        """Run the triggers of an event, phase by phase."""
        self._fire(eventType)

    def _fire(
        self,
        eventType: str,
        on_during: Callable[[], object] | None = None,
        on_end: Callable[[], object] | None = None,
    ) -> None:
        """Fire an event; `on_during` runs as its first ``during`` trigger and `on_end` after them all.

        If `on_during` returns a Deferred, the phase goes on when that has fired.
        """
        event = self._event(eventType)
        if event.firing is not None:
            return
        firing = event.firing = object()

        def finish(_: object) -> None:
            if event.firing is firing:
                event.run("during")
                event.run("after")
                event.firing = None
                if on_end is not None:
                    on_end()

        def during(_: object) -> None:
            if event.firing is firing:
                wait = None if on_during is None else on_during()
                if isinstance(wait, Deferred):
                    wait.addBoth(finish)
                else:
                    finish(None)

        waits = event.run("before")
        if waits:
            from sennit.core.combinators import DeferredList

            everything: Deferred[Any] = DeferredList(waits)
            everything.addCallback(during)
        else:
            during(None)

    def _abandon(self, eventType: str) -> None:
        """Wait no more for the ``before`` triggers of an event; the triggers left stay for the next time."""
        event = self._events.get(eventType)
        if event is not None:
            event.firing = None

    def _event(self, name: str) -> _Event:
        event = self._events.get(name)
        if event is None:
            event = self._events[name] = _Event()
        return event


_is_callable = callable
