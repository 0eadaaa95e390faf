"""asyncio's loop in wxWidgets' main loop.

wxPython can be woken by a thread and has timers, but cannot watch a descriptor: a thread waits for the
selector's, wakes wx when it is readable, and waits to hear that the pass is done.  Passes are done when wx is
idle: it would take events that are posted without end for one that never ends, and draw no window.

Closing a window does not stop the reactor: bind ``wx.EVT_CLOSE`` to it.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from math import ceil, inf
from typing import Any

from sennit.reactor.loops import LoopNotAvailable
from sennit.reactor.loops.guest import GuestLoop

try:
    import wx
except ImportError:
    wx = None

__all__ = ["WxLoop", "new"]

_LONGEST_WAIT = 86_400_000
_app: Any = None


class WxLoop(GuestLoop):
    """A loop for a program with wx windows; wx allows it in the main thread alone."""

    _loop: Any = None
    _timer: Any = None
    _watch: _Watch | None = None
    _due = False

    def __init__(self) -> None:
        self._app = _application()
        super().__init__()

    def enter(self, descriptor: int) -> None:
        """Begin to watch the descriptor."""
        self._timer = wx.PyTimer(self.on_timer)
        self._app.Bind(wx.EVT_IDLE, self._on_idle)
        self._watch = _Watch(descriptor)

    def leave(self) -> None:
        """End the thread."""
        self._due = False
        self._timer.Stop()
        self._app.Unbind(wx.EVT_IDLE, handler=self._on_idle)
        if self._watch is not None:
            self._watch.end()
            self._watch = None

    def wake_in(self, seconds: float) -> None:
        """Set wx's timer, which knows no zero: that is when wx has nothing else to do."""
        self._timer.Stop()
        self._due = seconds <= 0
        if self._due:
            wx.WakeUpIdle()
        elif seconds < inf:
            self._timer.StartOnce(ceil(min(seconds * 1000, _LONGEST_WAIT)))

    def turn(self) -> None:
        """Run wx's loop, in one of our own making: the application's returns at once without windows."""
        self._loop = wx.GUIEventLoop()
        activator = wx.EventLoopActivator(self._loop)
        try:
            # Whoever asked before there was an active loop has woken none.
            self._loop.WakeUp()
            self._loop.Run()
        finally:
            del activator
            self._loop = None

    def quit(self) -> None:
        """End wx's loop."""
        if self._loop is not None:
            self._loop.ScheduleExit()

    def _on_idle(self, event: Any) -> None:
        event.Skip()
        if self._due:
            self._due = False
            self.on_timer()
        watch = self._watch
        if watch is not None and watch.ready:
            self.on_readable()
            watch.look_again()


class _Watch:
    """A thread that wakes wx when a descriptor is readable.

    Args:
        descriptor: What to watch.

    Attributes:
        ready: Whether it is readable; whoever saw that calls `look_again`.
    """

    def __init__(self, descriptor: int) -> None:
        self.ready = False
        self._descriptor = descriptor
        self._seen = threading.Semaphore(0)
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="sennit.reactor.wx", daemon=True)
        self._thread.start()

    def look_again(self) -> None:
        """Wait for the descriptor once more; when it is ready already, that is seen once."""
        if self.ready:
            self.ready = False
            self._seen.release()

    def end(self) -> None:
        """End the thread, and wait for that."""
        os.write(self._wake, b".")
        self._seen.release()
        self._thread.join()
        os.close(self._woken)
        os.close(self._wake)

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while all(fd != self._woken for fd, _ in poll.poll()):
            self.ready = True
            wx.WakeUpIdle()
            self._seen.acquire()


def _application() -> Any:
    """Return the application, which is made once in a process and kept, and leaves SIGINT to Python."""
    global _app
    _app = wx.App.Get() or _app or wx.App(redirect=False, clearSigInt=False)
    return _app


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in wx's main loop; where the program has made no ``wx.App``, one is made with it.

    Raises:
        LoopNotAvailable: If wxPython is not installed, or there is no display.
    """
    if wx is None:
        raise LoopNotAvailable('wx\'s loop needs wxPython: `pip install "sennit[wx]"`.')
    try:
        return WxLoop()
    except (SystemError, SystemExit) as error:
        raise LoopNotAvailable(str(error)) from None
