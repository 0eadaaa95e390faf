"""Locks between processes: a symbolic link whose target names the process that holds it.

Making a symbolic link is atomic and fails if the name exists, on local and on network file systems.  A
link whose process is gone is stale; it is first renamed, which again only one contender can do, and
then removed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, fail
from sennit.core.outcome import AlreadyTryingToLockError, TimeoutError

__all__ = ["AlreadyTryingToLockError", "DeferredFilesystemLock", "FilesystemLock", "isLocked"]


def _process_runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class FilesystemLock:
    """A lock between processes.

    Args:
        name: The path of the lock.

    Attributes:
        locked: Whether this object holds the lock.
        clean: Whether the last holder let go of it properly; None before this object has held it.
    """

    clean: bool | None = None
    locked = False

    def __init__(self, name: str) -> None:
        self.name = name

    def lock(self) -> bool:
        """Try to take the lock, and return whether that succeeded.

        Raises:
            OSError: If the file system does not let us.
        """
        clean = True
        while True:
            try:
                Path(self.name).symlink_to(str(os.getpid()))
            except FileExistsError:
                try:
                    holder = str(Path(self.name).readlink())
                except FileNotFoundError:
                    continue
                except OSError as error:
                    if error.errno == errno.EACCES:
                        return False
                    raise
                if not holder.isdecimal() or _process_runs(int(holder)):
                    return False
                if not self._remove_stale(holder):
                    return False
                clean = False
                continue
            self.locked = True
            self.clean = clean
            return True

    def _remove_stale(self, holder: str) -> bool:
        """Remove the link of a dead process, and return False if another contender was faster."""
        aside = Path(f"{self.name}.{holder}.{os.getpid()}")
        try:
            Path(self.name).rename(aside)
        except FileNotFoundError:
            return True
        moved = str(aside.readlink())
        if moved == holder:
            aside.unlink()
            return True
        aside.rename(self.name)
        return False

    def unlock(self) -> None:
        """Let go of the lock.

        Raises:
            ValueError: If another process holds it.
            OSError: If it is not held at all.
        """
        holder = str(Path(self.name).readlink())
        if holder != str(os.getpid()):
            raise ValueError(f"The lock {self.name!r} is not owned by this process but by {holder}.")
        Path(self.name).unlink()
        self.locked = False


def isLocked(name: str) -> bool:
    """Whether a living process holds the lock at the path `name`."""
    lock = FilesystemLock(name)
    if lock.lock():
        lock.unlock()
        return False
    return True


class DeferredFilesystemLock(FilesystemLock):
    """A lock between processes that can be waited for.

    Args:
        name: The path of the lock.
        scheduler: Provides IReactorTime; by default the current reactor.
    """

    _interval = 1.0

    def __init__(self, name: str, scheduler: Any = None) -> None:
        super().__init__(name)
        self._scheduler = current_reactor() if scheduler is None else scheduler
        self._attempt: _Attempt | None = None

    def deferUntilLocked(self, timeout: float | None = None) -> Deferred[None]:
        """Try for the lock once a second, and return a Deferred that fires with None once it is held.

        Args:
            timeout: Seconds after which to give up, with `TimeoutError`; None for never.

        Returns:
            The Deferred; it can be cancelled.  It fails with `AlreadyTryingToLockError` if an earlier
            call still waits.
        """
        if self._attempt is not None:
            return fail(AlreadyTryingToLockError(f"{self.name!r} is being waited for already."))
        return _Attempt(self, timeout).start()


class _Attempt:
    """One wait for a lock."""

    def __init__(self, lock: DeferredFilesystemLock, timeout: float | None) -> None:
        self.lock = lock
        self.timeout = timeout
        self.deferred: Deferred[None] = Deferred(lambda _: self.end())
        self.calls: dict[Callable[[], None], Any] = {}

    def start(self) -> Deferred[None]:
        self.lock._attempt = self
        if self.timeout is not None:
            self.calls[self.give_up] = self.lock._scheduler.callLater(self.timeout, self.give_up)
        self.attempt()
        return self.deferred

    def attempt(self) -> None:
        self.calls.pop(self.attempt, None)
        try:
            locked = self.lock.lock()
        except OSError:
            self.end()
            self.deferred.errback()
            return
        if locked:
            self.end()
            self.deferred.callback(None)
        else:
            self.calls[self.attempt] = self.lock._scheduler.callLater(self.lock._interval, self.attempt)

    def give_up(self) -> None:
        del self.calls[self.give_up]
        self.end()
        self.deferred.errback(
            TimeoutError(f"Timed out after {self.timeout:g} s waiting for the lock {self.lock.name!r}.")
        )

    def end(self) -> None:
        self.lock._attempt = None
        while self.calls:
            self.calls.popitem()[1].cancel()
