"""`TimeLimit`: an end to the time that a request may take as a whole, and to single phases of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.http.client.errors import PhaseTimeoutError

__all__ = ["TimeLimit"]


class TimeLimit:
    """Counts the time of one request.

    Args:
        clock: The `IReactorTime`.
        total: How many seconds all of it may take; None for no limit.

    Attributes:
        break_off: Called with the error when the time has passed and nothing is awaited.
    """

    __slots__ = ("_awaited", "_clock", "_expired", "_timer", "_total", "break_off")

    def __init__(self, clock: Any, total: float | None) -> None:
        self._clock = clock
        self._total = total
        self._awaited: Deferred[Any] | None = None
        self._expired: PhaseTimeoutError | None = None
        self._timer: Any = None if total is None else clock.callLater(total, self._ring)
        self.break_off: Callable[[Exception], object] | None = None

    def stop(self) -> None:
        """Count no more."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        self._expire("total", self._total or 0.0)

    def _expire(self, phase: str, seconds: float) -> None:
        self._expired = PhaseTimeoutError(phase, seconds)
        if self._awaited is not None:
            self._awaited.cancel()
        elif self.break_off is not None:
            self.break_off(self._expired)

    async def limited(self, awaited: Deferred[Any], phase: str = "", seconds: float | None = None) -> Any:
        """Await something that is cancelled when the time has passed.

        Args:
            awaited: What to await.
            phase: What it is called.
            seconds: How long it may take; None for no limit but the total one.

        Raises:
            PhaseTimeoutError: If it took too long.
        """
        self._awaited = awaited
        timer = None if seconds is None else self._clock.callLater(seconds, self._expire, phase, seconds)
        try:
            return await awaited
        except BaseException as error:
            if self._expired is not None:
                raise self._expired from error
            raise
        finally:
            self._awaited = None
            if timer is not None and timer.active():
                timer.cancel()
