"""The asyncio face of a coroutine's driver: what asyncio, anyio and their users ask of a task.

asyncio keeps, for each loop, which task is current and the set of all tasks, and lets anybody's task in:
it must answer the questions of ``asyncio.Task`` below and stand in those two places.  `TaskFace` is the
answers.  `swap_task` puts a task in the first place and returns the one before; where asyncio has no such
call, `current_tasks` is its table of current tasks by loop instead, and the driver writes there.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from asyncio import tasks as _tasks
from collections.abc import Callable, Generator
from contextvars import Context, ContextVar
from threading import get_ident
from typing import TYPE_CHECKING, Any

from sennit.core.failure import FAILURES, Failure
from sennit.core.outcome import DEFERREDS

__all__ = [
    "OWN_TASKS",
    "PENDING",
    "TaskFace",
    "TaskQuery",
    "current_tasks",
    "exception_of",
    "hosting_task",
    "mark",
    "register",
    "running_loop",
    "running_task",
    "stepping",
    "swap_task",
]

running_loop = asyncio._get_running_loop
register: Callable[[Any], None] = _tasks._register_task

_names = itertools.count(1)

OWN_TASKS: set[Any] = set()
"""The classes of tasks that can wait for a Deferred itself; others do so through a future."""

# Asking asyncio which task runs costs a system call on Python 3.11.  There, a coroutine that has asked
# once leaves a list in its context: the thread in which its driver takes a step, or 0 between steps, and
# the thread in which it always does.  No asyncio task can run in that thread within that step, whatever
# contexts the list is copied to.
stepping: ContextVar[list[int] | None] = ContextVar("sennit_stepping", default=None)

task_of: Callable[[Any], Any]
swap_task: Callable[[Any, Any], Any]
current_tasks: dict[Any, Any] | None

if sys.version_info >= (3, 12):
    task_of = _tasks.current_task
    swap_task = _tasks._swap_current_task
    current_tasks = None

    def mark(task: Any) -> None:
        """Do nothing: asking asyncio each time is cheap, and an eager task may run within our step."""

else:
    current_tasks = _tasks._current_tasks  # type: ignore[attr-defined]
    task_of = current_tasks.get
    swap_task = current_tasks.__setitem__

    def mark(task: Any) -> None:
        """Have `stepping` say, in the context of `task`, in which thread the task is taking a step."""
        if task is not None:
            here = get_ident()
            if task._marker is None:
                task._marker = [here, here]
                stepping.set(task._marker)
            else:
                task._marker[:] = here, here


def running_task() -> Any:
    """Return the task whose code runs in this thread now, or None."""
    loop = running_loop()
    return None if loop is None else task_of(loop)


class TaskQuery:
    """Awaited in a coroutine that runs without a loop, it gives the coroutine's own driver.

    Attributes:
        task: The driver; None until it was awaited, and where something else runs the coroutine.
    """

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: Any = None

    def __await__(self) -> Generator[TaskQuery, Any, Any]:
        yield self
        return self.task


async def hosting_task() -> Any:
    """Return the task that runs the coroutine which awaits this: asyncio's or ours.

    Raises:
        RuntimeError: If it is neither.
    """
    task = running_task()
    if task is None and running_loop() is None:
        task = await TaskQuery()
    if task is None:
        raise RuntimeError("This must be used in a coroutine that asyncio or sennit.core runs.")
    return task


class _Pending:
    """The type of `PENDING`."""


PENDING = _Pending()


class TaskFace:
    """Answers as ``asyncio.Task`` does, from what its driver keeps.

    Cancelling as a task makes ``asyncio.CancelledError`` appear where the coroutine waits, in a later turn
    of the loop.  Three slots say how that stands: `_fut_waiter` is what is waited for, `_must_cancel`
    that the next step raises, `_outcome` how the coroutine ended, `PENDING` before that.
    """

    if not TYPE_CHECKING:
        # The attributes are its other base's.
        __slots__ = ()

    _asyncio_future_blocking: bool
    _callbacks: Any  # None or a list of (function, context)
    _cancel_message: Any
    _cancel_requests: int
    _context: Context
    _coro: Any
    _fut_waiter: Any
    _loop: Any
    _marker: Any  # None or a list as `stepping` has it
    _must_cancel: bool
    _name: str
    _outcome: Any

    def cancel(self, msg: Any = None) -> bool:
        """Request that ``asyncio.CancelledError`` be raised where the coroutine waits."""
        if self._outcome is not PENDING:
            return False
        self._cancel_requests = self.cancelling() + 1
        self._cancel_message = msg
        waiter = self._fut_waiter
        if waiter is None:
            self._must_cancel = True
        elif type(waiter) in DEFERREDS:
            self._must_cancel = True
            waiter.cancel()
        elif not waiter.cancel(msg=msg):
            self._must_cancel = True
        return True

    def cancelling(self) -> int:
        """Return how many requests to cancel are in force."""
        try:
            return self._cancel_requests
        except AttributeError:
            return 0

    def uncancel(self) -> int:
        """Take back one request to cancel, and return how many are left."""
        self._cancel_requests = max(self.cancelling() - 1, 0)
        # A Deferred that was cancelled for this has its coroutine raise in any case, as a future would.
        if not self._cancel_requests and type(self._fut_waiter) not in DEFERREDS:
            self._must_cancel = False
        return self._cancel_requests

    def _make_cancelled_error(self) -> asyncio.CancelledError:
        message = self._cancel_message
        return asyncio.CancelledError() if message is None else asyncio.CancelledError(message)

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

    def get_stack(self, *, limit: int | None = None) -> list[Any]:
        """Return the frame in which the coroutine is suspended, as a list."""
        return _tasks.base_tasks._task_get_stack(self, limit)  # type: ignore[attr-defined,no-any-return]

    def print_stack(self, *, limit: int | None = None, file: Any = None) -> None:
        """Print where the coroutine is suspended."""
        _tasks.base_tasks._task_print_stack(self, limit, file)  # type: ignore[attr-defined]

    def __await__(self) -> Generator[Any, Any, Any]:
        """Wait until the coroutine has ended, and return its result."""
        if self._outcome is PENDING:
            self._asyncio_future_blocking = True
            yield self
        return self.result()

    __iter__ = __await__

    def done(self) -> bool:
        """Whether the coroutine has ended."""
        return self._outcome is not PENDING

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
        if outcome is PENDING:
            raise asyncio.InvalidStateError("The coroutine has not ended.")
        if isinstance(outcome, asyncio.CancelledError):
            raise outcome
        return exception_of(outcome) if type(outcome) in FAILURES else None

    def add_done_callback(self, fn: Callable[[Any], Any], *, context: Context | None = None) -> None:
        """Call ``fn(task)`` in a turn of the loop after the coroutine has ended."""
        if self._outcome is not PENDING:
            self._loop.call_soon(fn, self, context=context)
            return
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append((fn, context))

    def remove_done_callback(self, fn: Callable[[Any], Any]) -> int:
        """Forget `fn`, and return how often it had been added."""
        before = self._callbacks or []
        self._callbacks = [entry for entry in before if entry[0] != fn]
        return len(before) - len(self._callbacks)

    def _end(self, outcome: Any) -> None:
        self._outcome = outcome
        for callback, context in self._callbacks or ():
            self._loop.call_soon(callback, self, context=context)

    def __repr__(self) -> str:
        state = "done" if self.done() else "pending"
        return f"<{type(self).__name__} {state} name={self.get_name()!r} coro={self._coro!r}>"


def exception_of(failure: Failure) -> BaseException:
    """Return the exception that `failure` holds, with its traceback, ready to be thrown."""
    value = failure.value
    if isinstance(value, BaseException):
        return value.with_traceback(failure.tb)
    return failure
