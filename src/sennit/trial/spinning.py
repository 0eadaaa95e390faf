"""A reactor for a test: a fresh one for each, or the process's own where it has one.

A process has a reactor of its own where `sennit.core.current.default_reactor` gives one, as under the
drop-in: there tests import it, so they must run on it, and each is handed it clean.  A fresh reactor is made
when the test begins and closed when it is over; nothing can pass from one test to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sennit.core.current import default_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.reactor import Reactor

__all__ = ["ReactorStoppedError", "loop_name", "reactor_for_a_test", "spin"]

loop_name: str | None = None
"""The event loop of fresh reactors, by its name; None for the best there is."""


class ReactorStoppedError(Exception):
    """The reactor was stopped while a test waited."""


@contextmanager
def reactor_for_a_test() -> Iterator[tuple[Any, bool]]:
    """Return a context manager: it gives a reactor, and whether that is a fresh one."""
    own = default_reactor()
    if own is not None:
        yield own, False
        return
    reactor = Reactor(loop_name)
    try:
        yield reactor, True
    finally:
        reactor.close()


def spin(
    reactor: Any,
    start: Callable[[], Deferred[Any]],
    interrupt: Callable[[Failure], object],
    *,
    within: bool,
    stop: bool = False,
) -> Any:
    """Run a reactor until a Deferred has fired.

    Args:
        reactor: The reactor; it must not run.
        start: Gives the Deferred; its chain is not to end in a failure.
        interrupt: Called with a failure when something other than the Deferred ended the run: the user, or
            the reactor's `stop`.  It sees to it that the Deferred comes nearer to firing, and the reactor is
            run again.
        within: Whether `start` is called from within the loop; else the reactor runs only if there is
            something to wait for.
        stop: Whether the reactor is stopped at the end, so that all that is open is closed; else it is left
            as it is.

    Returns:
        The Deferred's result.
    """
    results: list[Any] = []
    running = False

    def end(result: Any) -> None:
        results.append(result)
        if running and not stop:
            reactor.crash()
        elif running and reactor.running:
            reactor.stop()

    def begin() -> None:
        start().addBoth(end)

    if within:
        reactor.callWhenRunning(begin)
    else:
        begin()
    while not results:
        running = True
        try:
            reactor.run(installSignalHandlers=False)
            reason: BaseException = ReactorStoppedError("The reactor was stopped before the test was over.")
        except KeyboardInterrupt as error:
            reason = error
        running = False
        if not results:
            interrupt(Failure(reason))
    return results[0]
