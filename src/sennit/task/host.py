"""The task that a scope interrupts: the one whose coroutine is inside of its ``async with``.

A scope asks for an interruption with the task's own ``cancel``, and takes the request back with ``uncancel``
when it is left.  So the number of requests in force is right at every level, and scopes nest with each
other, with those of asyncio and with those of anyio, which all count in this way.  Nothing here looks at
which kind of task it is: asyncio's own and ours answer alike.

A shield holds requests back while the task is inside of it, if they come from a scope further out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any
from weakref import WeakKeyDictionary

from sennit.core.deferred import CancelledError
from sennit.core.task_face import hosting_task

__all__ = ["CANCELLATIONS", "Interruption", "Shield", "cancel_task", "checkpoint", "hosting_task"]

CANCELLATIONS = (asyncio.CancelledError, CancelledError)
"""What a coroutine is interrupted with: as a task, and as a Deferred."""

_shields: WeakKeyDictionary[Any, Shield] = WeakKeyDictionary()


class Shield:
    """Holds back, while a task is inside of it, what would interrupt the task from further out."""

    __slots__ = ("_held_back", "_outer", "_task")

    async def __aenter__(self) -> None:
        self._task: Any = await hosting_task()
        self._outer = _shields.get(self._task)
        self._held_back: list[Interruption | None] = []
        _shields[self._task] = self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._outer is None:
            del _shields[self._task]
        else:
            _shields[self._task] = self._outer
        for interruption in self._held_back:
            if interruption is None:
                cancel_task(self._task)
            else:
                interruption.send()

    def hold_back(self, interruption: Interruption | None) -> None:
        """Keep a request until the shield is left; None for one that comes from outside of the task."""
        self._held_back.append(interruption)


def cancel_task(task: Any) -> None:
    """Ask `task` to end; if it is inside of a shield, when it leaves that."""
    shield = _shields.get(task)
    if shield is None:
        task.cancel()
    else:
        shield.hold_back(None)


class Interruption:
    """One scope's way to interrupt its host.

    Attributes:
        task: The host.
        wanted: Whether the host is to be interrupted.
        over: Whether the scope has been left.
    """

    __slots__ = ("_before", "_sent", "_shield", "over", "task", "wanted")

    def __init__(self, task: Any) -> None:
        self.task = task
        self.wanted = False
        self._sent = False
        self.over = False
        self._shield = _shields.get(task)
        self._before: int = task.cancelling()

    def want(self) -> None:
        """Interrupt the host where it waits, or will next wait."""
        if self.wanted or self.over:
            return
        self.wanted = True
        shield = _shields.get(self.task)
        if shield is not None and shield is not self._shield:
            shield.hold_back(self)
        else:
            self.send()

    def send(self) -> None:
        """Ask the host's task to cancel, unless the scope was left."""
        if not self._sent and not self.over:
            self._sent = True
            self.task.cancel()

    async def take_back(self, error: BaseException | None) -> bool:
        """End what `want` began, for the scope is being left with `error`.

        Returns:
            Whether `error` is this interruption, and nobody else's further out.
        """
        self.over = True
        if not self._sent:
            return False
        left = self.task.uncancel()
        if isinstance(error, CANCELLATIONS):
            return bool(left <= self._before)
        if getattr(self.task, "_must_cancel", False) and left <= self._before:
            # Asked for, but not delivered yet: take delivery here, not in what comes after the scope.
            try:
                await checkpoint()
            except asyncio.CancelledError:
                if self.task.cancelling() > self._before:
                    raise
        return False


class checkpoint:  # noqa: N801 - it is awaited like a function's result
    """Waits for one turn of the loop."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield
