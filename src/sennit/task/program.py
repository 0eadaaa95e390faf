"""A program that is one function: the reactor runs as long as the function does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, NoReturn

from sennit.core.coroutine import ensureDeferred
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ReactorNotRunning
from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["react"]

_log = Logger()


def react(
    main: Callable[..., Deferred[Any] | Coroutine[Any, Any, Any]],
    argv: Iterable[object] = (),
    _reactor: Any = None,
) -> NoReturn:
    """Run the reactor until `main` has finished, and end the process.

    The exit status is 0 if `main` succeeded; that of the SystemExit it failed with, if it did; 1 with a
    traceback in the log if it failed with something else.

    Args:
        main: Called with the reactor and `argv`; returns a Deferred or a coroutine.
        argv: More arguments for `main`.
        _reactor: The reactor; by default the current one.

    Raises:
        SystemExit: Always, once `main` was begun.
    """
    reactor = current_reactor() if _reactor is None else _reactor
    finished = ensureDeferred(main(reactor, *argv))
    code: Any = 0
    state = "new"

    def note_stopping() -> None:
        nonlocal state
        state = "stopping"

    def failed(failure: Failure) -> None:
        nonlocal code
        if failure.check(SystemExit) is not None:
            code = failure.value.code
        else:
            _log.failure("main function encountered error", failure)
            code = 1

    def stop(_: object) -> None:
        nonlocal state
        if state == "running":
            with suppress(ReactorNotRunning):
                reactor.stop()
        elif state == "new":
            state = "done"

    reactor.addSystemEventTrigger("before", "shutdown", note_stopping)
    finished.addErrback(failed)
    finished.addCallback(stop)
    if state == "done":
        reactor.callWhenRunning(reactor.stop)
    else:
        state = "running"
    reactor.run()
    sys.exit(code)
