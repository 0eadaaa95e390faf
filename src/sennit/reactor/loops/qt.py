"""asyncio's loop in Qt's main loop: qasync, on PySide6 or PyQt6, whichever the program has imported.

The ``QApplication`` is the program's; where it has made none, one is made with the loop (a
``QCoreApplication`` where there is no display).  Qt runs its loop in the main thread alone.

Closing the last window ends Qt's loop, and so stops the reactor, unless the program has called
``setQuitOnLastWindowClosed(False)``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Callable
from math import ceil
from typing import Any

from sennit.reactor.loops import LoopNotAvailable, close_at_exit

try:
    import qasync
    from qasync import QEventLoop
except ImportError:
    qasync = None
    QEventLoop = object

__all__ = ["QtLoop", "new", "ride"]


class QtLoop(QEventLoop):  # type: ignore[misc]
    """qasync's loop with what it leaves out.

    It raises what ends it, lets asynchronous generators end with it, tells its exception handler, and runs
    tasks while one of them has a dialog open.
    """

    _error: BaseException | None = None
    _handler: Callable[..., object] | None = None

    def run_forever(self) -> None:
        """Run until `stop`, or until Qt is told to quit."""
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            super().run_forever()
        finally:
            sys.set_asyncgen_hooks(*hooks)
        error, self._error = self._error, None
        if error is not None:
            raise error

    def set_exception_handler(self, handler: Callable[..., object] | None) -> None:
        """Call `handler` with errors that have no other home; None for the default."""
        self._handler = handler
        super().set_exception_handler(handler)

    def get_exception_handler(self) -> Callable[..., object] | None:
        """Return what `set_exception_handler` was given, which qasync keeps to itself."""
        return self._handler

    def _add_callback(self, handle: Any, delay: float = 0) -> asyncio.Handle:
        ours = _Handle(handle._callback, handle._args, self, handle._context)
        # Qt counts whole milliseconds, and qasync cuts off what is over: half of one more is safely the next.
        super()._add_callback(ours, (ceil(delay * 1000) + 0.5) / 1000 if delay > 0 else 0)
        return ours

    def _fail(self, error: BaseException) -> None:
        self._error = error
        self.stop()


class _Handle(asyncio.Handle):
    """A call that Qt makes, perhaps in a dialog's loop within the step of a task."""

    __slots__ = ()
    _loop: Any

    def _run(self) -> None:
        loop = self._loop
        task = asyncio.current_task(loop)
        if task is not None:
            _leave_task(loop, task)
        try:
            super()._run()
        except BaseException as error:
            loop._fail(error)
        finally:
            if task is not None:
                _enter_task(loop, task)


def new() -> asyncio.AbstractEventLoop:
    """Make a loop in Qt's main loop, to be run in Qt's stead.

    Raises:
        LoopNotAvailable: If qasync, or any Qt that it knows, is not installed.
    """
    return _make(already_running=False)


def ride() -> asyncio.AbstractEventLoop:
    """Make a loop that counts as running, in a ``QApplication`` whose ``exec`` the program calls itself.

    Raises:
        LoopNotAvailable: If qasync, or any Qt that it knows, is not installed.
    """
    return _make(already_running=True)


def _make(*, already_running: bool) -> asyncio.AbstractEventLoop:
    if qasync is None:
        raise LoopNotAvailable('Qt\'s loop needs qasync and PySide6 (or PyQt6): `pip install "sennit[qt]"`.')
    if threading.current_thread() is not threading.main_thread():
        raise LoopNotAvailable("Qt runs its loop in the main thread alone.")
    application = qasync.QtCore.QCoreApplication.instance() or _application()
    loop: asyncio.AbstractEventLoop = QtLoop(application, already_running=already_running)
    close_at_exit(loop)
    return loop


def _application() -> Any:
    """Make the application; without a display Qt would end the process where it is one for windows."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(map(os.environ.get, displays)):
        return qasync.QtCore.QCoreApplication(sys.argv)
    return qasync.QApplication(sys.argv)
