"""`run`: a whole program in one call, on a reactor made for it and closed after it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from sennit.core.deferred import CancelledError, Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.reactor.reactor import Reactor

__all__ = ["run"]

_T = TypeVar("_T")


@overload
def run(
    main: Callable[..., Awaitable[_T]],
    *args: Any,
    loop: asyncio.AbstractEventLoop | str | None = ...,
    debug: bool = ...,
    **kwargs: Any,
) -> _T: ...
@overload
def run(
    main: Callable[..., _T],
    *args: Any,
    loop: asyncio.AbstractEventLoop | str | None = ...,
    debug: bool = ...,
    **kwargs: Any,
) -> _T: ...
def run(
    main: Callable[..., Any],
    *args: Any,
    loop: asyncio.AbstractEventLoop | str | None = None,
    debug: bool = False,
    **kwargs: Any,
) -> Any:
    """Run a program: call `main` in a new reactor, wait for its result, and shut everything down.

    Within, `current_reactor` is the reactor.  SIGINT and SIGTERM cancel what `main` returned and wait for it
    to end; a second one does not wait.

    Args:
        main: A coroutine function, or any function; a Deferred that it returns is waited for.
        *args: Its positional arguments.
        loop: The loop to run on, or the name of one (`new_loop`).
        debug: Report slow callbacks and misuse of the loop.
        **kwargs: Its keyword arguments.

    Returns:
        The result of `main`; None if it was cancelled because the reactor was stopped.

    Raises:
        BaseException: What `main` raised, or its Deferred failed with.
        KeyboardInterrupt: If it was cancelled by SIGINT.
        SystemExit: If it was cancelled by SIGTERM or SIGBREAK, with 128 plus the signal's number.
    """
    reactor = Reactor(loop, debug=debug)
    program = _Program(reactor, lambda: main(*args, **kwargs))
    try:
        reactor.callWhenRunning(program.start)
        reactor.addSystemEventTrigger("before", "shutdown", program.cancel)
        reactor.run()
    finally:
        reactor.close()
    return program.outcome()


class _Program:
    """The one call that a run is for."""

    def __init__(self, reactor: Reactor, call: Callable[[], Any]) -> None:
        self._reactor = reactor
        self._call = call
        self._main: Deferred[Any] | None = None
        self._ended: Deferred[None] = Deferred()
        self._cancelled = False
        self._result: Any = None

    def start(self) -> None:
        self._main = maybeDeferred(self._call)
        self._main.addBoth(self._end)

    def cancel(self) -> Deferred[None] | None:
        """Cancel what is under way, and tell the shutdown to wait for it."""
        if self._main is None or self._ended.called:
            return None
        self._cancelled = True
        self._main.cancel()
        return self._ended

    def outcome(self) -> Any:
        """Give back, or raise, what came of it."""
        by = self._reactor.exit_signal
        result = self._result
        if self._cancelled and isinstance(result, Failure) and _is_cancellation(result):
            if by is None:
                return None
            if by == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + by)
        if isinstance(result, Failure):
            result.raiseException()
        return result

    def _end(self, result: Any) -> None:
        self._result = result
        self._ended.callback(None)
        self._reactor._stop_if_running()


def _is_cancellation(failure: Failure) -> bool:
    return failure.check(CancelledError, asyncio.CancelledError) is not None
