"""Calls between threads and the reactor.

`callFromThread` wakes the loop once for all that wait in the `Inbox`.  The first call does so by
``call_soon_threadsafe``; on uvloop the next ones do so by a `Waker`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from sennit.reactor.base import ReactorBase
from sennit.reactor.inbox import Inbox
from sennit.reactor.loops import stands_on_libuv
from sennit.reactor.waker import Waker

if TYPE_CHECKING:
    from sennit.threads import ThreadPool

__all__ = ["Threads"]

_WORKERS = 10
_RESOLVERS = 10


class Threads(ReactorBase):
    """IReactorThreads and IReactorFromThreads."""

    def __init__(self, loop: asyncio.AbstractEventLoop | str | None = None, *, debug: bool = False) -> None:
        self._inbox = Inbox(self._wake)
        self._waker: Waker | None = None
        self._pool_size = _WORKERS
        self.threadpool: ThreadPool | None = None
        self._resolver_pool: ThreadPool | None = None
        super().__init__(loop, debug=debug)

    def callFromThread(self, callable: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Have the reactor make a call in its own thread, soon; safe in any thread and in signal handlers.

        Calls are made in the order in which they were handed in.  What a call raises is logged.

        Args:
            callable: What to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        self._inbox.put(callable, args, kwargs)

    def callInThread(self, callable: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Make a call in a thread of the pool; its result is dropped, what it raises is logged."""
        self.getThreadPool().callInThread(callable, *args, **kwargs)

    def getThreadPool(self) -> ThreadPool:
        """Return the pool behind `callInThread` and `deferToThread`; it is stopped at shutdown.

        Before the reactor runs, the pool takes work and starts it when the reactor does.
        """
        pool = self.threadpool
        if pool is None:
            from sennit.threads import ThreadPool

            pool = self.threadpool = ThreadPool(0, self._pool_size, "sennit.reactor")
            if self._threads_may_run():
                pool.start()
        return pool

    def suggestThreadPoolSize(self, size: int) -> None:
        """Allow the pool `size` threads at most; the pool is there from then on."""
        self._pool_size = size
        self.getThreadPool().adjustPoolsize(maxthreads=size)

    def renew_thread_pool(self) -> None:
        """Let go of the pool behind `callInThread`; the next one has the size of a new reactor's.

        Its threads end when they have done what they were given, which is waited for unless one is at work:
        that one may be waiting for this reactor.
        """
        pool, self.threadpool = self.threadpool, None
        self._pool_size = _WORKERS
        if pool is None:
            return
        if pool.started and pool.working:
            threading.Thread(target=pool.stop, name="sennit.reactor.join").start()
        else:
            pool.stop()

    def _get_resolver_pool(self) -> ThreadPool:
        """Return the pool for name look-ups, apart so that slow work does not starve them, nor they it."""
        pool = self._resolver_pool
        if pool is None:
            from sennit.threads import ThreadPool

            pool = self._resolver_pool = ThreadPool(0, _RESOLVERS, "sennit.resolver")
            if self._threads_may_run():
                pool.start()
        return pool

    def _threads_may_run(self) -> bool:
        """Tell whether pools work now or wait for the reactor to run."""
        return False

    def _start_pools(self) -> None:
        for pool in (self.threadpool, self._resolver_pool):
            if pool is not None and not pool.started:
                pool.start()

    def _take_pools(self) -> list[ThreadPool]:
        """Forget the pools and return those that have to be stopped."""
        pools = [pool for pool in (self.threadpool, self._resolver_pool) if pool is not None]
        self.threadpool = self._resolver_pool = None
        return pools

    def _wake(self) -> None:
        loop = self._loop
        if loop is None:
            return
        self._inbox.awaited = True
        waker = self._waker
        if waker is not None:
            waker.wake()
            return
        try:
            loop.call_soon_threadsafe(self._on_first_call)
        except RuntimeError:
            # The loop was closed between the look and the call: the calls wait for the next one.
            self._inbox.awaited = False

    def _on_first_call(self) -> None:
        loop = self._loop
        if loop is not None and self._waker is None and self._threads_may_run() and stands_on_libuv(loop):
            waker = Waker()
            # In no context of the caller's: the loop would hold it.
            Context().run(loop.add_reader, waker.descriptor, self._on_wake, waker)
            self._waker = waker
        self._run_calls()

    def _on_wake(self, waker: Waker) -> None:
        waker.rest()
        self._run_calls()

    def _run_calls(self) -> None:
        if self._held or self._loop is None:
            self._wake()
            return
        self._inbox.make(self._nested)
        if self._pass_wanted and self._loop is not None:
            self._loop.stop()

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        super()._attach(loop)
        if self._inbox:
            self._wake()

    def _detach(self) -> None:
        self._drop_waker()
        self._inbox.awaited = False
        super()._detach()

    def _drop_waker(self) -> None:
        """Hold no descriptor until the next call."""
        waker, self._waker = self._waker, None
        loop = self._loop
        if waker is None or loop is None or loop.is_closed():
            return
        loop.remove_reader(waker.descriptor)
        if self._inbox.awaited:
            # Whoever raised the flag may have written, or be about to write, where nobody reads any more.
            self._wake()
