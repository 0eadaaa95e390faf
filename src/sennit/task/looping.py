"""A function called again and again, at fixed times.

The times are those of a grid: the start, and whole intervals after it.  A call that lasts longer than an
interval makes the loop skip the times it missed; it never drifts and never hurries to catch up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, maybeDeferred
from sennit.core.failure import Failure

__all__ = ["LoopingCall"]

# How near to a time of the grid, in intervals, counts as that time: clocks are floating-point numbers.
_NEAR = 1e-8
# How much of an interval must have passed for a timer that wakes us early to count as having come.
_EARLY = 0.9


def _whole(intervals: float) -> int:
    """Return how many whole intervals there are, rounded towards zero but for what is nearly one more."""
    nearest = round(intervals)
    return nearest if abs(intervals - nearest) < _NEAR else int(intervals)


class LoopingCall:
    """Calls a function at fixed intervals.

    If the function returns a Deferred (or is a coroutine function), the next call waits for it.  If it fails,
    the loop ends and the Deferred of `start` fails with it.

    Args:
        f: What to call.
        a: Its positional arguments.
        kw: Its keyword arguments.

    Attributes:
        running: Whether the loop was started and has not ended.
        interval: Seconds between calls; None before the start.
        starttime: When the grid of times begins, on the clock's scale; None before the start.
        call: The delayed call that will be the next call, if that is what the loop waits for.
        clock: What gives the time; the current reactor, unless another is assigned before the start.
    """

    call: Any = None
    running = False
    interval: float | None = None
    starttime: float | None = None

    def __init__(self, f: Callable[..., object], *a: object, **kw: object) -> None:
        self.f = f
        self.a = a
        self.kw = kw
        self.clock: Any = None
        self._deferred: Deferred[LoopingCall] | None = None
        self._working: Deferred[Any] | None = None
        self._runAtStart = True
        self._tick = 0
        self._countedUntil: float | None = None
        self._counts = False

    @property
    def deferred(self) -> Deferred[LoopingCall] | None:
        """What `start` returned, while the loop runs."""
        return self._deferred

    @classmethod
    def withCount(cls, countCallable: Callable[[int], object]) -> LoopingCall:
        """Return a loop whose function is told how many times of the grid have come since it was last called.

        That is 1 unless calls were missed.  It is 1 always when the interval is 0.

        Args:
            countCallable: What to call, with the number.
        """
        loop = cls(countCallable)
        loop._counts = True
        return loop

    def start(self, interval: float, now: bool = True) -> Deferred[LoopingCall]:
        """Begin.

        Args:
            interval: Seconds between the times of the calls; 0 for as often as the reactor goes round.
            now: Whether to call at once, or an interval from now for the first time.

        Returns:
            A Deferred that fires with this object when the loop is stopped, and fails with what the function
            fails with.  Cancelling it stops the loop.

        Raises:
            ValueError: If the interval is negative.
            AssertionError: If the loop runs already.
        """
        assert not self.running, "This LoopingCall is running already; stop it before you start it again."
        if interval < 0:
            raise ValueError(f"The interval must not be negative, and is {interval}.")
        if self.clock is None:
            self.clock = current_reactor()
        self.running = True
        finished: Deferred[LoopingCall] = Deferred(self._cancelled)
        self._deferred = finished
        self.starttime = self.clock.seconds()
        self.interval = interval
        self._runAtStart = now
        self._tick = 0
        if now:
            self()
        else:
            self._schedule()
        return finished

    def stop(self) -> None:
        """End the loop; a call that is being waited for is let finish first.

        Raises:
            AssertionError: If the loop does not run.
        """
        assert self.running, "This LoopingCall is not running, so it cannot be stopped."
        self.running = False
        if self.call is not None:
            self.call.cancel()
            self.call = None
            self._finish(self)

    def reset(self) -> None:
        """Begin the grid of times anew: the next call comes an interval from now.

        While the function is at work this does nothing.

        Raises:
            AssertionError: If the loop does not run.
        """
        assert self.running, "This LoopingCall is not running, so it cannot be reset."
        if self.call is not None:
            self.call.cancel()
            self.call = None
            self.starttime = self.clock.seconds()
            self._tick = 0
            self._schedule()

    def __call__(self) -> None:
        """Call the function now, and see to the next time."""
        self.call = None
        try:
            if self._counts:
                count = self._count()
                result = self.f(count) if count > 0 else None
            else:
                result = self.f(*self.a, **self.kw)
        except BaseException:
            self._failed(Failure())
            return
        if result is None:
            self._succeeded(None)
            return
        working = maybeDeferred(lambda: result)
        self._working = working
        working.addCallbacks(self._succeeded, self._failed)

    def __repr__(self) -> str:
        name = getattr(self.f, "__qualname__", None) or repr(self.f)
        return f"{self.__class__.__name__}<{self.interval!r}>({name}, *{self.a!r}, **{self.kw!r})"

    def _succeeded(self, _: object) -> None:
        self._working = None
        if self.running:
            self._schedule()
        else:
            self._finish(self)

    def _failed(self, failure: Failure) -> None:
        self._working = None
        self.running = False
        self._finish(failure)

    def _finish(self, result: LoopingCall | Failure) -> None:
        finished, self._deferred = self._deferred, None
        if finished is None:
            return
        if isinstance(result, Failure):
            finished.errback(result)
        else:
            finished.callback(result)

    def _cancelled(self, _: Deferred[Any]) -> None:
        self._deferred = None
        self.running = False
        if self.call is not None:
            self.call.cancel()
            self.call = None
        working = self._working
        if working is not None:
            working.cancel()

    def _count(self) -> int:
        """Return how many times of the grid have come since the function was last called."""
        assert self.starttime is not None
        assert self.interval is not None
        start, interval = self.starttime, self.interval
        if interval == 0:
            return 1
        now = self.clock.seconds()
        until = self._countedUntil
        if until is None:
            until = start - interval if self._runAtStart else start
        tick = self._tick_at(now)
        count = tick - _whole((until - start) / interval)
        if count > 0:
            self._countedUntil = max(now, start + tick * interval)
        return count

    def _tick_at(self, now: float) -> int:
        """Return the number of the latest time of the grid.

        A timer may wake us a little before its time, and then it is that time already.
        """
        assert self.starttime is not None
        assert self.interval is not None
        exact = (now - self.starttime) / self.interval
        tick = int(exact // 1)
        if exact - tick > 1 - _NEAR or (tick == self._tick - 1 and exact - tick > _EARLY):
            tick += 1
        return tick

    def _schedule(self) -> None:
        assert self.starttime is not None
        assert self.interval is not None
        if self.interval == 0:
            self.call = self.clock.callLater(0, self)
            return
        now = self.clock.seconds()
        self._tick = tick = self._tick_at(now) + 1
        delay = self.starttime + tick * self.interval - now
        if abs(delay - self.interval) < self.interval * _NEAR:
            # On the grid: adding the interval itself rounds as the clock's own steps do.
            delay = self.interval
        self.call = self.clock.callLater(delay, self)
