"""The calls that other threads have handed in for the reactor's to make.

Appending to a deque and reading a flag are atomic, so threads and signal handlers may do it at any instant.
The flag says that the loop was woken for what is there; the reader lowers it before it reads, so an append
that finds the flag up is certain to be seen.

Where it can be compiled, ``inbox.pyx`` takes the place of this module.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, TypeAlias

from sennit.log import Logger

__all__ = ["Inbox"]

_log = Logger()

HandedIn: TypeAlias = "tuple[Context | None, Callable[..., object], tuple[Any, ...], dict[str, Any] | None]"


class Inbox:
    """Calls, in the order in which they were handed in.

    Args:
        wake: Has the loop call `make` soon, and raises the flag; called in any thread.

    Attributes:
        awaited: The flag.
    """

    __slots__ = ("_calls", "_wake", "awaited")

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.awaited = False
        # The context, function and arguments of each.
        self._calls: deque[HandedIn] = deque()

    def __len__(self) -> int:
        """Return how many calls are yet to be made."""
        return len(self._calls)

    def put(self, func: Callable[..., object], args: tuple[Any, ...], kw: dict[str, Any]) -> None:
        """Hand in a call, in any thread.

        Raises:
            AssertionError: If `func` cannot be called.
        """
        assert callable(func), f"{func!r} is not callable"
        # A context in which nothing was set is as good as a new one, and weighs as much as the rest.
        self._calls.append((copy_context() or None, func, args, kw or None))
        if not self.awaited:
            self._wake()

    def make(self, nested: bool) -> None:
        """Make the calls that are there now; those that they hand in wait for the next time.

        Args:
            nested: Whether a call may run the loop within the loop, as a modal dialog does.
        """
        self.awaited = False
        calls = self._calls
        for _ in range(len(calls)):
            if not calls:
                # One of them did so.
                break
            context, func, args, kw = calls.popleft()
            if nested and calls and not self.awaited:
                self._wake()
            try:
                (context or Context()).run(func, *args, **(kw or {}))
            except BaseException:
                _log.failure("Error in a call from another thread, {func!r}", func=func)
        if calls and not self.awaited:
            self._wake()
