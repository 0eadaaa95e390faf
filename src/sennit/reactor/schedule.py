"""The calls that a reactor is to make, and when: a heap of those with a delay, a queue of those without.

- `cancel` only marks the call, and `reset` and `delay` to a later time only write the new deadline into it:
  its entry in the heap finds out when it surfaces, and goes away or back in;
- only a move to an earlier time pushes another entry;
- a call with no delay goes to a queue that the next pass of the loop empties; what these calls
  schedule in turn waits one pass more, so that input and output have their turn.

Nothing here knows the loop: `sennit.reactor.timers` has it call `Schedule.run`, as early as it is asked to.

This module is compiled where it can be (`sennit.core.native`): ``schedule.pxd`` gives the types.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from math import inf
from reprlib import repr as short_repr
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from zope.interface import classImplements

from sennit.core import steps
from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall
from sennit.log import Logger
from sennit.reactor.heap import Heap, Placed

if TYPE_CHECKING:
    from sennit.reactor.timers import Timers

__all__ = ["DelayedCall", "Schedule"]

COMPILED = steps.COMPILED

_log = Logger(__name__)

_QUEUED = -inf
_NO_KEYWORDS: Mapping[str, Any] = MappingProxyType({})


class DelayedCall(Placed):
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
        "_schedule",
        "args",
        "called",
        "cancelled",
        "func",
        "kw",
    )

    _context: Context | None  # None for one in which nothing was set
    _deadline: float
    _schedule: Schedule
    args: tuple[Any, ...]
    called: bool
    cancelled: bool
    func: Callable[..., object] | None
    kw: Mapping[str, Any]

    def getTime(self) -> float:
        """Return when the call is due, on the clock of the reactor's `seconds`."""
        return self._deadline + self._schedule.timers._wall_offset()

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
        if self._number:
            self._schedule.heap.forget(self)

    def reset(self, secondsFromNow: float) -> None:
        """Put the call to `secondsFromNow` seconds from now, wherever it was.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        if self.called or self.cancelled:
            self._must_be_active()
        schedule = self._schedule
        self._deadline = schedule.now() + secondsFromNow
        if self._deadline < self._place:
            schedule.move_up(self)

    def delay(self, secondsLater: float) -> None:
        """Put the call `secondsLater` seconds later than it was due.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        self._must_be_active()
        self._deadline += secondsLater
        if self._deadline < self._place:
            self._schedule.move_up(self)

    def _must_be_active(self) -> None:
        if self.cancelled:
            raise AlreadyCancelled
        if self.called:
            raise AlreadyCalled

    def __repr__(self) -> str:
        state = "called" if self.called else "cancelled" if self.cancelled else "pending"
        left = self._deadline - self._schedule.now()
        text = f"<DelayedCall {id(self):#x} [{left:.6f}s] {state}"
        if self.func is not None:
            name = getattr(self.func, "__qualname__", None) or short_repr(self.func)
            words = [short_repr(arg) for arg in self.args]
            words += [f"{key}={short_repr(value)}" for key, value in self.kw.items()]
            text += f" {name}({', '.join(words)})"
        return text + ">"


classImplements(DelayedCall, IDelayedCall)


class Schedule:
    """The calls of one reactor.

    Args:
        timers: The reactor.

    Attributes:
        armed_for: The time at which `run` will be called in any case; sooner ones are asked for by `timers`.
        heap: The calls with a delay.
        nested: Whether a call may run the loop within the loop.
        now: The clock of the deadlines; the system's, until there is a loop.
        pass_asked: Whether the next pass of the loop will call `run`.
        queue: The calls without delay.
    """

    __slots__ = ("armed_for", "heap", "nested", "now", "pass_asked", "queue", "timers")

    def __init__(self, timers: Timers) -> None:
        self.timers = timers
        self.heap = Heap()
        self.queue: deque[DelayedCall] = deque()
        self.now: Callable[[], float] = monotonic
        self.armed_for = inf
        self.pass_asked = False
        self.nested = False

    def add(
        self, delay: float, func: Callable[..., object], args: tuple[Any, ...], kw: Mapping[str, Any]
    ) -> DelayedCall:
        """Have `func` called `delay` seconds from now."""
        now = self.now()
        call = DelayedCall.__new__(DelayedCall)
        call._schedule = self
        call._number = 0
        call._deadline = deadline = now + delay
        # A context in which nothing was set is as good as a new one, and weighs as much as the rest.
        call._context = copy_context() or None
        call.func = func
        call.args = args
        # Nearly all have none, and a dictionary for each weighs as much as the call.
        call.kw = kw or _NO_KEYWORDS
        call.called = call.cancelled = False
        if deadline > now:
            self.heap.push(call, deadline)
            if deadline < self.armed_for:
                self.timers._arm()
        else:
            call._place = _QUEUED
            self.queue.append(call)
            if not self.pass_asked:
                self.timers._ask_pass()
        return call

    def pending(self) -> list[DelayedCall]:
        """Return the calls still to be made, in no particular order."""
        calls = [call for call in self.queue if not call.cancelled]
        return calls + cast("list[DelayedCall]", self.heap.live())

    def move_up(self, call: DelayedCall) -> None:
        """Take note that a call is due sooner than it stands in the heap."""
        self.heap.forget(call)
        self.push(call)

    def push(self, call: DelayedCall) -> None:
        """Put a call where its deadline belongs."""
        self.heap.push(call, call._deadline)
        if call._deadline < self.armed_for:
            self.timers._arm()

    def shift(self, seconds: float) -> None:
        """Carry all deadlines over to a clock that reads so many seconds more."""
        self.heap.shift(seconds)
        for call in self.pending():
            call._deadline += seconds

    def run(self) -> None:
        """Make the calls whose time has come, in the order of their deadlines."""
        now = self.now()
        heap = self.heap
        queue = self.queue
        for _ in range(len(queue)):
            if not queue:
                # One of them ran the loop within the loop, as a modal dialog does.
                break
            call = queue.popleft()
            deadline = call._deadline
            if heap.first <= deadline <= now:
                self._run_heap(deadline)
            if call.cancelled:
                continue
            if call._deadline > now:
                self.push(call)
            else:
                self._make(call)
        if heap.first <= now:
            self._run_heap(now)

    def _run_heap(self, until: float) -> None:
        heap = self.heap
        last = heap.number
        later: list[tuple[DelayedCall, int]] = []
        while heap.first <= until:
            call = cast("DelayedCall | None", heap.pop())
            if call is None:
                continue
            if call._deadline > call._place:
                self.push(call)
            elif call._number > last:
                # Set by a call of this very pass: the others have waited longer.
                later.append((call, call._number))
            else:
                self._make(call)
        for call, number in later:
            if call._number == number:
                heap.restore(call)

    def _make(self, call: DelayedCall) -> None:
        call.called = True
        if self.nested:
            # The call may run the loop within the loop: whoever waits behind it must not wait for its end.
            if self.queue and not self.pass_asked:
                self.timers._ask_pass()
            self.timers._arm()
        context = call._context
        call._context = None
        try:
            if COMPILED:
                steps.call_in(
                    context, call.func, call.args, None if call.kw is _NO_KEYWORDS else dict(call.kw)
                )
            else:
                (context or Context()).run(call.func, *call.args, **call.kw)  # type: ignore[arg-type]
        except BaseException:
            _log.failure("Error in the delayed call {call}", call=call)
