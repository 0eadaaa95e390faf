"""Delayed calls: a schedule above one timer of the loop.

The loop is asked for a single timer, the earliest deadline of `sennit.reactor.schedule`, whatever the number
of calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from typing import Any

from sennit.reactor.base import ReactorBase
from sennit.reactor.schedule import DelayedCall, Schedule

__all__ = ["DelayedCall", "Timers"]

# A loop cannot be asked for any number of seconds; whoever waits longer is looked at once a day.
_LONGEST_WAIT = 86400.0


class Timers(ReactorBase):
    """IReactorTime."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._schedule = Schedule(self)
        self._armed: asyncio.TimerHandle | None = None
        self._offset = 0.0
        self._loop_keeps_time = False
        super().__init__(loop, debug=debug)

    def seconds(self) -> float:
        """Return the time in seconds since the epoch, with the precision of the system's clock."""
        return self._wall()

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: Any, **kwargs: Any
    ) -> DelayedCall:
        """Call `callable` once, `delay` seconds from now.

        Calls due at one time are made in the order in which they were asked for.  What a call raises is
        logged.  It runs in a copy of the context (`contextvars`) of whoever asked.

        Args:
            delay: Seconds from now; 0 means the next pass of the loop.
            callable: What to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Returns:
            The pending call, which can be cancelled or moved (IDelayedCall).
        """
        assert delay >= 0, f"{delay} is not greater than or equal to 0 seconds"
        return self._schedule.add(delay, callable, args, kwargs)

    def getDelayedCalls(self) -> list[DelayedCall]:
        """Return the calls still to be made, in no particular order."""
        return self._schedule.pending()

    @property
    def pass_is_due(self) -> bool:
        """Whether calls without a delay wait for the loop's next pass."""
        return bool(self._schedule.queue)

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        before = self._now()
        super()._attach(loop)
        schedule = self._schedule
        schedule.now = self._now
        schedule.nested = self._nested
        shift = self._now() - before
        if abs(shift) >= 1e-3:
            schedule.shift(shift)
        self._loop_keeps_time = self._now == loop.time
        if schedule.queue:
            self._ask_pass()
        self._arm()

    def _detach(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        self._schedule.armed_for = inf
        self._schedule.pass_asked = False
        super()._detach()

    def _wall_offset(self) -> float:
        """Return what to add to a deadline to have it on the wall clock.

        The two clocks cannot be read at one instant; the last answer stands until they part by more
        than a reading takes, so that `getTime` of an unmoved call does not tremble.
        """
        known = self._offset
        offset = self._wall() - self._now()
        while abs(offset - self._offset) > 1e-3:
            # Whoever was put to sleep between the two readings finds another answer the next time.
            self._offset = offset
            offset = self._wall() - self._now()
        if abs(offset - known) <= 1e-3:
            self._offset = known
        return self._offset

    def _ask_pass(self) -> None:
        """Have the loop's next pass make the calls that are due; without a loop, its first."""
        if self._loop is not None:
            self._schedule.pass_asked = True
            self._loop.call_soon(self._on_pass)

    def _arm(self) -> None:
        """Have the loop wake us for the earliest deadline, and for no other."""
        schedule = self._schedule
        deadline = schedule.heap.first
        loop = self._loop
        if deadline >= schedule.armed_for or deadline == inf or loop is None:
            return
        if self._armed is not None:
            self._armed.cancel()
        schedule.armed_for = deadline
        wait = deadline - self._now()
        if wait > _LONGEST_WAIT:
            self._armed = loop.call_later(_LONGEST_WAIT, self._on_timer)
        elif self._loop_keeps_time:
            self._armed = loop.call_at(deadline, self._on_timer)
        else:
            # uvloop rounds to the nearest millisecond: half of one more and it never wakes us too early.
            self._armed = loop.call_later(max(wait, 0.0) + 0.0005, self._on_timer)

    def _on_pass(self) -> None:
        self._schedule.pass_asked = False
        self._run_due()

    def _on_timer(self) -> None:
        self._armed = None
        self._schedule.armed_for = inf
        self._run_due()

    def _run_due(self) -> None:
        """Make the calls whose time has come."""
        if self._loop is None:
            return
        schedule = self._schedule
        if self._held:
            if not schedule.pass_asked:
                self._ask_pass()
            return
        schedule.run()
        loop = self._loop
        if loop is not None:
            if schedule.queue and not schedule.pass_asked:
                self._ask_pass()
            self._arm()
            if self._pass_wanted:
                loop.stop()
