"""Work for threads, done at times that the seed chooses, one piece after another, while nothing else happens.

A function that a program gives to a thread is called from the loop, so it must not wait for the loop: a
call of `blockingCallFromThread` could never return, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sennit.core.failure import Failure
from sennit.log import Logger

if TYPE_CHECKING:
    from sennit.sim.host import Host

__all__ = ["SimulatedThreads"]

_log = Logger()


class SimulatedThreads:
    """Stands for a `sennit.threads.ThreadPool`.

    Args:
        host: Whose it is.
    """

    min = 0
    max = 10
    name: str | None = "simulated"
    started = True
    joined = False
    workers = 0
    threads: list[Any]

    def __init__(self, host: Host) -> None:
        self.host = host
        self.threads = []
        self.waiters: list[Any] = []
        self.working: list[Any] = []

    def start(self) -> None:
        """Do nothing: it always works."""

    def stop(self) -> None:
        """Do nothing: what was begun is done."""

    def adjustPoolsize(self, minthreads: int | None = None, maxthreads: int | None = None) -> None:
        """Do nothing: it has no threads."""

    def callInThread(self, func: Callable[..., object], *args: Any, **kw: Any) -> None:
        """Call a function, soon."""
        self.callInThreadWithCallback(None, func, *args, **kw)

    def callInThreadWithCallback(
        self,
        onResult: Callable[[bool, Any], object] | None,
        func: Callable[..., object],
        *args: Any,
        **kw: Any,
    ) -> None:
        """Call a function, soon, and then `onResult` with whether that went well, and what came of it."""

        def work() -> None:
            try:
                result: Any = func(*args, **kw)
                succeeded = True
            except BaseException:
                result, succeeded = Failure(), False
            if onResult is not None:
                onResult(succeeded, result)
            elif not succeeded:
                _log.failure("Error in a call in a simulated thread, {func!r}", result, func=func)

        self.host.work(work)

    def dumpStats(self) -> None:
        """Do nothing: there is nothing to tell."""
