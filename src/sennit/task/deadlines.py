"""Deadlines: an end to the time that a block of code may take."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

from sennit.core.current import current_reactor
from sennit.task.host import Interruption, Shield, hosting_task

__all__ = ["Deadline", "deadline", "deadline_at", "shield"]


class Deadline:
    """An asynchronous context manager that gives its block a time in which to finish; see `deadline`.

    Attributes:
        expired: Whether the time has come while the block was running.
    """

    __slots__ = ("_clock", "_delay", "_interruption", "_timer", "_until", "expired")

    def __init__(self, delay: float | None, until: float | None, clock: Any) -> None:
        self._delay = delay
        self._until = until
        self._clock = clock
        self._interruption: Interruption | None = None
        self._timer: Any = None
        self.expired = False

    def reschedule(self, seconds: float | None) -> None:
        """Put the deadline so many seconds from now, or nowhere if None.

        Raises:
            RuntimeError: If the block is not running, or the deadline has expired.
        """
        if self._interruption is None or self._interruption.over or self.expired:
            raise RuntimeError("This deadline has expired, or its block is not running: it cannot be moved.")
        self._disarm()
        self._arm(seconds)

    async def __aenter__(self) -> Self:
        if self._interruption is not None:
            raise RuntimeError("A deadline is for one block: make another with deadline(...).")
        self._interruption = Interruption(await hosting_task())
        delay = self._delay
        if self._until is not None:
            delay = self._until - self._now()
        self._arm(delay)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._disarm()
        assert self._interruption is not None
        if await self._interruption.take_back(error):
            raise TimeoutError("The deadline has passed.") from error

    def _now(self) -> float:
        if self._clock is None:
            try:
                self._clock = current_reactor()
            except RuntimeError:
                return time.time()
        return float(self._clock.seconds())

    def _arm(self, delay: float | None) -> None:
        if delay is None:
            return
        if delay <= 0:
            self._expire()
            return
        if self._clock is not None:
            self._timer = self._clock.callLater(delay, self._expire)
            return
        loop = asyncio._get_running_loop()
        if loop is not None:
            self._timer = loop.call_later(delay, self._expire)
        else:
            self._timer = current_reactor().callLater(delay, self._expire)

    def _disarm(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _expire(self) -> None:
        self._timer = None
        self.expired = True
        assert self._interruption is not None
        self._interruption.want()


def deadline(seconds: float | None, *, clock: Any = None) -> Deadline:
    """Give a block of code `seconds` in which to finish.

        async with deadline(5):
            await something()

    When the time comes, the block is interrupted where it waits: ``asyncio.CancelledError`` is raised there,
    once.  If that leaves the block, the ``async with`` raises TimeoutError.  If the block catches it and
    finishes, its own result or error stands, and the ``expired`` attribute of what ``as`` gives is true.
    Of nested deadlines that have both passed the outermost tells.

    Args:
        seconds: How long; None for no end, until `Deadline.reschedule` sets one.
        clock: The reactor or clock that measures; by default the loop or reactor that runs.

    Returns:
        An asynchronous context manager.
    """
    return Deadline(seconds, None, clock)


def deadline_at(when: float, *, clock: Any = None) -> Deadline:
    """Give a block of code until `when`; see `deadline`.

    Args:
        when: A time on the scale of the clock's ``seconds()``: seconds since the epoch, for a reactor.
        clock: The reactor or clock that measures; by default the current reactor.

    Returns:
        An asynchronous context manager.
    """
    return Deadline(None, when, clock)


def shield() -> Shield:
    """Let a block of code finish although deadlines or groups around it end.

        async with shield():
            await connection.send_farewell()

    An interruption from a scope around the block is held back until the block is left.  Deadlines inside of
    the block work as ever.  Cancelling by other means, such as ``asyncio.Task.cancel``, is not held back.

    Returns:
        An asynchronous context manager.
    """
    return Shield()
