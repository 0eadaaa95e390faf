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

__all__ = ["Event", "Events", "Trigger"]

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


class Event:
    """One event: its triggers by phase, and whether it is being fired.

    Args:
        name: What the triggers' handles and reports call it.
    """

    __slots__ = ("_firing", "_name", "_phases")

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._phases: dict[str, deque[Trigger]] = {phase: deque() for phase in _PHASES}
        self._firing: object | None = None

    def addTrigger(self, phase: str, callable: Callable[..., object], *args: Any, **kwargs: Any) -> Trigger:
        """Have `callable` called in a phase of this event; see `Events.addSystemEventTrigger`."""
        triggers = self._phases.get(phase)
        if triggers is None:
            raise KeyError(f"{phase!r} is no phase of an event: it must be before, during or after")
        trigger = Trigger(self._name, phase, callable, args, kwargs)
        triggers.append(trigger)
        return trigger

    def removeTrigger(self, handle: Trigger) -> None:
        """Take a trigger back; see `Events.removeSystemEventTrigger`."""
        try:
            self._phases[handle.phase].remove(handle)
        except ValueError:
            if self._firing is None:
                raise ValueError("This trigger has run, or was removed before.") from None

    def fireEvent(
        self, on_during: Callable[[], object] | None = None, on_end: Callable[[], object] | None = None
    ) -> None:
        """Run the triggers, phase by phase; while the event is being fired this does nothing.

        Args:
            on_during: Runs as the first ``during`` trigger; if it returns a Deferred, the phase goes on when
                that has fired.
            on_end: Runs after all triggers.
        """
        if self._firing is not None:
            return
        firing = self._firing = object()

        def finish(_: object) -> None:
            if self._firing is firing:
                self._run("during")
                self._run("after")
                self._firing = None
                if on_end is not None:
                    on_end()

        def during(_: object) -> None:
            if self._firing is firing:
                wait = None if on_during is None else on_during()
                if isinstance(wait, Deferred):
                    wait.addBoth(finish)
                else:
                    finish(None)

        waits = self._run("before")
        if waits:
            from sennit.core.combinators import DeferredList

            everything: Deferred[Any] = DeferredList(waits)
            everything.addCallback(during)
        else:
            during(None)

    def abandon(self) -> None:
        """Wait no more for the ``before`` triggers; the triggers left stay for the next time."""
        self._firing = None

    def _run(self, phase: str) -> list[Deferred[Any]]:
        waits = []
        triggers = self._phases[phase]
        while triggers:
            wait = triggers.popleft().run()
            if wait is not None:
                waits.append(wait)
        return waits


class Events(ReactorBase):
    """The event half of IReactorCore."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._events: dict[str, Event] = {}
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
        return self._event(eventType).addTrigger(phase, callable, *args, **kwargs)

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
        self._events[triggerID.event].removeTrigger(triggerID)

    def fireSystemEvent(self, eventType: str) -> None:
        """Run the triggers of an event, phase by phase."""
        self._fire(eventType)

    def _fire(
        self,
        eventType: str,
        on_during: Callable[[], object] | None = None,
        on_end: Callable[[], object] | None = None,
    ) -> None:
        """Fire an event; see `Event.fireEvent`."""
        self._event(eventType).fireEvent(on_during, on_end)

    def _abandon(self, eventType: str) -> None:
        """Wait no more for the ``before`` triggers of an event; see `Event.abandon`."""
        event = self._events.get(eventType)
        if event is not None:
            event.abandon()

    def _event(self, name: str) -> Event:
        event = self._events.get(name)
        if event is None:
            event = self._events[name] = Event(name)
        return event


_is_callable = callable
