"""A step of a test: a call, and the wait for what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import AlreadyCalledError, Deferred, TimeoutError, fail, succeed
from sennit.core.failure import Failure

__all__ = ["Step"]

_T = TypeVar("_T")


class Step:
    """One step.

    Args:
        function: What is called; it may return something to wait for.

    Attributes:
        over: Fires with the outcome.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self.over: Deferred[Any] = Deferred()
        self._limit: Any = None
        self._ours = False
        self._reason: Failure | None = None
        self._awaited = self._call(function)
        self._awaited.addBoth(self._settle)

    def _call(self, function: Callable[[], Any]) -> Deferred[Any]:
        try:
            result = function()
        except BaseException as error:
            traceback = error.__traceback__
            return fail(Failure(error, None, None if traceback is None else traceback.tb_next))
        if isinstance(result, Deferred):
            return result
        if inspect.iscoroutine(result):
            self._ours = True
            return ensureDeferred(result)
        if isinstance(result, Awaitable):
            self._ours = True
            return ensureDeferred(_wait_for(result))
        return succeed(result)

    def limit(self, reactor: Any, seconds: float, text: str) -> None:
        """End the step after so many seconds."""
        self._limit = reactor.callLater(seconds, lambda: self.end(Failure(TimeoutError(text))))

    def end(self, failure: Failure) -> None:
        """End the step with a failure.

        A Deferred of the test's own is failed with it, so that its errbacks run; a coroutine is cancelled.
        """
        if self._ours:
            self._reason = failure
            self._awaited.cancel()
            self._fire(failure)
            return
        try:
            self._awaited.errback(failure)
        except AlreadyCalledError:
            # It waits for another Deferred, which its chain returned.
            self._fire(failure)
            self._awaited.cancel()
        else:
            self._fire(failure)

    def _settle(self, result: Any) -> None:
        reason = self._reason
        if reason is not None and isinstance(result, Failure):
            # The reason says why it ended, the traceback of the cancellation where it waited.
            reason.tb = result.tb
            result = reason
        self._fire(result)

    def _fire(self, result: Any) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
        if not self.over.called:
            self.over.callback(result)


async def _wait_for(awaitable: Awaitable[_T]) -> _T:
    return await awaitable
