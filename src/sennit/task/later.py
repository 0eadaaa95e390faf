"""A call after a while, as a Deferred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred

__all__ = ["deferLater"]

_T = TypeVar("_T")


def deferLater(
    clock: Any, delay: float, callable: Callable[..., _T] | None = None, *args: object, **kw: object
) -> Deferred[_T]:
    """Call a function after `delay` seconds.

    Args:
        clock: The reactor or clock; None for the current reactor.
        delay: Seconds.
        callable: What to call; if None, the Deferred just fires, with None.
        args: Its positional arguments.
        kw: Its keyword arguments.

    Returns:
        A Deferred of what the function returns.  Cancelling it calls the call off.
    """
    if clock is None:
        clock = current_reactor()

    def cancel(_: Deferred[Any]) -> None:
        call.cancel()

    deferred: Deferred[Any] = Deferred(cancel)
    if callable is not None:
        function = callable
        deferred.addCallback(lambda _: function(*args, **kw))
    call = clock.callLater(delay, deferred.callback, None)
    return deferred
