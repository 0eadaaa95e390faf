"""Locks, semaphores and queues whose waiting is a Deferred.

Releasing serves the longest waiter before it returns.  A release by that waiter itself, while it is being
served, only notes that one more is to be served: any number of waiters that release at once are served
by one loop and do not pile up on the stack.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar

from sennit.core.deferred import Deferred, maybeDeferred, succeed
from sennit.core.outcome import QueueOverflow, QueueUnderflow

__all__ = ["DeferredLock", "DeferredQueue", "DeferredSemaphore", "QueueOverflow", "QueueUnderflow"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


class _Acquirable(ABC):
    """Something that is acquired before work and released after it; waiters are served in order."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[Any]] = []
        self._serving = False
        self._owed = 0  # releases whose waiter is yet to be served

    @abstractmethod
    def acquire(self) -> Deferred[Self]:
        """Return a Deferred that fires with this object once it is acquired."""

    @abstractmethod
    def release(self) -> None:
        """Give back what `acquire` took."""

    def _wait(self) -> Deferred[Self]:
        waiter: Deferred[Self] = Deferred(self.waiting.remove)
        self.waiting.append(waiter)
        return waiter

    @abstractmethod
    def _free(self) -> None:
        """Take back one release for which there is no waiter."""

    def _hand_over(self) -> None:
        """Serve the longest waiter with what was released, or free it."""
        if len(self.waiting) <= self._owed:
            self._free()
            return
        self._owed += 1
        if self._serving:
            return
        self._serving = True
        try:
            while self._owed:
                self._owed -= 1
                if self.waiting:
                    self.waiting.pop(0).callback(self)
                else:
                    self._free()
        finally:
            self._serving = False

    def run(self, f: Callable[_P, Any], /, *args: _P.args, **kwargs: _P.kwargs) -> Deferred[Any]:
        """Acquire, call `f`, wait for its result, release, and fire with the result.

        Args:
            f: May return a value, a Deferred or a coroutine.
            *args: What `f` is called with.
            **kwargs: What `f` is called with by name.
        """
        work = partial(f, *args, **kwargs)

        def call(_: Self) -> Deferred[Any]:
            return maybeDeferred(work).addBoth(give_back)

        def give_back(result: Any) -> Any:
            self.release()
            return result

        return self.acquire().addCallback(call)

    def __aenter__(self) -> Deferred[Self]:
        """Acquire."""
        return self.acquire()

    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> Deferred[bool]:
        """Release."""
        self.release()
        return succeed(False)


class DeferredLock(_Acquirable):
    """A lock that one can hold at a time.

    Attributes:
        locked: Whether it is held.
    """

    locked = False

    def acquire(self) -> Deferred[Self]:
        """Return a Deferred that fires with the lock once it is held; cancelling it gives up waiting."""
        if self.locked:
            return self._wait()
        self.locked = True
        return succeed(self)

    def release(self) -> None:
        """Let go of the lock, which passes to the longest waiter.

        Raises:
            AssertionError: If it is not held.
        """
        if not self.locked or self._owed:
            raise AssertionError("Tried to release an unlocked lock")
        self._hand_over()

    def _free(self) -> None:
        self.locked = False


class DeferredSemaphore(_Acquirable):
    """A lock that several can hold at a time.

    Args:
        tokens: How many.

    Raises:
        ValueError: If `tokens` is less than one.
    """

    def __init__(self, tokens: int) -> None:
        super().__init__()
        if tokens < 1:
            raise ValueError("DeferredSemaphore requires tokens >= 1")
        self.tokens = tokens
        self.limit = tokens

    def acquire(self) -> Deferred[Self]:
        """Return a Deferred that fires with this object once a token is free; it can be cancelled."""
        if not self.tokens:
            return self._wait()
        self.tokens -= 1
        return succeed(self)

    def release(self) -> None:
        """Give a token back; it passes to the longest waiter.

        Raises:
            AssertionError: If all tokens are free.
        """
        if self.tokens + self._owed >= self.limit:
            raise AssertionError("Someone released me too many times: too many tokens!")
        self._hand_over()

    def _free(self) -> None:
        self.tokens += 1


class DeferredQueue(Generic[_T]):
    """A queue whose `get` waits until there is something.

    Args:
        size: How many objects may wait to be got; None for any number.
        backlog: How many may wait for an object; None for any number.
    """

    def __init__(self, size: int | None = None, backlog: int | None = None) -> None:
        self.waiting: list[Deferred[_T]] = []
        self.pending: list[_T] = []
        self.size = size
        self.backlog = backlog

    def put(self, obj: _T) -> None:
        """Give `obj` to the longest waiter, or keep it.

        Raises:
            QueueOverflow: If the queue is full.
        """
        if self.waiting:
            self.waiting.pop(0).callback(obj)
        elif self.size is None or len(self.pending) < self.size:
            self.pending.append(obj)
        else:
            raise QueueOverflow

    def get(self) -> Deferred[_T]:
        """Return a Deferred of the next object; cancelling it gives up waiting.

        Raises:
            QueueUnderflow: If too many are waiting.
        """
        if self.pending:
            return succeed(self.pending.pop(0))
        if self.backlog is None or len(self.waiting) < self.backlog:
            waiter: Deferred[_T] = Deferred(self.waiting.remove)
            self.waiting.append(waiter)
            return waiter
        raise QueueUnderflow
