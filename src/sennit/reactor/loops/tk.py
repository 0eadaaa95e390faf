"""asyncio's loop in Tk's main loop.

Tcl has one event loop in a thread, for all of its interpreters: an interpreter of our own, without windows,
reaches the loop of every window in the thread, made before or after, and needs no display.  Tcl watches the
selector's descriptor (a file handler), so nothing is polled and no helper thread is needed.  Tcl's timers
follow the wall clock: one that is put back while a timer runs makes it late.

``root.quit()`` ends the run.  Closing a window does not: ``root.protocol("WM_DELETE_WINDOW", reactor.stop)``.
"""

from __future__ import annotations

import asyncio
import threading
from math import ceil, inf
from typing import Any

from sennit.reactor.loops import LoopNotAvailable
from sennit.reactor.loops.guest import GuestLoop

try:
    import _tkinter
    import tkinter as tk
except ImportError:
    _tkinter = None  # type: ignore[assignment]

__all__ = ["TkLoop", "new"]

# Fewer main windows than this end Tcl's loop: never.
_NO_WINDOWS = -1
# Tcl counts milliseconds in 32 bits; whoever waits longer is looked at once a day.
_LONGEST_WAIT = 86_400_000
_mine = threading.local()


class TkLoop(GuestLoop):
    """A loop for a program with Tk windows; its own thread is theirs."""

    _tcl: Any = None
    _timer: Any = None
    _descriptor = -1
    _left = False
    _is_main = True

    def enter(self, descriptor: int) -> None:
        """Have Tcl watch the descriptor."""
        self._tcl = _interpreter()
        self._descriptor = descriptor
        self._tcl.createfilehandler(descriptor, tk.READABLE, self._on_file)

    def leave(self) -> None:
        """Let go of the interpreter, which belongs to this thread; the next run may be in another."""
        self._cancel_timer()
        self._tcl.deletefilehandler(self._descriptor)
        self._tcl = None

    def wake_in(self, seconds: float) -> None:
        """Set Tcl's timer."""
        self._cancel_timer()
        if seconds < inf:
            delay = ceil(min(seconds * 1000, _LONGEST_WAIT))
            self._timer = self._tcl.createtimerhandler(delay, self._on_tick)

    def turn(self) -> None:
        """Run Tcl's loop.

        tkinter's, which knows `Misc.quit` and raises what Tk's callbacks raise, is one for the process: a
        ``quit`` in any thread ends it in any.  It is the main thread's; others turn Tcl's loop themselves.
        """
        self._left = False
        self._is_main = threading.current_thread() is threading.main_thread()
        if self._is_main:
            self._tcl.mainloop(_NO_WINDOWS)
        while not (self._is_main or self._left):
            self._tcl.dooneevent(0)

    def quit(self) -> None:
        """End Tcl's loop."""
        self._left = True
        if self._is_main:
            self._tcl.quit()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.deletetimerhandler()
            self._timer = None

    def _on_file(self, _descriptor: int, _mask: int) -> None:
        self.on_readable()

    def _on_tick(self) -> None:
        self._timer = None
        self.on_timer()


def _interpreter() -> Any:
    """Return this thread's interpreter, which must not be deleted by another's."""
    tcl = getattr(_mine, "tcl", None)
    if tcl is None:
        tcl = _mine.tcl = tk.Tcl(className="Sennit").tk
    return tcl


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in Tk's main loop.

    Raises:
        LoopNotAvailable: If Python has no tkinter, or Tcl cannot watch descriptors on this platform.
    """
    if _tkinter is None:
        raise LoopNotAvailable(
            "tkinter is not installed: it comes with Python (on Debian `apt install python3-tk`)."
        )
    if not hasattr(_tkinter.TkappType, "createfilehandler"):
        raise LoopNotAvailable("Tcl cannot watch descriptors on this platform.")
    return TkLoop()
