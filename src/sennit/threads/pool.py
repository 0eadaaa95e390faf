"""A pool of threads that grows with its work and shrinks when it is idle.

One queue feeds all workers.  `_outstanding` counts the calls that are queued or running; a call that
finds it above the number of workers starts another, up to `max`.  A worker that has waited for
`idle_seconds` leaves, down to `min`.  To stop, each worker is sent one `WorkerStop`, which queues behind
the work, so what was accepted is done.

A call runs in a copy of the context (`contextvars`) of the thread that handed it in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["ThreadPool", "ThreadPoolStopped", "WorkerStop"]

_log = Logger()
_P = ParamSpec("_P")
_R = TypeVar("_R")

WorkerStop: Final = object()

# Context, function, its arguments, and who hears the result.
_Call = tuple[
    Context, Callable[..., Any], tuple[Any, ...], dict[str, Any], Callable[[bool, Any], object] | None
]


class ThreadPoolStopped(Exception):
    """The pool was stopped, and takes no more work."""


class ThreadPool:
    """Threads for calls that block.

    Args:
        minthreads: Threads to keep even when there is nothing to do.
        maxthreads: Threads to have at most.
        name: A word for the names of the threads.
        idle_seconds: How long a thread above the minimum waits for work before it ends.

    Attributes:
        min: The minimum, changed by `adjustPoolsize`.
        max: The maximum, likewise.
        name: The name.
        started: True between `start` and `stop`.
        joined: True after `stop`.
        threads: The threads that are alive.
    """

    min: int = 5
    max: int = 20
    name: str | None = None
    started: bool = False
    joined: bool = False
    threadFactory = threading.Thread
    currentThread = staticmethod(threading.current_thread)

    def __init__(
        self,
        minthreads: int = 5,
        maxthreads: int = 20,
        name: str | None = None,
        *,
        idle_seconds: float = 30.0,
    ) -> None:
        _check_size(minthreads, maxthreads)
        self.min = minthreads
        self.max = maxthreads
        self.name = name
        self.threads: list[threading.Thread] = []
        self._working: list[threading.Thread] = []
        self._idle_seconds = idle_seconds
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.Lock()
        self._outstanding = 0
        self._leaving = 0
        self._number = 0

    @property
    def q(self) -> SimpleQueue[Any]:
        """The queue of calls, for its ``qsize()``."""
        return self._queue

    @property
    def workers(self) -> int:
        """How many threads there are, without those that were told to end."""
        return len(self.threads) - self._leaving

    @property
    def waiters(self) -> list[threading.Thread]:
        """The threads that wait for work."""
        with self._lock:
            return [thread for thread in self.threads if thread not in self._working]

    @property
    def working(self) -> list[threading.Thread]:
        """The threads that are in a call."""
        with self._lock:
            return list(self._working)

    def start(self) -> None:
        """Start working on the calls handed in so far and from now on.

        Raises:
            ThreadPoolStopped: If the pool was stopped.
        """
        with self._lock:
            if self.joined:
                raise ThreadPoolStopped("A stopped thread pool cannot be started again; make a new one.")
            self.started = True
            self._balance()

    def stop(self) -> None:
        """Finish the calls handed in, end all threads and wait for them; again is nothing."""
        with self._lock:
            if self.joined:
                return
            self.joined = True
            self.started = False
            threads = list(self.threads)
            while self.workers > 0:
                self._send_away()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join()

    def adjustPoolsize(self, minthreads: int | None = None, maxthreads: int | None = None) -> None:
        """Change how many threads to keep and to have at most.

        Args:
            minthreads: The new minimum; None leaves it.
            maxthreads: The new maximum; None leaves it.
        """
        minthreads = self.min if minthreads is None else minthreads
        maxthreads = self.max if maxthreads is None else maxthreads
        _check_size(minthreads, maxthreads)
        with self._lock:
            self.min = minthreads
            self.max = maxthreads
            if self.started:
                self._balance()

    def callInThread(self, func: Callable[_P, object], *args: _P.args, **kw: _P.kwargs) -> None:
        """Call `func` in a thread; its result is dropped, what it raises is logged.

        Args:
            func: What to call.
            *args: Its positional arguments.
            **kw: Its keyword arguments.
        """
        self._submit((copy_context(), func, args, kw, None))

    def callInThreadWithCallback(
        self,
        onResult: Callable[[bool, Any], object] | None,
        func: Callable[_P, _R],
        *args: _P.args,
        **kw: _P.kwargs,
    ) -> None:
        """Call `func` in a thread, and `onResult` with what came of it, in the same thread.

        Args:
            onResult: Called with True and the result, or False and a Failure; None drops the result and
                logs a failure.
            func: What to call.
            *args: Its positional arguments.
            **kw: Its keyword arguments.
        """
        self._submit((copy_context(), func, args, kw, onResult))

    def startAWorker(self) -> None:
        """Have one thread more than now."""
        with self._lock:
            self._hire()

    def stopAWorker(self) -> None:
        """Have one thread less than now, when one is free."""
        with self._lock:
            if self.workers > 0:
                self._send_away()

    def dumpStats(self) -> None:
        """Log what the pool is doing."""
        _log.info(
            "thread pool {name!r}: {queued} calls queued, {workers} threads, {working} working",
            name=self.name,
            queued=self._queue.qsize(),
            workers=self.workers,
            working=len(self.working),
        )

    def __getstate__(self) -> dict[str, Any]:
        """Be copied as a new pool of the same size: threads and their queue do not travel."""
        return {"min": self.min, "max": self.max, "name": self.name, "idle_seconds": self._idle_seconds}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the pool that `__getstate__` described."""
        ThreadPool.__init__(
            self, state["min"], state["max"], state["name"], idle_seconds=state["idle_seconds"]
        )

    def _submit(self, call: _Call) -> None:
        with self._lock:
            if not self.joined:
                self._outstanding += 1
                self._queue.put(call)
                if self.started and self._outstanding > self.workers < self.max:
                    self._hire()
                return
        on_result = call[4]
        if on_result is None:
            _log.warn(
                "{func!r} was not called: the thread pool {name!r} is stopped", func=call[1], name=self.name
            )
        else:
            on_result(False, Failure(ThreadPoolStopped(f"The thread pool {self.name!r} is stopped.")))

    def _balance(self) -> None:
        wanted = max(self.min, min(self._outstanding, self.max))
        while self.workers < wanted:
            self._hire()
        while self.workers > self.max:
            self._send_away()

    def _hire(self) -> None:
        name = f"PoolThread-{self.name or id(self)}-{self._number}"
        self._number += 1
        thread = self.threadFactory(name=name, target=self._work)
        self.threads.append(thread)
        thread.start()

    def _send_away(self) -> None:
        self._leaving += 1
        self._queue.put(WorkerStop)

    def _work(self) -> None:
        me = self.currentThread()
        while True:
            try:
                call = self._queue.get(timeout=self._idle_seconds)
            except Empty:
                with self._lock:
                    if self._queue.empty() and self.workers > self.min:
                        self.threads.remove(me)
                        return
                continue
            if call is WorkerStop:
                with self._lock:
                    self._leaving -= 1
                    self.threads.remove(me)
                return
            self._working.append(me)
            try:
                _make(call)
            finally:
                with self._lock:
                    self._working.remove(me)
                    self._outstanding -= 1
            del call


def _make(call: _Call) -> None:
    context, func, args, kw, on_result = call
    try:
        result = context.run(func, *args, **kw)
    except BaseException:
        if on_result is None:
            _log.failure("Error in a call in a thread, {func!r}", func=func)
            return
        ok, result = False, Failure()
    else:
        ok = True
    if on_result is not None:
        try:
            context.run(on_result, ok, result)
        except BaseException:
            _log.failure("Error in {on_result!r}, told the result of a call in a thread", on_result=on_result)


def _check_size(minthreads: int, maxthreads: int) -> None:
    assert minthreads >= 0, "minimum is negative"
    assert minthreads <= maxthreads, "minimum is greater than maximum"
