"""Delayed calls: a heap of deadlines above one timer of the loop.

The loop is asked for a single timer, the earliest deadline, whatever the number of calls:

- a call with a delay is pushed on the heap, with its deadline and a number that keeps equal ones in order;
- `cancel` only marks the call: marked entries are dropped when they surface, or all at once when they
  are more than half of the heap, so a million set-and-cancel pairs cost neither memory nor a search;
- `reset` and `delay` to a later time only write the new deadline into the call: its entry finds out when
  it surfaces and goes back in.  Only a move to an earlier time pushes another entry, and the call
  remembers which of its entries is the live one;
- a call with no delay goes to a queue that the next pass of the loop empties; what these calls
  schedule in turn waits one pass more, so that input and output have their turn.

Nothing else knows the calls: `getDelayedCalls` walks the heap when somebody asks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from math import inf
from reprlib import repr as short_repr
from types import MappingProxyType
from typing import Any

from zope.interface import implementer

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall
from sennit.log import Logger
from sennit.reactor.base import ReactorBase

__all__ = ["DelayedCall", "Timers"]

_log = Logger()

# A loop cannot be asked for any number of seconds; whoever waits longer is looked at once a day.
_LONGEST_WAIT = 86400.0
# Below this many dead entries, sweeping the heap is not worth the walk.
_SWEEP_FROM = 64
_QUEUED = -inf
_NO_KEYWORDS: Mapping[str, Any] = MappingProxyType({})


@implementer(IDelayedCall)
class DelayedCall:
    """A call that will be made when its time comes, unless it is cancelled before.

    Attributes:
        func: What will be called; None once cancelled.
        args: Its positional arguments.
        kw: Its keyword arguments.
        called: True from the moment the call is made.
        cancelled: True once cancelled.
    """

    __slots__ = (
        "__weakref__",
        "_context",
        "_deadline",
        "_entry",
        "_place",
        "_timers",
        "args",
        "called",
        "cancelled",
        "func",
        "kw",
    )

    def __init__(
        self,
        timers: Timers,
        deadline: float,
        func: Callable[..., object],
        args: tuple[Any, ...],
        kw: Mapping[str, Any],
    ) -> None:
        self._timers = timers
        self._deadline = deadline
        # The number of the live entry, and the time at which it stands in the heap.
        self._entry = 0
        self._place = _QUEUED
        self._context: Context | None = copy_context()
        self.func: Callable[..., object] | None = func
        self.args = args
        # Nearly all have none, and a dictionary for each weighs as much as the call.
        self.kw: Mapping[str, Any] = kw or _NO_KEYWORDS
        self.called = False
        self.cancelled = False

    def getTime(self) -> float:
        """Return when the call is due, on the clock of the reactor's `seconds`."""
        return self._deadline + self._timers._wall_offset()

    @property
    def time(self) -> float:
        """What `getTime` returns."""
        return self.getTime()

    def active(self) -> bool:
        """Return True while the call is still to be made."""
        return not (self.called or self.cancelled)

    def cancel(self) -> None:
        """Make the call never happen.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        if self.cancelled or self.called:
            self._must_be_active()
        self.cancelled = True
        self.func = self._context = None
        self.args = ()
        self.kw = _NO_KEYWORDS
        timers = self._timers
        timers._dead = dead = timers._dead + 1
        if dead > _SWEEP_FROM and dead * 2 > len(timers._heap):
            timers._sweep()

    def reset(self, secondsFromNow: float) -> None:
        """Put the call to `secondsFromNow` seconds from now, wherever it was.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        if self.called or self.cancelled:
            self._must_be_active()
        timers = self._timers
        deadline = self._deadline = timers._now() + secondsFromNow
        if deadline < self._place:
            timers._move_up(self)

    def delay(self, secondsLater: float) -> None:
        """Put the call `secondsLater` seconds later than it was due.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        self._must_be_active()
        self._deadline += secondsLater
        if self._deadline < self._place:
            self._timers._move_up(self)

    def _must_be_active(self) -> None:
        if self.cancelled:
            raise AlreadyCancelled
        if self.called:
            raise AlreadyCalled

    def __repr__(self) -> str:
        state = "called" if self.called else "cancelled" if self.cancelled else "pending"
        left = self._deadline - self._timers._now()
        text = f"<DelayedCall {id(self):#x} [{left:.6f}s] {state}"
        if self.func is not None:
            name = getattr(self.func, "__qualname__", None) or short_repr(self.func)
            words = [short_repr(arg) for arg in self.args]
            words += [f"{key}={short_repr(value)}" for key, value in self.kw.items()]
            text += f" {name}({', '.join(words)})"
        return text + ">"


class Timers(ReactorBase):
    """IReactorTime."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._heap: list[tuple[float, int, DelayedCall]] = []
        self._queue: deque[DelayedCall] = deque()
        self._number = 0
        self._dead = 0
        self._armed_for = inf
        self._armed: asyncio.TimerHandle | None = None
        self._pass_asked = False
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
        now = self._now()
        deadline = now + delay
        call = DelayedCall(self, deadline, callable, args, kwargs)
        if deadline > now:
            self._number = call._entry = number = self._number + 1
            call._place = deadline
            heappush(self._heap, (deadline, number, call))
            if deadline < self._armed_for and self._loop is not None:
                self._arm()
        else:
            self._queue.append(call)
            if not self._pass_asked and self._loop is not None:
                self._ask_pass()
        return call

    def getDelayedCalls(self) -> list[DelayedCall]:
        """Return the calls still to be made, in no particular order."""
        calls = [call for call in self._queue if not call.cancelled]
        calls += [call for _, number, call in self._heap if number == call._entry and not call.cancelled]
        return calls

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        before = self._now()
        super()._attach(loop)
        self._rebase(self._now() - before)
        self._loop_keeps_time = self._now == loop.time
        if self._queue:
            self._ask_pass()
        self._arm()

    def _detach(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        self._armed_for = inf
        self._pass_asked = False
        super()._detach()

    def _rebase(self, shift: float) -> None:
        """Carry deadlines counted on one clock over to another that reads `shift` seconds more."""
        if abs(shift) < 1e-3:
            return
        for call in self._queue:
            call._deadline += shift
        live = [entry for entry in self._heap if entry[1] == entry[2]._entry and not entry[2].cancelled]
        self._heap = [(when + shift, number, call) for when, number, call in live]
        self._dead = 0
        for when, _, call in self._heap:
            call._place = when
            call._deadline += shift

    def _wall_offset(self) -> float:
        """Return what to add to a deadline to have it on the wall clock.

        The two clocks cannot be read at one instant; the last answer stands until they part by more
        than a reading takes, so that `getTime` of an unmoved call does not tremble.
        """
        offset = self._wall() - self._now()
        if abs(offset - self._offset) > 1e-3:
            self._offset = offset
        return self._offset

    def _push(self, call: DelayedCall) -> None:
        self._number = call._entry = number = self._number + 1
        call._place = deadline = call._deadline
        heappush(self._heap, (deadline, number, call))
        if deadline < self._armed_for and self._loop is not None:
            self._arm()

    def _move_up(self, call: DelayedCall) -> None:
        """Take note that a call is due sooner than it stands in the heap."""
        self._count_dead()
        self._push(call)

    def _count_dead(self) -> None:
        self._dead += 1
        if self._dead > _SWEEP_FROM and self._dead * 2 > len(self._heap):
            self._sweep()

    def _sweep(self) -> None:
        heap = self._heap
        heap[:] = [entry for entry in heap if entry[1] == entry[2]._entry and not entry[2].cancelled]
        heapify(heap)
        self._dead = 0

    def _ask_pass(self) -> None:
        assert self._loop is not None
        self._pass_asked = True
        self._loop.call_soon(self._on_pass)

    def _arm(self) -> None:
        """Have the loop wake us for the entry on top of the heap, and for no other."""
        heap = self._heap
        if not heap:
            return
        deadline = heap[0][0]
        if deadline >= self._armed_for or deadline == inf:
            return
        if self._armed is not None:
            self._armed.cancel()
        loop = self._loop
        assert loop is not None
        self._armed_for = deadline
        wait = deadline - self._now()
        if wait > _LONGEST_WAIT:
            self._armed = loop.call_later(_LONGEST_WAIT, self._on_timer)
        elif self._loop_keeps_time:
            self._armed = loop.call_at(deadline, self._on_timer)
        else:
            # uvloop rounds to the nearest millisecond: half of one more and it never wakes us too early.
            self._armed = loop.call_later(max(wait, 0.0) + 0.0005, self._on_timer)

    def _on_pass(self) -> None:
        self._pass_asked = False
        self._run_due()

    def _on_timer(self) -> None:
        self._armed = None
        self._armed_for = inf
        self._run_due()

    def _run_due(self) -> None:
        """Make the calls whose time has come, in the order of their deadlines."""
        if self._loop is None:
            return
        if self._held:
            if not self._pass_asked:
                self._ask_pass()
            return
        now = self._now()
        heap = self._heap
        queue = self._queue
        for _ in range(len(queue)):
            if not queue:
                # One of them ran the loop within the loop, as a modal dialog does.
                break
            call = queue.popleft()
            deadline = call._deadline
            if heap and heap[0][0] <= deadline <= now:
                self._run_heap(deadline)
            if call.cancelled:
                if self._dead:
                    self._dead -= 1
                continue
            if call._deadline > now:
                self._push(call)
                continue
            self._make(call)
        if heap and heap[0][0] <= now:
            self._run_heap(now)
        loop = self._loop
        if loop is not None:
            if queue and not self._pass_asked:
                self._ask_pass()
            if heap and heap[0][0] < self._armed_for:
                self._arm()
            if self._pass_wanted:
                loop.stop()

    def _run_heap(self, until: float) -> None:
        heap = self._heap
        last = self._number
        later: list[tuple[float, int, DelayedCall]] = []
        while heap and heap[0][0] <= until:
            entry = heappop(heap)
            when, number, call = entry
            if call.cancelled or number != call._entry:
                if self._dead:
                    self._dead -= 1
            elif call._deadline > when:
                self._push(call)
            elif number > last:
                # Set by a call of this very pass: the others have waited longer.
                later.append(entry)
            else:
                self._make(call)
        for entry in later:
            heappush(heap, entry)

    def _make(self, call: DelayedCall) -> None:
        call.called = True
        if self._nested:
            # The call may run the loop within the loop: whoever waits behind it must not wait for its end.
            if self._queue and not self._pass_asked:
                self._ask_pass()
            self._arm()
        context = call._context
        func = call.func
        assert context is not None
        assert func is not None
        try:
            context.run(func, *call.args, **call.kw)
        except BaseException:
            _log.failure("Error in the delayed call {call}", call=call)
        call._context = None
