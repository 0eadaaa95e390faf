"""A clock that moves only when it is told to, for tests and simulations."""

from __future__ import annotations

from bisect import insort_right
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from operator import attrgetter
from reprlib import repr as short_repr
from typing import Any

from zope.interface import implementer

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall, IReactorTime

__all__ = ["Clock", "ClockCall"]

_when = attrgetter("time")


@implementer(IDelayedCall)
class ClockCall:
    """A call that a `Clock` will make when its time comes.

    Attributes:
        time: When it is due, on the clock's scale.
        func: What will be called.
        args: Its positional arguments.
        kw: Its keyword arguments.
        called: Whether it was made.
        cancelled: Whether it was called off.
    """

    __slots__ = ("__weakref__", "_clock", "_context", "args", "called", "cancelled", "func", "kw", "time")

    def __init__(
        self,
        clock: Clock,
        time: float,
        func: Callable[..., object],
        args: tuple[Any, ...],
        kw: dict[str, Any],
    ) -> None:
        self._clock = clock
        self._context = copy_context()
        self.time = time
        self.func = func
        self.args = args
        self.kw = kw
        self.called = False
        self.cancelled = False

    def getTime(self) -> float:
        """Return when it is due."""
        return self.time

    def active(self) -> bool:
        """Return whether it is still to come."""
        return not (self.called or self.cancelled)

    def cancel(self) -> None:
        """Call it off.

        Raises:
            AlreadyCalled: If it was made.
            AlreadyCancelled: If it was called off before.
        """
        self._must_be_active()
        self.cancelled = True
        self._clock.calls.remove(self)

    def delay(self, secondsLater: float) -> None:
        """Put it off by so many seconds; raises as `cancel` does."""
        self._must_be_active()
        self._move(self.time + secondsLater)

    def reset(self, secondsFromNow: float) -> None:
        """Make it due so many seconds from now; raises as `cancel` does."""
        self._must_be_active()
        self._move(self._clock.seconds() + secondsFromNow)

    def _must_be_active(self) -> None:
        if self.cancelled:
            raise AlreadyCancelled
        if self.called:
            raise AlreadyCalled

    def _move(self, time: float) -> None:
        calls = self._clock.calls
        calls.remove(self)
        self.time = time
        insort_right(calls, self, key=_when)

    def _make(self) -> None:
        self.called = True
        self._context.run(self.func, *self.args, **self.kw)

    def __repr__(self) -> str:
        state = "called" if self.called else "cancelled" if self.cancelled else "pending"
        words = [short_repr(arg) for arg in self.args]
        words += [f"{key}={short_repr(value)}" for key, value in self.kw.items()]
        name = getattr(self.func, "__qualname__", None) or short_repr(self.func)
        return (
            f"<{self.__class__.__name__} {id(self):#x} [at {self.time}s] {state} {name}({', '.join(words)})>"
        )


@implementer(IReactorTime)
class Clock:
    """A clock with timers, whose time passes when `advance` is called and not otherwise.

    Attributes:
        rightNow: The time, in seconds.
        calls: The calls still to come, the next one first.
    """

    rightNow = 0.0

    def __init__(self) -> None:
        self.calls: list[ClockCall] = []

    def seconds(self) -> float:
        """Return the time, in seconds."""
        return self.rightNow

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """Call `callable` once `delay` seconds will have been advanced.

        Args:
            delay: Seconds from now.
            callable: What to call; it runs in a copy of the context of whoever asks.
            args: Its positional arguments.
            kw: Its keyword arguments.
        """
        call = ClockCall(self, self.seconds() + delay, callable, args, kw)
        insort_right(self.calls, call, key=_when)
        return call

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """Return the calls still to come."""
        return self.calls

    def advance(self, amount: float) -> None:
        """Let `amount` seconds pass at once, and make all calls that are due then.

        They are made in the order of their times.  Calls that become due through these are made as well.

        Args:
            amount: Seconds.

        Raises:
            Exception: What a call raises; later calls wait for the next time.
        """
        self.rightNow += amount
        while self.calls and self.calls[0].time <= self.seconds():
            self.calls.pop(0)._make()

    def pump(self, timings: Iterable[float]) -> None:
        """Advance by each of `timings` in turn."""
        for amount in timings:
            self.advance(amount)
