"""Signals that end a run, and the handlers that were there before it.

The handler is an ordinary Python one (`signal.signal`), so that programs see it where they look for it.
A Python handler runs between bytecodes, which a loop asleep in the kernel does not reach: the loop's own
``add_signal_handler`` is therefore asked too, with nothing to do, for the descriptor that wakes it.

The first signal asks the reactor to stop.  At the second the reactor gives up waiting, and the
handlers from before are put back, so that a third does what it would without us.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["SignalHandlers"]

_Handler = Callable[[int, FrameType | None], Any]


class SignalHandlers:
    """The handlers of one run.

    Args:
        loop: The loop to wake.
        handlers: What to call for which signal.
    """

    __slots__ = ("_before", "_handlers", "_loop", "_woken")

    def __init__(self, loop: asyncio.AbstractEventLoop, handlers: dict[int, _Handler]) -> None:
        self._loop = loop
        self._handlers = handlers
        self._before: dict[int, Any] = {}
        self._woken: list[int] = []

    def install(self) -> None:
        """Put the handlers in; in a thread other than the main one this does nothing.

        A program that has its own handler for SIGINT keeps it.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        for number, handler in self._handlers.items():
            before = signal.getsignal(number)
            if before is None or (number == signal.SIGINT and before is not signal.default_int_handler):
                continue
            try:
                self._loop.add_signal_handler(number, _wake)
            except (NotImplementedError, RuntimeError, ValueError):
                pass
            else:
                self._woken.append(number)
            signal.signal(number, handler)
            self._before[number] = before

    def restore(self) -> None:
        """Put back the handlers that were there, where ours still stand."""
        for number in self._woken:
            current = signal.getsignal(number)
            if not self._loop.is_closed():
                self._loop.remove_signal_handler(number)
            signal.signal(number, current)
        self._woken.clear()
        for number, before in self._before.items():
            if signal.getsignal(number) == self._handlers[number]:
                signal.signal(number, before)
        self._before.clear()


def _wake() -> None:
    """Do nothing, in the loop."""
