"""How a Deferred meets its surroundings: asyncio's futures, clocks, and whoever looks inside.

None of it is done for every Deferred, nor knows how a chain is run.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from sennit.core.failure import FAILURES
from sennit.core.futures import fire_from, future_of
from sennit.core.outcome import CHAIN, DEFERREDS, CancelledError, TimeoutError

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = ["DeferredFace", "passthru"]

_T = TypeVar("_T")


class DeferredFace(Generic[_T]):
    """The part of `sennit.core.deferred.Deferred` that is told here."""

    __slots__ = ()

    called: bool
    result: Any
    _held: int

    @abstractmethod
    def __init__(self, canceller: Callable[[Any], None] | None = None) -> None: ...

    @abstractmethod
    def addBoth(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Append `callback` for values and failures alike."""

    @abstractmethod
    def cancel(self) -> None:
        """Ask that there be no result."""

    @abstractmethod
    def _entries(self) -> list[Any]:
        """Return what is yet to run."""

    @classmethod
    def fromFuture(cls, future: asyncio.Future[_T]) -> Deferred[_T]:
        """Return a Deferred that fires as `future` does; cancelling it cancels the future."""

        def cancel_future(deferred: Deferred[Any]) -> None:
            future.cancel()
            deferred.errback(asyncio.CancelledError())

        deferred = cls(cancel_future)
        fire_from(future, cast("Deferred[_T]", deferred))
        return cast("Deferred[_T]", deferred)

    def asFuture(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[_T]:
        """Return a future of `loop` with the result of this Deferred, whose own becomes None.

        Cancelling the future cancels the Deferred.
        """
        return future_of(cast("Deferred[_T]", self), loop)

    # -- time

    def addTimeout(
        self,
        timeout: float,
        clock: Any,
        onTimeoutCancel: Callable[[Any, float], Any] | None = None,
    ) -> Deferred[Any]:
        """Cancel this Deferred if it has no result in time.

        Args:
            timeout: Seconds from now.
            clock: Provides IReactorTime.
            onTimeoutCancel: Called with the result of cancelling and `timeout` if time ran out; what it
                returns is the next result.  By default a CancelledError becomes a `TimeoutError`.

        Returns:
            This Deferred.
        """
        timed_out = False

        def give_up() -> None:
            nonlocal timed_out
            timed_out = True
            self.cancel()

        call = clock.callLater(timeout, give_up)

        def convert(result: Any) -> Any:
            if timed_out:
                return (onTimeoutCancel or _cancelled_to_timed_out)(result, timeout)
            return result

        def stop_clock(result: Any) -> Any:
            if call.active():
                call.cancel()
            return result

        self.addBoth(convert)
        return cast("Deferred[Any]", self.addBoth(stop_clock))

    @property
    def callbacks(self) -> list[Any]:
        """The pairs yet to run, each ``((callback, args, kwargs), (errback, args, kwargs))``."""
        pairs: list[Any] = []
        for callback, errback, more in self._entries():
            if more is None or type(more) is tuple:
                args, kwargs, errargs, errkwargs = more or ((), {}, (), {})
                pairs.append(
                    ((callback or passthru, args, kwargs), (errback or passthru, errargs, errkwargs))
                )
            elif more == CHAIN:
                pairs.append(((errback.callback, (), {}), (errback.errback, (), {})))
            else:
                pairs.append(((errback, (), {}), (errback, (), {})))
        return pairs

    def __repr__(self) -> str:
        name = f"{type(self).__name__} at {id(self):#x}"
        if not self.called:
            return f"<{name}>"
        result = self.result
        if self._held and type(result) in DEFERREDS:
            return f"<{name} waiting on {type(result).__name__} at {id(result):#x}>"
        return f"<{name} current result: {result!r}>"


def _cancelled_to_timed_out(result: Any, timeout: float) -> Any:
    if type(result) in FAILURES:
        result.trap(CancelledError)
        raise TimeoutError(timeout, "Deferred")
    return result


def passthru(arg: _T) -> _T:
    """Return the argument."""
    return arg
