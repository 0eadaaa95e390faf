"""Results passed between Deferreds and asyncio's futures."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from sennit.core.failure import FAILURES, caught

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = ["await_as_future", "fire_from", "future_of"]


def _pass_to_future(result: Any, future: asyncio.Future[Any]) -> None:
    if future.done():
        return
    if type(result) in FAILURES:
        error = result.value
        if isinstance(error, StopIteration) or not isinstance(error, BaseException):
            error = RuntimeError(f"The Deferred failed with {error!r}.")
        future.set_exception(error)
    else:
        future.set_result(result)


def future_of(deferred: Deferred[Any], loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
    """Return a future of `loop` that takes the result of `deferred`, and cancels it when cancelled."""
    future: asyncio.Future[Any] = loop.create_future()

    def cancel_deferred(future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            deferred.cancel()

    deferred.addBoth(_pass_to_future, future)
    future.add_done_callback(cancel_deferred)
    return future


def await_as_future(deferred: Deferred[Any], loop: asyncio.AbstractEventLoop) -> Generator[Any, Any, Any]:
    """Wait for `deferred` as a task of asyncio's can: through a future."""
    future: asyncio.Future[Any] = loop.create_future()
    deferred.addBoth(_pass_to_future, future)
    try:
        return (yield from future)
    except asyncio.CancelledError:
        deferred.cancel()
        raise


def fire_from(future: asyncio.Future[Any], deferred: Deferred[Any]) -> None:
    """Fire `deferred` as `future` ends, unless it was fired before."""

    def settle(future: asyncio.Future[Any]) -> None:
        if deferred.called:
            return
        try:
            result = future.result()
        except BaseException as error:
            deferred.errback(caught(error))
        else:
            deferred.callback(result)

    future.add_done_callback(settle)
