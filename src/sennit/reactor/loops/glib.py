"""asyncio's loop in GLib's main loop: PyGObject's own (`gi.events`).

In the main thread it is the loop of GLib's default context, where GTK's events are; in another thread it has
a context of its own.  PyGObject does not let it run within itself: open a modal dialog from one of GTK's
signals or ``GLib.idle_add``, not from a delayed call or a protocol, or the network waits for its end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any

from sennit.reactor.loops import LoopNotAvailable, close_at_exit

try:
    from gi.events import GLibEventLoop
    from gi.repository import GLib
except ImportError:
    GLib = None
    GLibEventLoop = object

__all__ = ["GLibLoop", "new"]


class GLibLoop(GLibEventLoop):  # type: ignore[misc]
    """PyGObject's loop, which here raises what ends it (GLib would print it and go on) and is never early."""

    _error: BaseException | None = None

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back at a time of `time`'s clock; PyGObject's loop does it up to a millisecond before."""
        handle: asyncio.TimerHandle = super().call_at(when + 0.001, callback, *args, context=context)
        return handle

    def run_forever(self) -> None:
        """Run until `stop`."""
        super().run_forever()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run_once(self) -> None:
        try:
            super()._run_once()
        except BaseException as error:
            self._error = error
            self.stop()


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in GLib's main loop.

    Raises:
        LoopNotAvailable: If PyGObject 3.50 or later is not installed.
    """
    if GLib is None:
        raise LoopNotAvailable(
            'The loop of GLib and GTK needs PyGObject 3.50 or later: `pip install "sennit[gtk]"`.'
        )
    main = threading.current_thread() is threading.main_thread()
    loop: asyncio.AbstractEventLoop = GLibLoop(GLib.MainContext.default() if main else GLib.MainContext())
    close_at_exit(loop)
    return loop
