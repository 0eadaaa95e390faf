"""What runs coroutines and generators that wait for Deferreds, and for asyncio's futures just the same.

A driver steps its coroutine until it has to wait, and puts itself into the chain of the Deferred (or the
callbacks of the future) that the coroutine waits for.  The first step is taken at once, by whoever
starts the coroutine.  `_take` does not run the callbacks of the driver's own Deferred when the coroutine
ends, but returns it, fired, for the loop in `Chain._run` to go on with: so a million coroutines that
wait for each other unwind without recursion.

While an asyncio loop runs in the thread, a coroutine's driver is that loop's current task during each
step.  It is a task in all that asyncio documents of one, so timeouts, task groups and cancel scopes work
inside; only its first step is early.  Cancelling has two faces: as a task, see `TaskFace`; as a Deferred,
cancelling cancels what is awaited, and the await raises whatever that leads to.

This module is compiled where it can be (`sennit.core.native`): ``driver.pxd`` gives the types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context, copy_context
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from sennit.core import steps
from sennit.core.chain import Chain, Waiter
from sennit.core.failure import FAILURES, caught
from sennit.core.outcome import DEFERREDS, STILL_CANCELLING, WAITER, CancelledError
from sennit.core.task_face import (
    OWN_TASKS,
    PENDING,
    TaskFace,
    TaskQuery,
    current_tasks,
    exception_of,
    register,
    running_loop,
    swap_task,
)

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

COMPILED = steps.COMPILED

__all__ = ["CoroutineTask", "GeneratorDriver", "ReturnValue", "start_coroutine", "start_generator"]


class ReturnValue(BaseException):
    """Carries the argument of `returnValue` out of its generator."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Driver(Waiter):
    """What runs a coroutine or a generator.

    Attributes:
        deferred: What will have the outcome; None as long as nothing was waited for.
    """

    __slots__ = ("_make", "deferred")

    _make: type[Deferred[Any]]
    deferred: Deferred[Any] | None


class GeneratorDriver(Driver):
    """Runs a generator that yields what it waits for."""

    __slots__ = ("_context", "_generator", "_waits_for")

    def __init__(self, make: type[Deferred[Any]], generator: Any, context: Context) -> None:
        self._make = make
        self._generator = generator
        self._context = context
        self.deferred = None

    def _take(self, result: Any, failed: bool) -> Chain | None:
        """Go on with `result`; return the driver's Deferred if the generator has ended and it is to run."""
        generator = self._generator
        context = self._context
        while True:
            try:
                if failed:
                    yielded = context.run(generator.throw, exception_of(result))
                elif COMPILED:
                    yielded = None  # what goes now cannot disturb `ended` after the step
                    yielded = steps.step(context, generator, result)
                    if steps.ended:
                        return _settle(self, yielded)
                else:
                    yielded = context.run(generator.send, result)
            except StopIteration as stop:
                return _settle(self, stop.value)
            except ReturnValue as end:
                return _settle(self, end.value)
            except BaseException as error:
                return _settle(self, caught(_deferreds_own(error)))
            if type(yielded) not in DEFERREDS:
                if type(yielded) is CoroutineType:
                    yielded = start_coroutine(self._make, yielded)
                elif type(yielded) is GeneratorType:
                    yielded = start_generator(self._make, yielded)
                elif hasattr(type(yielded), "_asyncio_future_blocking"):
                    # The class is asked, as by asyncio: a mock has every attribute, and is a value as any.
                    self._waits_for = yielded
                    yielded.add_done_callback(self._future_done)
                    return None
                elif hasattr(type(yielded), "__await__") and isinstance(yielded, Coroutine):
                    # A step of an asynchronous generator, or a coroutine of somebody's own making.
                    yielded = start_coroutine(self._make, yielded)
                else:
                    result = yielded
                    failed = False
                    continue
            waits = yielded
            if not waits.called or waits._held:
                self._waits_for = waits
                if waits._chain is None:
                    waits._chain = self
                else:
                    waits._append((None, self, WAITER))
                return None
            result = waits.result
            waits.result = None
            failed = waits._info is not None and type(result) in FAILURES
            if failed:
                waits._info.failure = None

    def _future_done(self, future: Any) -> None:
        try:
            result = future.result()
        except BaseException as error:
            following = self._take(caught(error), True)
        else:
            following = self._take(result, False)
        if following is not None:
            following._run()

    def __call__(self, _: Deferred[Any]) -> Any:
        """Cancel what is waited for: a driver is its Deferred's canceller."""
        self._waits_for.cancel()
        return STILL_CANCELLING


class CoroutineDriver(Driver):
    """What `CoroutineTask` does for the coroutine's own sake."""

    __slots__ = (
        "__weakref__",
        "_asyncio_future_blocking",
        "_callbacks",
        "_cancel_message",
        "_context",
        "_coro",
        "_fut_waiter",
        "_loop",
        "_marker",
        "_must_cancel",
        "_outcome",
        "_shown",
    )

    _callbacks: Any
    _cancel_message: Any
    _fut_waiter: Any
    _loop: Any
    _marker: Any
    _must_cancel: bool
    _outcome: Any

    def __init__(self, make: type[Deferred[Any]], coro: Any, context: Context, loop: Any) -> None:
        self._make = make
        self._coro = coro
        self._context = context
        self._loop = loop
        self._marker = None
        self._fut_waiter = None
        self._must_cancel = self._asyncio_future_blocking = self._shown = False
        self._callbacks = self._cancel_message = None
        self._outcome = PENDING
        self.deferred = None

    def _take(self, result: Any, failed: bool, loop: Any = None) -> Chain | None:
        """Go on with `result`; return the driver's Deferred if the coroutine has ended and it is to run.

        Args:
            result: What the coroutine is given.
            failed: Whether `result` is a Failure, to be raised instead.
            loop: The running loop, where the caller knows it.
        """
        if self._must_cancel:
            if self._loop is not None:
                self._loop.call_soon(self._step_from_loop, result, failed)
                return None
            self._must_cancel = False
            result = caught(self._make_cancelled_error())  # type: ignore[attr-defined]
            failed = True
        self._fut_waiter = None
        coro = self._coro
        context = self._context
        if loop is None:
            loop = self._loop
            if loop is None or not loop.is_running():
                self._loop = loop = running_loop()
        previous = None
        if loop is not None:
            marker = self._marker
            if marker is not None:
                marker[0] = marker[1]
            if current_tasks is None:
                previous = swap_task(loop, self)
            else:
                previous = current_tasks.get(loop)
                current_tasks[loop] = self
        try:
            while True:
                if failed:
                    yielded = context.run(coro.throw, exception_of(result))
                elif COMPILED:
                    yielded = None  # as above
                    yielded = steps.step(context, coro, result)
                    if steps.ended:
                        return self._ended(yielded)
                else:
                    yielded = context.run(coro.send, result)
                if type(yielded) in DEFERREDS:
                    waits = yielded
                    if not waits.called or waits._held:
                        self._fut_waiter = waits
                        if waits._chain is None:
                            waits._chain = self
                        else:
                            waits._append((None, self, WAITER))
                        break
                if self._wait_for(yielded, loop):
                    break
                result, failed = _given_back(yielded)
        except StopIteration as stop:
            return self._ended(stop.value)
        except asyncio.CancelledError as error:
            self._end(error)  # type: ignore[attr-defined]
            return _settle_quietly(self, caught(_deferreds_own(error)))
        except BaseException as error:
            if _context_is_busy(error):
                self._context = self._context.copy()
                return self._take(result, failed)
            failure = caught(error)
            self._end(failure)  # type: ignore[attr-defined]
            return _settle(self, failure)
        finally:
            if loop is not None:
                if self._marker is not None:
                    self._marker[0] = 0
                if current_tasks is None:
                    swap_task(loop, previous)
                elif previous is None:
                    current_tasks.pop(loop, None)
                else:
                    current_tasks[loop] = previous
        if loop is not None:
            if not self._shown:
                self._shown = True
                register(self)
            if self._must_cancel:
                self._cancel_wait()
        elif self._must_cancel:
            return self._cancel_wait_now()
        return None

    def _ended(self, result: Any) -> Chain | None:
        self._outcome = result
        if self._callbacks is not None:
            self._end(result)  # type: ignore[attr-defined]
        return _settle(self, result)

    def _wait_for(self, yielded: Any, loop: Any) -> bool:
        """Arrange for the next step if `yielded` is something to wait for; return whether it is."""
        if type(yielded) in DEFERREDS:
            waits = yielded
            if waits.called and not waits._held:
                return False
            self._fut_waiter = waits
            if waits._chain is None:
                waits._chain = self
            else:
                waits._append((None, self, WAITER))
        elif getattr(yielded, "_asyncio_future_blocking", None):
            yielded._asyncio_future_blocking = False
            self._fut_waiter = yielded
            yielded.add_done_callback(self._future_done)
        elif yielded is None and loop is not None:
            loop.call_soon(self._step_from_loop)
        else:
            if type(yielded) is TaskQuery:
                yielded.task = self
            return False
        return True

    def _cancel_wait(self) -> None:
        """Cancel what the coroutine began to wait for after it was asked to end."""
        waiter = self._fut_waiter
        if type(waiter) in DEFERREDS:
            waiter.cancel()
        elif waiter is not None and waiter.cancel(msg=self._cancel_message):
            self._must_cancel = False

    def _cancel_wait_now(self) -> Deferred[Any] | None:
        """Do as `_cancel_wait` where there is no loop, hence no later turn of it: go on at once."""
        deferred = self.deferred
        if deferred is not None:
            self._fut_waiter.cancel()
            return None
        # The first step is still being taken: whoever takes it is given the Deferred, fired or not.
        deferred = self.deferred = self._make(self)
        self._fut_waiter.cancel()
        return deferred

    def _step_from_loop(self, result: Any = None, failed: bool = False) -> None:
        if self._must_cancel:
            self._must_cancel = False
            result = caught(self._make_cancelled_error())  # type: ignore[attr-defined]
            failed = True
        following = self._take(result, failed)
        if following is not None:
            following._run()

    def _future_done(self, _: Any) -> None:
        self._step_from_loop()

    def __call__(self, _: Deferred[Any]) -> Any:
        """Cancel what is waited for: a driver is its Deferred's canceller."""
        waiter = self._fut_waiter
        if waiter is not None:
            waiter.cancel()
        elif self._loop is not None:
            self.cancel()  # type: ignore[attr-defined]
        return STILL_CANCELLING


class CoroutineTask(CoroutineDriver, TaskFace):
    """Runs a coroutine, as an asyncio task wherever an asyncio loop runs."""

    __slots__ = ("_cancel_requests", "_name")


OWN_TASKS.add(CoroutineTask)


def _given_back(yielded: Any) -> tuple[Any, bool]:
    """Return what a coroutine is given for something that needs no waiting, and whether that is a failure."""
    if type(yielded) not in DEFERREDS:
        return yielded, False
    waits = yielded
    result = waits.result
    waits.result = None
    failed = waits._info is not None and type(result) in FAILURES
    if failed:
        waits._info.failure = None
    return result, failed


def _deferreds_own(error: BaseException) -> BaseException:
    """Return `error`, or for asyncio's CancelledError the one that Deferreds use."""
    if isinstance(error, asyncio.CancelledError):
        return CancelledError(*error.args).with_traceback(error.__traceback__)
    return error


def _context_is_busy(error: BaseException) -> bool:
    """Whether a step failed before it began, because code that runs in the coroutine's context caused it."""
    return (
        type(error) is RuntimeError
        and error.__traceback__ is not None
        and error.__traceback__.tb_next is None
        and str(error).startswith("cannot enter context")
    )


def _settle(driver: Driver, outcome: Any) -> Deferred[Any] | None:
    """Fire the Deferred of `driver` with `outcome`, and return it if its chain is to be run.

    Before the first wait there is no Deferred yet; then one is made and returned.
    """
    deferred: Deferred[Any] | None = driver.deferred
    if deferred is None:
        deferred = driver._make()
        deferred.called = True
        deferred.result = outcome
        if type(outcome) in FAILURES:
            deferred._left_failed(outcome)
        return deferred
    driver.deferred = deferred._canceller = None
    if deferred.called:
        return None
    deferred.called = True
    deferred.result = outcome
    if deferred._held:
        return None
    if deferred._chain is None:
        if type(outcome) in FAILURES:
            deferred._left_failed(outcome)
        return None
    return deferred


def _settle_quietly(driver: Driver, outcome: Any) -> Deferred[Any] | None:
    """Do as `_settle`, but report nothing if nobody waits: to asyncio, cancelling is no error."""
    deferred: Deferred[Any] | None = driver.deferred
    following = _settle(driver, outcome)
    if deferred is None:
        deferred = following
    if deferred is not None and deferred._chain is None and deferred._info is not None:
        deferred._info.failure = None
    return following


def start_coroutine(make: type[Deferred[Any]], coro: Any) -> Deferred[Any]:
    """Start `coro` and return a Deferred, made by `make`, of its outcome."""
    context = copy_context()
    loop = running_loop()
    if loop is None:
        ended = False
        try:
            if COMPILED:
                outcome = yielded = steps.step(context, coro, None)
                ended = steps.ended
            else:
                yielded = context.run(coro.send, None)
        except StopIteration as stop:
            outcome = stop.value
            ended = True
        except BaseException as error:
            outcome = caught(_deferreds_own(error))
            ended = True
        if not ended:
            task = CoroutineTask(make, coro, context, None)
            deferred = None
            if not task._wait_for(yielded, None):
                outcome, failed = _given_back(yielded)
                deferred = task._take(outcome, failed)
            if deferred is None:
                deferred = task.deferred = make(task)
            return deferred  # type: ignore[return-value]
        deferred = make()
        deferred.called = True
        deferred.result = outcome
        if type(outcome) in FAILURES:
            deferred._left_failed(outcome)
        return deferred
    task = CoroutineTask(make, coro, context, loop)
    deferred = task._take(None, False, loop)
    if deferred is None:
        deferred = task.deferred = make(task)
    return deferred  # type: ignore[return-value]


def start_generator(make: type[Deferred[Any]], generator: Any) -> Deferred[Any]:
    """Start `generator` and return a Deferred, made by `make`, of its outcome."""
    driver = GeneratorDriver(make, generator, copy_context())
    deferred = driver._take(None, False)
    if deferred is None:
        deferred = driver.deferred = make(driver)
    return deferred  # type: ignore[return-value]
