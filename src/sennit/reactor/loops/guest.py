"""asyncio's selector loop as the guest of a toolkit's main loop: what the loops for Tk and wx share.

The toolkit waits, and the loop never does.  Two things make it do a pass: its selector's own descriptor
(an epoll or kqueue descriptor can itself be watched: it is readable while anything in it is ready), and a
single timer of the toolkit, set for the earliest thing that the loop has to do.  Nothing is polled.

A toolkit runs loops within loops: a modal dialog, a menu, a drag.  Since passes are made by the toolkit's
events, they go on in there.  Where a dialog was opened from a callback of this loop a pass begins
within a pass, which asyncio does not foresee; three things make it sound:

- the pass that was interrupted goes on to take as many handles as it had counted: what the inner one
  took is made up for with handles that do nothing;
- the task that opened the dialog steps aside, so that the steps of others can run;
- a reader or writer whose callback opened the dialog can be called again, in a copy of its context.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
from abc import abstractmethod
from asyncio.tasks import _enter_task, _leave_task
from collections import deque
from collections.abc import Callable
from contextvars import Context
from math import inf
from typing import TYPE_CHECKING, Any, TypeVarTuple, Unpack

from sennit.reactor.loops import LoopNotAvailable

__all__ = ["GuestLoop"]

_Ts = TypeVarTuple("_Ts")
_NO_BATCH = sys.maxsize
# How long a pass that finds more and more to do may keep the toolkit waiting, in seconds.
_SLICE = 0.005


class _Peek(selectors.DefaultSelector):
    """The platform's selector, which looks and does not wait."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0)


if TYPE_CHECKING:

    class _SelectorEventLoop(asyncio.SelectorEventLoop):
        """asyncio's, with what it keeps from type checkers."""

        _ready: deque[asyncio.Handle]
        _scheduled: list[asyncio.TimerHandle]
        _selector: _Peek
        _stopping: bool
        _thread_id: int | None
        _check_closed: Callable[[], None]
        _check_running: Callable[[], None]
        _asyncgen_firstiter_hook: Callable[[Any], None]
        _asyncgen_finalizer_hook: Callable[[Any], None]

        def _run_once(self) -> None: ...
        def _add_callback(self, handle: asyncio.Handle) -> None: ...
else:
    _SelectorEventLoop = asyncio.SelectorEventLoop


class GuestLoop(_SelectorEventLoop):
    """An asyncio loop that a toolkit's main loop turns.

    A subclass brings the five abstract methods, and calls `on_readable` and `on_timer`.

    Raises:
        LoopNotAvailable: If the platform's selector has no descriptor of its own.
    """

    def __init__(self) -> None:
        if not hasattr(selectors.DefaultSelector, "fileno"):
            raise LoopNotAvailable("A toolkit's loop needs epoll or kqueue, and this platform has neither.")
        self._hosted = self._riding = False
        self._depth = 0
        self._batch = _NO_BATCH
        self._wake_at = inf
        self._error: BaseException | None = None
        super().__init__(_Peek())
        self._nothing = asyncio.Handle(_do_nothing, (), self)
        self._nothing.cancel()

    @abstractmethod
    def enter(self, descriptor: int) -> None:
        """Begin to call `on_readable` whenever `descriptor` is readable, in the toolkit's main loop."""

    @abstractmethod
    def leave(self) -> None:
        """Undo `enter`, and `wake_in`."""

    @abstractmethod
    def wake_in(self, seconds: float) -> None:
        """Have the toolkit call `on_timer` once, in so many seconds or a little later; never if infinite."""

    @abstractmethod
    def turn(self) -> None:
        """Run the toolkit's main loop until `quit`, or until the toolkit ends it."""

    @abstractmethod
    def quit(self) -> None:
        """Let `turn` return."""

    def ride(self) -> None:
        """Count as running from now on, in a main loop that the toolkit's user runs; `stop` ends it.

        Raises:
            RuntimeError: If a loop runs in this thread.
        """
        self._check_closed()
        self._check_running()
        self._thread_id = threading.get_ident()
        sys.set_asyncgen_hooks(
            firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
        )
        asyncio._set_running_loop(self)
        self._riding = True
        self._begin()

    def on_readable(self) -> None:
        """Do a pass: something in the selector is ready."""
        self._pass()

    def on_timer(self) -> None:
        """Do a pass: the time that was set has come."""
        self._wake_at = inf
        self._pass()

    def call_soon(
        self, callback: Callable[[Unpack[_Ts]], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call back in the next pass, and see to it that there is one."""
        handle = super().call_soon(callback, *args, context=context)
        self._ask(0.0)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call back at a time of `time`'s clock."""
        handle = super().call_at(when, callback, *args, context=context)
        self._ask(when)
        return handle

    def stop(self) -> None:
        """Stop after the next pass."""
        super().stop()
        self._ask(0.0)

    def close(self) -> None:
        """Close the loop; one that rides gets off first."""
        if self._riding:
            self._get_off()
        super().close()

    def _begin(self) -> None:
        self._wake_at = inf
        self._hosted = True
        self.enter(self._selector.fileno())
        self._ask_for_next()

    def _end(self) -> None:
        self._hosted = False
        self.leave()

    def _get_off(self) -> None:
        self._riding = self._stopping = False
        self._end()
        self._thread_id = None
        asyncio._set_running_loop(None)
        sys.set_asyncgen_hooks(None, None)

    def _run_once(self) -> None:
        """Run the toolkit's main loop: what `run_forever` takes for a turn is the whole run."""
        self._begin()
        try:
            self.turn()
        finally:
            self._end()
        error, self._error = self._error, None
        if error is not None:
            raise error
        # Where it was not `stop`, it was the toolkit that came to its end.
        self._stopping = True

    def _ask(self, when: float) -> None:
        """Have a pass done at `when`, or before."""
        if when < self._wake_at and self._hosted:
            self._set_wake(when)

    def _ask_for_next(self) -> None:
        """Have a pass done when there is something to do, and not before."""
        if self._ready or self._stopping:
            when = 0.0
        elif self._scheduled:
            when = self._scheduled[0].when()
        else:
            when = inf
        if when != self._wake_at:
            self._set_wake(when)

    def _set_wake(self, when: float) -> None:
        self._wake_at = when
        self.wake_in(max(0.0, when - self.time()) if when else 0.0)

    def _pass(self) -> None:
        if not self._hosted:
            return
        task = asyncio.current_task(self)
        if task is not None:
            _leave_task(self, task)
        ready = self._ready
        interrupted = min(self._batch, len(ready)) if self._depth else 0
        self._batch = _NO_BATCH
        self._depth += 1
        # Should a callback run the loop within the loop, that begins with what waits behind the callback.
        self._ask(0.0)
        try:
            super()._run_once()
            until = self.time() + _SLICE
            while ready and not self._stopping and self.time() < until:
                super()._run_once()
        except BaseException as error:
            # A toolkit would print it, or lose it; `run_forever` raises it.
            self._error = error
            self._stopping = True
        finally:
            self._depth -= 1
            self._batch = interrupted
            ready.extendleft([self._nothing] * (interrupted - len(ready)))
            if task is not None:
                _enter_task(self, task)
        if not self._stopping:
            self._ask_for_next()
        elif self._riding:
            self._get_off()
        else:
            self.quit()

    def _add_callback(self, handle: Any) -> None:
        if self._depth > 1 and _is_entered(handle._context):
            handle = asyncio.Handle(_call_again, (handle,), self, handle._context.copy())
        super()._add_callback(handle)


def _is_entered(context: Context) -> bool:
    try:
        context.run(_do_nothing)
    except RuntimeError:
        return True
    return False


def _call_again(handle: Any) -> None:
    if not handle._cancelled:
        handle._callback(*handle._args)


def _do_nothing() -> None:
    pass
