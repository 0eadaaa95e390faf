"""Values that hold during a call, and whatever it calls in turn.

A context is a dictionary; the contexts of a thread form a stack that follows its calls.  What is found
nowhere in the stack has its default, which holds for the process.  New code uses `contextvars`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = [
    "ContextTracker",
    "ThreadedContextTracker",
    "call",
    "defaultContextDict",
    "get",
    "installContextTracker",
    "setDefault",
    "theContextTracker",
]

_T = TypeVar("_T")

defaultContextDict: dict[Any, Any] = {}
"""What holds where no context says otherwise."""

setDefault = defaultContextDict.__setitem__


class ContextTracker:
    """One stack of contexts.

    Attributes:
        contexts: The contexts, each with all that it takes over from those below; the innermost is last.
    """

    def __init__(self) -> None:
        self.contexts: list[dict[Any, Any]] = [defaultContextDict]

    def callWithContext(
        self, newContext: Mapping[Any, Any], func: Callable[..., _T], *args: Any, **kw: Any
    ) -> _T:
        """Call `func` with `newContext` on top of the stack, and return its result."""
        self.contexts.append({**self.contexts[-1], **newContext})
        try:
            return func(*args, **kw)
        finally:
            self.contexts.pop()

    def getContext(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key` in the innermost context that has one."""
        return self.contexts[-1].get(key, default)


class ThreadedContextTracker:
    """A stack of contexts for each thread."""

    def __init__(self) -> None:
        self._trackers = threading.local()

    def currentContext(self) -> ContextTracker:
        """Return the stack of this thread."""
        tracker: ContextTracker | None = getattr(self._trackers, "tracker", None)
        if tracker is None:
            tracker = self._trackers.tracker = ContextTracker()
        return tracker

    def callWithContext(self, ctx: Mapping[Any, Any], func: Callable[..., _T], *args: Any, **kw: Any) -> _T:
        """Call `func` with `ctx` on top of this thread's stack, and return its result."""
        return self.currentContext().callWithContext(ctx, func, *args, **kw)

    def getContext(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key` in this thread."""
        return self.currentContext().getContext(key, default)


theContextTracker: Any = ThreadedContextTracker()


def installContextTracker(ctr: Any) -> None:
    """Have `call` and `get` use another tracker."""
    global theContextTracker
    theContextTracker = ctr


def call(ctx: Mapping[Any, Any], func: Callable[..., Any], *args: Any, **kw: Any) -> Any:
    """Call `func` with `ctx` as its innermost context, and return its result."""
    return theContextTracker.callWithContext(ctx, func, *args, **kw)


def get(key: Any, default: Any = None) -> Any:
    """Return the value of `key` here, or `default` if it has none."""
    return theContextTracker.getContext(key, default)
