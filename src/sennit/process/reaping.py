"""Learning that a child process has exited, and taking its status.

Each child is waited for by its own number and by nobody else, so this gets along with asyncio's child
processes, uvloop's and `subprocess`'s in the same program: none takes the others' children, and no handler
for SIGCHLD is installed.

Where the system has descriptors for processes (Linux 5.3), the loop watches one.  Elsewhere a thread waits,
and leaves the status to be taken by the loop's thread, so that a number is never signalled after it was given
to another process.
"""

from __future__ import annotations

import os
import signal
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

__all__ = [
    "ExitWatch",
    "abandoned",
    "reapAllProcesses",
    "reapProcessHandlers",
    "reap_abandoned",
    "registerReapProcessHandler",
    "unregisterReapProcessHandler",
    "watch_exit",
]


class Reaper(Protocol):
    """A process that can be asked to look whether it has exited."""

    def reapProcess(self) -> object:
        """Take the status if there is one."""


reapProcessHandlers: dict[int, Reaper] = {}
"""The children whose status nobody has taken yet, by their numbers."""

abandoned: set[Reaper] = set()
"""Those of them whose reactor has stopped, so that no loop watches them."""


def registerReapProcessHandler(pid: int, process: Reaper) -> None:
    """Have `reapAllProcesses` ask `process`.

    Args:
        pid: Its number.
        process: Whatever has a ``reapProcess`` method.

    Raises:
        RuntimeError: If another is registered for the number.
    """
    if pid in reapProcessHandlers:
        raise RuntimeError(f"Process {pid} is registered already.")
    reapProcessHandlers[pid] = process


def unregisterReapProcessHandler(pid: int, process: Reaper) -> None:
    """Undo `registerReapProcessHandler`.

    Raises:
        RuntimeError: If `process` is not registered for the number.
    """
    if reapProcessHandlers.get(pid) is not process:
        raise RuntimeError(f"Process {pid} is not registered.")
    del reapProcessHandlers[pid]


def reap_abandoned() -> None:
    """Take the status of those children that have exited after their reactor had stopped."""
    for process in list(abandoned):
        process.reapProcess()


def reapAllProcesses() -> None:
    """Take the status of every child that has exited; the loop does so by itself while it runs."""
    for process in list(reapProcessHandlers.values()):
        process.reapProcess()


class ExitWatch:
    """Waits for the exit of one child.

    Args:
        loop: The loop in whose thread to call.
        pid: The child's number.
        exited: Called once the child has exited; its status has not been taken.
    """

    __slots__ = ("_exited", "_loop", "_pid")

    def __init__(self, loop: AbstractEventLoop, pid: int, exited: Callable[[], object]) -> None:
        self._loop = loop
        self._pid = pid
        self._exited: Callable[[], object] | None = exited

    def signal(self, number: int) -> None:
        """Send a signal.

        Raises:
            ProcessLookupError: If there is no such process any more.
        """
        os.kill(self._pid, number)

    def cancel(self) -> None:
        """Wait no more."""
        self._exited = None

    def _ready(self) -> None:
        exited, self._exited = self._exited, None
        if exited is not None:
            exited()


class _DescriptorWatch(ExitWatch):
    """By a descriptor for the process."""

    __slots__ = ("_descriptor",)

    def __init__(self, loop: AbstractEventLoop, pid: int, exited: Callable[[], object]) -> None:
        super().__init__(loop, pid, exited)
        self._descriptor = os.pidfd_open(pid)
        loop.add_reader(self._descriptor, self._ready)

    def signal(self, number: int) -> None:
        if self._exited is None:
            raise ProcessLookupError
        signal.pidfd_send_signal(self._descriptor, number)

    def cancel(self) -> None:
        if self._exited is not None:
            self._exited = None
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)

    def _ready(self) -> None:
        exited = self._exited
        self.cancel()
        if exited is not None:
            exited()


class _ThreadWatch(ExitWatch):
    """By a thread that sleeps until the process exits."""

    __slots__ = ()

    def __init__(self, loop: AbstractEventLoop, pid: int, exited: Callable[[], object]) -> None:
        super().__init__(loop, pid, exited)
        name = f"sennit.process.{pid}"
        threading.Thread(target=self._wait, name=name, daemon=True).start()

    def _wait(self) -> None:
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
        # The loop may be closed by now, and nobody interested.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ready)


def watch_exit(loop: AbstractEventLoop, pid: int, exited: Callable[[], object]) -> ExitWatch:
    """Have `exited` called in the loop's thread when the child `pid` has exited.

    Args:
        loop: The loop.
        pid: The number of a child of this process.
        exited: Called once; it is to take the status.
    """
    try:
        return _DescriptorWatch(loop, pid, exited)
    except (AttributeError, OSError):
        return _ThreadWatch(loop, pid, exited)
