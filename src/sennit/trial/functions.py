"""Functions that are tests, run in a reactor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.trial import attributes
from sennit.trial.janitor import clear, leftovers, settle
from sennit.trial.logged import logged_errors
from sennit.trial.spinning import reactor_for_a_test, spin
from sennit.trial.steps import Step

__all__ = ["run_fresh", "run_in"]


def run_fresh(call: Callable[[], Any]) -> None:
    """Make a call in a reactor for it alone, and wait for what it returns.

    Args:
        call: What to call.

    Raises:
        DirtyReactorAggregateError: If it leaves something in the reactor.
        BaseException: What it raises, or what its Deferred fails with; or, if an error was logged that it did
            not flush, that.
    """
    with logged_errors.watched(), reactor_for_a_test() as (reactor, fresh):
        logged_errors.flush()
        try:
            run_in(reactor, call)
            settle(reactor, tasks=fresh)
            left = leftovers(reactor, tasks=fresh)
            if left is not None:
                raise left
        finally:
            clear(reactor)
            logged = logged_errors.flush()
        if logged:
            logged[0].raiseException()


def run_in(reactor: Any, call: Callable[[], Any], *, within: bool = True, stop: bool = False) -> None:
    """Make a call in a reactor that does not run yet, and wait for what it returns.

    Args:
        reactor: The reactor.
        call: What to call.
        within: Whether the call is made from within the loop; else the reactor runs only if it must.
        stop: Whether the reactor is stopped at the end, and closes what is open.

    Raises:
        BaseException: What the call raises, or what its Deferred fails with.
    """
    steps: list[Step] = []
    outcomes: list[Any] = []

    def start() -> Deferred[None]:
        step = Step(call)
        steps.append(step)
        if not step.over.called:
            seconds = attributes.DEFAULT_TIMEOUT_DURATION
            step.limit(reactor, seconds, f"The test is still running after {seconds} seconds.")
        return step.over.addBoth(outcomes.append)

    def interrupt(failure: Failure) -> None:
        steps[0].end(failure)

    spin(reactor, start, interrupt, within=within, stop=stop)
    if isinstance(outcomes[0], Failure):
        outcomes[0].raiseException()
