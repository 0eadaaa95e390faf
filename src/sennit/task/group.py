"""Groups of tasks: concurrency that ends where its block ends.

A group's block is not left before everything that was started in the group has ended.  The first error
cancels all the rest, the block included; what went wrong then comes out together, as an exception group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from inspect import iscoroutine
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast, overload

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.core.task_face import TaskFace
from sennit.task.host import CANCELLATIONS, Interruption, cancel_task, hosting_task

__all__ = ["Child", "TaskGroup"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Child(Generic[_T]):
    """Something that was started in a `TaskGroup`.

    Awaiting it gives its result or raises its error; that the error ends the group does not depend on it.
    """

    __slots__ = ("_group", "_outcome", "_running", "_waiters")

    def __init__(self, group: TaskGroup) -> None:
        self._group: TaskGroup | None = group
        self._running: Any = None
        self._outcome: Any = None
        self._waiters: list[Deferred[Any]] = []

    def done(self) -> bool:
        """Return whether it has ended."""
        return self._group is None

    def cancel(self) -> None:
        """Ask it to end; that it was cancelled does not count as an error of the group."""
        running = self._running
        if self._group is None or running is None:
            return
        if isinstance(running, TaskFace | asyncio.Task):
            cancel_task(running)
        else:
            running.cancel()

    def __await__(self) -> Generator[Any, Any, _T]:
        if self._group is not None:
            waiter: Deferred[None] = Deferred()
            self._waiters.append(waiter)
            yield from waiter.__await__()
        if isinstance(self._outcome, Failure):
            self._outcome.raiseException()
        return cast(_T, self._outcome)

    def _begin(self, work: Any) -> None:
        if iscoroutine(work):
            deferred: Any = ensureDeferred(work)
            driver = deferred._canceller
            self._running = driver if isinstance(driver, TaskFace) else deferred
            deferred.addBoth(self._end)
        elif isinstance(work, Deferred):
            self._running = work
            work.addBoth(self._end)
        elif asyncio.isfuture(work):
            self._running = work
            work.add_done_callback(self._end_of_future)
        elif hasattr(work, "__await__"):
            self._begin(_wait_for(work))
        else:
            self._end(work)

    def _end_of_future(self, future: asyncio.Future[Any]) -> None:
        try:
            result = future.result()
        except BaseException:
            self._end(Failure())
        else:
            self._end(result)

    def _end(self, outcome: Any) -> None:
        group, self._group = self._group, None
        self._running = None
        self._outcome = outcome
        assert group is not None
        group._child_ended(self, outcome)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.called:
                waiter.callback(None)


async def _wait_for(work: Awaitable[_T]) -> _T:
    return await work


class TaskGroup:
    """An asynchronous context manager for tasks that run side by side.

        async with TaskGroup() as group:
            group.start(serve, port)
            reply = group.start(ask(question))
        print(await reply)

    The block is left when all that was started has ended.  If something fails, the block itself or
    anything started in it, then the others are cancelled and waited for, and the errors come out as an
    ExceptionGroup. What was cancelled is no error.  A cancellation from outside cancels all, waits for
    them, and goes on outwards.
    """

    def __init__(self) -> None:
        self._interruption: Interruption | None = None
        self._children: dict[Child[Any], None] = {}
        self._errors: list[BaseException] = []
        self._ending = False
        self._left = False
        self._in_block = False
        self._idle: Deferred[None] | None = None

    async def __aenter__(self) -> Self:
        if self._interruption is not None:
            raise RuntimeError("A task group is for one block: make another with TaskGroup().")
        self._interruption = Interruption(await hosting_task())
        self._in_block = True
        return self

    @overload
    def start(
        self, work: Callable[_P, Coroutine[Any, Any, _T] | Awaitable[_T]], *args: _P.args, **kwargs: _P.kwargs
    ) -> Child[_T]: ...

    @overload
    def start(self, work: Coroutine[Any, Any, _T] | Awaitable[_T]) -> Child[_T]: ...

    def start(self, work: Any, *args: Any, **kwargs: Any) -> Child[Any]:
        """Start something in the group.

        A coroutine runs until it first has to wait before this returns.

        Args:
            work: A coroutine, a Deferred, an asyncio future or task; or a function that returns one of these,
                or a plain result.
            args: The function's positional arguments.
            kwargs: Its keyword arguments.

        Returns:
            The child, which can be awaited and cancelled.

        Raises:
            RuntimeError: If the group's block is not running.
        """
        if self._interruption is None or self._left:
            if iscoroutine(work):
                work.close()
            raise RuntimeError(
                "Start tasks inside of the group's block: async with TaskGroup() as group: ..."
            )
        child: Child[Any] = Child(self)
        self._children[child] = None
        if self._ending:
            if iscoroutine(work):
                work.close()
            elif isinstance(work, Deferred) or asyncio.isfuture(work):
                child._begin(work)
                child.cancel()
                return child
            child._end(Failure(CancelledError()))
            return child
        if callable(work) and not isinstance(work, Deferred):
            try:
                work = work(*args, **kwargs)
            except BaseException:
                child._end(Failure())
                return child
        child._begin(work)
        if self._ending:
            child.cancel()  # type: ignore[unreachable]  # what was started may have ended the group
        return child

    def cancel(self) -> None:
        """End the group: cancel its children and interrupt its block, which is then left without an error."""
        self._end_all()

    def _end_all(self) -> None:
        if self._ending:
            return
        self._ending = True
        for child in tuple(self._children):
            child.cancel()
        if self._in_block:
            assert self._interruption is not None
            self._interruption.want()

    def _child_ended(self, child: Child[Any], outcome: Any) -> None:
        del self._children[child]
        if isinstance(outcome, Failure) and outcome.check(*CANCELLATIONS) is None:
            self._errors.append(_exception(outcome))
            self._end_all()
        if self._idle is not None and not self._children:
            idle, self._idle = self._idle, None
            idle.callback(None)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        assert self._interruption is not None
        self._in_block = False
        if isinstance(error, GeneratorExit):
            self._left = True
            self._end_all()
            return False
        cancelled: BaseException | None = None
        if error is not None:
            if isinstance(error, CANCELLATIONS):
                cancelled = error
            else:
                self._errors.append(error)
            self._end_all()
        if await self._interruption.take_back(error):
            cancelled = None
        while self._children:
            self._idle = Deferred()
            try:
                await self._idle
            except CANCELLATIONS as interrupted:
                cancelled = interrupted
                self._end_all()
            finally:
                self._idle = None
        self._left = True
        errors, self._errors = self._errors, []
        for one in errors:
            if isinstance(one, KeyboardInterrupt | SystemExit):
                raise one from None
        if errors:
            raise BaseExceptionGroup("Errors in a task group", errors) from None
        if cancelled is not None and cancelled is not error:
            raise cancelled
        return cancelled is None


def _exception(failure: Failure) -> BaseException:
    value = failure.value
    if isinstance(value, BaseException):
        return value.with_traceback(failure.tb)
    return failure
