"""Which thread is the reactor's, and locks around the methods of a class."""

from __future__ import annotations

import functools
import threading
import threading as threadingmodule
from collections.abc import Callable
from typing import Any

__all__ = [
    "XLock",
    "getThreadID",
    "init",
    "ioThread",
    "isInIOThread",
    "registerAsIOThread",
    "synchronize",
    "threadingmodule",
    "unpickle_lock",
]

ioThread: int | None = None

_Reentrant: Any = threading._RLock  # the lock class that can be subclassed


class XLock(_Reentrant):  # type: ignore[misc]
    """A lock that its thread may take again, and that can be pickled, unlocked."""

    def __reduce__(self) -> tuple[Callable[[], XLock], tuple[()]]:
        return unpickle_lock, ()


def unpickle_lock() -> XLock:
    """Return a lock in the place of one that was pickled."""
    return XLock()


def synchronize(*klasses: type) -> None:
    """Put a lock of the instance around the methods that each class names in its ``synchronized`` list."""
    for klass in klasses:
        for name in getattr(klass, "synchronized", ()):
            setattr(klass, name, _locked(getattr(klass, name)))


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        lock = self.__dict__.get("_threadable_lock")
        if lock is None:
            lock = self.__dict__.setdefault("_threadable_lock", XLock())
        with lock:
            return method(self, *args, **kwargs)

    return locked


def init(with_threads: int = 1) -> None:
    """Do nothing: threads need no preparing.

    Args:
        with_threads: Not used.
    """
    del with_threads


def getThreadID() -> int:
    """Return the number of this thread."""
    return threading.get_ident()


def isInIOThread() -> bool:
    """Return whether this is the thread that called `registerAsIOThread`."""
    return ioThread == getThreadID()


def registerAsIOThread() -> None:
    """Declare this thread to be the one that the reactor runs in."""
    global ioThread
    ioThread = getThreadID()
