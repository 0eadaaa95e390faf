"""Interfaces between a reactor and threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import Interface

__all__ = ["IReactorFromThreads", "IReactorInThreads", "IReactorThreads"]


class IReactorFromThreads(Interface):
    """A reactor that other threads may call."""

    def callFromThread(callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """Call `callable(*args, **kwargs)` in the reactor's thread, soon; the one call any thread may make.

        Calls from one thread happen in the order they were made.
        """


class IReactorInThreads(Interface):
    """A reactor that has threads for blocking work."""

    def callInThread(callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """Call `callable(*args, **kwargs)` in a thread of the pool; an error it raises is reported."""


class IReactorThreads(IReactorFromThreads, IReactorInThreads):
    """A reactor that works with threads both ways."""

    def getThreadPool() -> Any:
        """Give the pool that `callInThread` uses, made at the first call."""

    def suggestThreadPoolSize(size: int) -> None:
        """Limit the pool to `size` threads."""
