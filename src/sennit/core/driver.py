"""What runs coroutines and generators that wait for Deferreds, and for asyncio's futures just the same.

A driver steps its coroutine until it has to wait, and puts itself into the chain of the Deferred (or the
callbacks of the future) that the coroutine waits for.  The first step is taken at once, by whoever
starts the coroutine.  `wake` takes every later one; it does not fire the driver's own Deferred when the
coroutine ends, but returns it fired and not yet run, for the loop in `Deferred._run` to go on with: so a
million coroutines that wait for each other unwind without recursion.

While an asyncio loop runs in the thread, a coroutine's driver is that loop's current task during each
step.  It is a task in all that asyncio documents of one, so timeouts, task groups and cancel scopes work
inside; only its first step is early.  Cancelling has two faces.  As a task, `CoroutineTask.cancel` makes
``asyncio.CancelledError`` appear at the await, in a later turn of the loop.  As a Deferred, cancelling
cancels what is awaited, and the await raises whatever that leads to.
"""

from __future__ import annotations

import asyncio
import itertools
from asyncio import tasks as _tasks
from collections.abc import Callable
from contextvars import Context, copy_context
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, cast

from sennit.core.failure import Failure
from sennit.core.outcome import DEFERREDS, FAILURES, STILL_CANCELLING, WAKE, CancelledError

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = [
    "CoroutineTask",
    "GeneratorDriver",
    "ReturnValue",
    "drive_coroutine",
    "drive_generator",
    "running_task",
]

_running_loop = asyncio._get_running_loop
_names = itertools.count(1)


class ReturnValue(BaseException):
    """Carries the argument of `returnValue` out of its generator."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _own_traceback(error: BaseException) -> Failure:
    """Make a Failure of what a coroutine raised, without the frame that stepped it."""
    tb = error.__traceback__
    error.__traceback__ = None if tb is None else tb.tb_next
    return error if error.__class__ in FAILURES else Failure(error)  # type: ignore[return-value]


def _exception_of(failure: Failure) -> BaseException:
    value = failure.value
    if isinstance(value, BaseException):
        return value.with_traceback(failure.tb)
    return failure


if hasattr(_tasks, "_swap_current_task"):
    _swap: Callable[[Any, Any], Any] = _tasks._swap_current_task
else:

    def _swap(loop: Any, task: Any) -> Any:
        current = _tasks._current_tasks  # type: ignore[attr-defined]
        previous = current.pop(loop, None)
        if task is not None:
            current[loop] = task
        return previous


def running_task() -> Any:
    """Return the asyncio task whose code runs in this thread now, or None."""
    loop = _running_loop()
    return None if loop is None else _tasks.current_task(loop)


class GeneratorDriver:
    """Runs a generator that yields what it waits for."""

    __slots__ = ("_context", "_make", "_waits_for", "deferred", "generator")

    def __init__(self, make: type[Deferred[Any]], generator: Any, context: Context) -> None:
        self._make = make
        self.generator = generator
        self._context = context
        self._waits_for: Any = None
        self.deferred: Deferred[Any] | None = None

    def wake(self, result: Any, failed: bool) -> Deferred[Any] | None:
        """Go on with `result`; return the Deferred to run next if the generator has ended."""
        deferred = self.deferred
        self._waits_for = None
        outcome = self.step(result, failed)
        if deferred is None or outcome is self:
            return None
        if deferred.called:
            return None
        deferred.called = True
        deferred.result = outcome
        return None if deferred.paused else deferred

    def step(self, result: Any, failed: bool) -> Any:
        """Run until the generator ends, and return its result; or until it must wait, and return self."""
        generator = self.generator
        run = self._context.run
        while True:
            try:
                if failed:
                    yielded = run(generator.throw, _exception_of(result))
                else:
                    yielded = run(generator.send, result)
            except StopIteration as stop:
                return stop.value
            except ReturnValue as end:
                return end.value
            except asyncio.CancelledError as error:
                return _own_traceback(CancelledError(*error.args).with_traceback(error.__traceback__))
            except BaseException as error:
                return _own_traceback(error)
            kind = yielded.__class__
            if kind is CoroutineType or kind is GeneratorType:
                yielded = drive_coroutine(self._make, yielded)
                kind = yielded.__class__
            if kind in DEFERREDS:
                if not yielded.called or yielded.paused or yielded._running:
                    self._waits_for = yielded
                    yielded._chain.append((None, self, WAKE))
                    return self
                result = yielded.result
                yielded.result = None
                failed = result.__class__ in FAILURES
                if failed and yielded._info is not None:
                    yielded._info.failure = None
            elif getattr(yielded, "_asyncio_future_blocking", None) is not None:
                self._waits_for = yielded
                yielded.add_done_callback(self._future_done)
                return self
            else:
                result = yielded
                failed = False

    def _future_done(self, future: Any) -> None:
        try:
            result = future.result()
        except BaseException as error:
            following = self.wake(_own_traceback(error), True)
        else:
            following = self.wake(result, False)
        if following is not None:
            following._run()

    def cancel_deferred(self, _: Any) -> Any:
        """Cancel what is waited for: the canceller of the driver's Deferred."""
        waits_for = self._waits_for
        if waits_for is not None:
            waits_for.cancel()
        return STILL_CANCELLING


class CoroutineTask:
    """Runs a coroutine, as an asyncio task wherever an asyncio loop runs."""

    __slots__ = (
        "__weakref__",
        "_callbacks",
        "_cancel_message",
        "_cancel_requests",
        "_context",
        "_coro",
        "_fut_waiter",
        "_loop",
        "_make",
        "_must_cancel",
        "_name",
        "_outcome",
        "deferred",
    )

    _callbacks: list[tuple[Any, Any]]
    _cancel_message: Any
    _cancel_requests: int
    _name: str

    def __init__(self, make: type[Deferred[Any]], coro: Any, context: Context) -> None:
        self._make = make
        self._coro = coro
        self._context = context
        self._fut_waiter: Any = None
        self._must_cancel = False
        self._loop: Any = None
        self._outcome: Any = self
        self.deferred: Deferred[Any] | None = None

    def wake(self, result: Any, failed: bool) -> Deferred[Any] | None:
        """Go on with `result`; return the Deferred to run next if the coroutine has ended."""
        if self._must_cancel:
            self._loop.call_soon(self._resume, result, failed)
            return None
        self._fut_waiter = None
        outcome = self.step(result, failed)
        deferred = self.deferred
        if outcome is self or deferred is None or deferred.called:
            return None
        deferred.called = True
        deferred.result = outcome
        return None if deferred.paused else deferred

    def _resume(self, result: Any = None, failed: bool = False) -> None:
        self._fut_waiter = None
        if self._must_cancel:
            self._must_cancel = False
            result = Failure(asyncio.CancelledError(*self._cancel_args()))
            failed = True
        following = self.wake(result, failed)
        if following is not None:
            following._run()

    def _cancel_args(self) -> tuple[Any, ...]:
        message = getattr(self, "_cancel_message", None)
        return () if message is None else (message,)

    def step(self, result: Any, failed: bool) -> Any:
        """Run until the coroutine ends, and return its result; or until it must wait, and return self."""
        coro = self._coro
        run = self._context.run
        while True:
            loop = _running_loop()
            previous = None
            if loop is not None:
                self._loop = loop
                previous = _swap(loop, self)
            try:
                yielded = run(coro.throw, _exception_of(result)) if failed else run(coro.send, result)
            except StopIteration as stop:
                return self._end(stop.value)
            except asyncio.CancelledError as error:
                self._end(error)
                return _own_traceback(CancelledError(*error.args).with_traceback(error.__traceback__))
            except BaseException as error:
                return self._end(_own_traceback(error))
            finally:
                if loop is not None:
                    _swap(loop, previous)
            kind = yielded.__class__
            if kind in DEFERREDS:
                if not yielded.called or yielded.paused or yielded._running:
                    self._fut_waiter = yielded
                    yielded._chain.append((None, self, WAKE))
                    self._suspended()
                    return self
                result = yielded.result
                failed = result.__class__ in FAILURES
                if failed and yielded._info is not None:
                    yielded._info.failure = None
            elif getattr(yielded, "_asyncio_future_blocking", None):
                yielded._asyncio_future_blocking = False
                self._fut_waiter = yielded
                yielded.add_done_callback(self._future_done)
                self._suspended()
                if self._must_cancel and yielded.cancel(*self._cancel_args()):
                    self._must_cancel = False
                return self
            elif yielded is None and loop is not None:
                loop.call_soon(self._resume)
                self._suspended()
                return self
            else:
                result = yielded
                failed = False

    def _suspended(self) -> None:
        if self._loop is not None:
            _tasks._register_task(cast(Any, self))

    def _end(self, outcome: Any) -> Any:
        self._outcome = outcome
        callbacks = getattr(self, "_callbacks", None)
        if callbacks:
            for callback, context in callbacks:
                self._loop.call_soon(callback, self, context=context)
        return outcome

    def _future_done(self, _: Any) -> None:
        self._resume()

    def cancel_deferred(self, _: Any) -> Any:
        """Cancel what is waited for: the canceller of the driver's Deferred."""
        waits_for = self._fut_waiter
        if waits_for is not None:
            waits_for.cancel()
        elif self._loop is not None:
            self.cancel()
        return STILL_CANCELLING

    # -- what asyncio asks of a task

    def cancel(self, msg: Any = None) -> bool:
        """Request that ``asyncio.CancelledError`` be raised where the coroutine waits."""
        if self._outcome is not self:
            return False
        self._cancel_requests = self.cancelling() + 1
        self._cancel_message = msg
        waiter = self._fut_waiter
        if waiter is None:
            self._must_cancel = True
        elif waiter.__class__ in DEFERREDS:
            self._must_cancel = True
            waiter.cancel()
        elif not waiter.cancel(msg=msg):
            self._must_cancel = True
        return True

    def cancelling(self) -> int:
        """Return how many requests to cancel are in force."""
        requests: int = getattr(self, "_cancel_requests", 0)
        return requests

    def uncancel(self) -> int:
        """Take back one request to cancel, and return how many are left."""
        self._cancel_requests = max(self.cancelling() - 1, 0)
        return self._cancel_requests

    def get_coro(self) -> Any:
        """Return the coroutine."""
        return self._coro

    def get_context(self) -> Context:
        """Return the context that the coroutine runs in."""
        return self._context

    def get_loop(self) -> Any:
        """Return the loop in which the coroutine last ran."""
        return self._loop

    def get_name(self) -> str:
        """Return the task's name."""
        try:
            return self._name
        except AttributeError:
            self._name = f"Coroutine-{next(_names)}"
            return self._name

    def set_name(self, value: object) -> None:
        """Give the task a name."""
        self._name = str(value)

    def done(self) -> bool:
        """Whether the coroutine has ended."""
        return self._outcome is not self

    def cancelled(self) -> bool:
        """Whether the coroutine ended with ``asyncio.CancelledError``."""
        return isinstance(self._outcome, asyncio.CancelledError)

    def result(self) -> Any:
        """Return the coroutine's result, or raise what it raised."""
        error = self.exception()
        if error is not None:
            raise error
        return self._outcome

    def exception(self) -> BaseException | None:
        """Return what the coroutine raised, if anything."""
        outcome = self._outcome
        if outcome is self:
            raise asyncio.InvalidStateError("The coroutine has not ended.")
        if isinstance(outcome, asyncio.CancelledError):
            raise outcome
        return _exception_of(outcome) if outcome.__class__ in FAILURES else None

    def add_done_callback(self, fn: Callable[[Any], Any], *, context: Context | None = None) -> None:
        """Call ``fn(task)`` in a turn of the loop after the coroutine has ended."""
        if self._outcome is not self:
            self._loop.call_soon(fn, self, context=context)
            return
        try:
            self._callbacks.append((fn, context))
        except AttributeError:
            self._callbacks = [(fn, context)]

    def remove_done_callback(self, fn: Callable[[Any], Any]) -> int:
        """Forget `fn`, and return how often it had been added."""
        before = getattr(self, "_callbacks", [])
        self._callbacks = [entry for entry in before if entry[0] != fn]
        return len(before) - len(self._callbacks)


def _drive(make: type[Deferred[Any]], driver: Any) -> Deferred[Any]:
    outcome = driver.step(None, False)
    deferred = make(driver.cancel_deferred)
    if outcome is driver:
        driver.deferred = deferred
    else:
        deferred.callback(outcome)
    return deferred


def drive_coroutine(make: type[Deferred[Any]], coro: Any) -> Deferred[Any]:
    """Start `coro` and return a Deferred, made by `make`, of its outcome."""
    if coro.__class__ is GeneratorType:
        return drive_generator(make, coro)
    return _drive(make, CoroutineTask(make, coro, copy_context()))


def drive_generator(make: type[Deferred[Any]], generator: Any) -> Deferred[Any]:
    """Start `generator` and return a Deferred, made by `make`, of its outcome."""
    return _drive(make, GeneratorDriver(make, generator, copy_context()))
