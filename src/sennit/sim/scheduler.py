"""Virtual time, and who has the next turn.

Time stands still while anybody has something to do, and then jumps to the next timer.  Among the hosts that
have something to do the seed chooses; what one host's loop was asked to call it calls in the order in which
it was asked, as every asyncio loop does.  Nothing else decides anything: no thread, no clock, no hash.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Protocol

__all__ = ["Scheduler", "Timer", "Turn"]

# Below this many cancelled timers, sweeping the heap is not worth the walk.
_SWEEP_FROM = 256


class Turn(Protocol):
    """Somebody who has turns: a host's loop."""

    def turn(self) -> None:
        """Do what there is to do now."""


class Timer:
    """A call at a time.

    Attributes:
        when: The time.
        cancelled: Whether it will not be made.
    """

    __slots__ = ("_args", "_function", "_scheduler", "cancelled", "when")

    def __init__(
        self, scheduler: Scheduler, when: float, function: Callable[..., object], args: tuple[Any, ...]
    ) -> None:
        self.when = when
        self.cancelled = False
        self._scheduler = scheduler
        self._function: Callable[..., object] | None = function
        self._args = args

    def cancel(self) -> None:
        """Make the call never happen."""
        if not self.cancelled and self._function is not None:
            self.cancelled = True
            self._function = None
            self._args = ()
            self._scheduler.count_dead()

    def run(self) -> None:
        """Make the call."""
        function, self._function = self._function, None
        if function is not None:
            function(*self._args)


class Scheduler:
    """The time of one simulation, and its chances.

    Args:
        seed: What all chances come from.

    Attributes:
        now: Seconds since the simulation began.
        random: The source of all chances.
        turns: How many turns there have been.
    """

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.turns = 0
        self.random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._timers: list[tuple[float, int, Timer]] = []
        self._number = 0
        self._dead = 0
        self._ready: list[Turn] = []

    def call_at(self, when: float, function: Callable[..., object], *args: Any) -> Timer:
        """Have a call made at a time, after all that is to be done before it; now, if that is past."""
        timer = Timer(self, max(when, self.now), function, args)
        self._number += 1
        heappush(self._timers, (timer.when, self._number, timer))
        return timer

    def call_later(self, delay: float, function: Callable[..., object], *args: Any) -> Timer:
        """Have a call made some seconds from now."""
        return self.call_at(self.now + delay, function, *args)

    def has_turn(self, who: Turn) -> None:
        """Take note that somebody has something to do; said once, until it has had its turn."""
        self._ready.append(who)

    def count_dead(self) -> None:
        """Take note that a timer was cancelled."""
        self._dead += 1
        if self._dead > _SWEEP_FROM and self._dead * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[2].cancelled]
            heapify(self._timers)
            self._dead = 0

    def step(self) -> bool:
        """Let one have its turn, or make time jump to the next timer.

        Returns:
            Whether there was anything to do.
        """
        ready = self._ready
        if ready:
            count = len(ready)
            place = self.random.randrange(count) if count > 1 else 0
            ready[place], ready[-1] = ready[-1], ready[place]
            self.turns += 1
            ready.pop().turn()
            return True
        timers = self._timers
        while timers:
            when, _, timer = heappop(timers)
            if timer.cancelled:
                self._dead -= 1
                continue
            self.now = when
            timer.run()
            return True
        return False

    @property
    def next_time(self) -> float | None:
        """When the next timer is due: now, if somebody has something to do; None if nothing is left."""
        if self._ready:
            return self.now
        while self._timers and self._timers[0][2].cancelled:
            heappop(self._timers)
            self._dead -= 1
        return self._timers[0][0] if self._timers else None
