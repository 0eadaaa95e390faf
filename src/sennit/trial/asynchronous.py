"""`TestCase`: a test that may wait, for Deferreds, coroutines and asyncio's futures.

A test is a row of steps: `setUp`, the method, each clean-up, and `tearDown`.  A step is over when what it
returns has fired, and has a time limit of its own.  The reactor runs as long as a step waits; in a fresh
reactor the steps are made from within its loop.  When the last is over the reactor must be clean
(`sennit.trial.janitor`).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sennit.core.deferred import Deferred, fail
from sennit.core.failure import Failure
from sennit.trial import attributes
from sennit.trial.case import SynchronousTestCase
from sennit.trial.janitor import clear, leftovers, settle
from sennit.trial.outcome import Todo
from sennit.trial.spinning import reactor_for_a_test, spin
from sennit.trial.steps import Step

__all__ = ["TestCase"]

_T = TypeVar("_T")


class TestCase(SynchronousTestCase):
    """A class of tests that may wait.

    Beside the attributes of `SynchronousTestCase` there is ``timeout``: how many seconds each step may take.

    Args:
        methodName: The method that is the test.
    """

    _can_wait = True

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._reactor: Any = None
        self._waiting: Step | None = None

    def assertFailure(self, deferred: Deferred[_T], *expectedFailures: type[BaseException]) -> Deferred[Any]:
        """Have a Deferred fail the test unless it fails itself, with one of these classes.

        Args:
            deferred: The Deferred.
            expectedFailures: The classes.

        Returns:
            The same Deferred, which fires with the exception.
        """

        def succeeded(result: object) -> None:
            raise self.failureException(f"did not catch an error, instead got {result!r}")

        def failed(failure: Failure) -> Any:
            if failure.check(*expectedFailures):
                return failure.value
            raise self.failureException(f"\nExpected: {expectedFailures!r}\nGot:\n{failure}")

        return deferred.addCallbacks(succeeded, failed)

    failUnlessFailure = assertFailure

    def getTimeout(self) -> float:
        """Return how many seconds each step may take."""
        timeout = self._said("timeout", attributes.DEFAULT_TIMEOUT_DURATION)
        try:
            return float(timeout)
        except (TypeError, ValueError):
            warnings.warn(
                f"The timeout of {self.id()} is {timeout!r}, which is no number of seconds.",
                category=DeprecationWarning,
                stacklevel=2,
            )
            return attributes.DEFAULT_TIMEOUT_DURATION

    def getSuppress(self) -> Any:
        """Return the warnings that are not to be seen, as the ``suppress`` attribute has them."""
        return self._suppressed()

    def _run_stages(self, report: Any) -> None:
        todo = self.getTodo()
        with reactor_for_a_test() as (reactor, fresh):
            self._reactor = reactor
            try:
                within = fresh or any(
                    inspect.iscoroutinefunction(each) for each in (self.setUp, self._method(), self.tearDown)
                )
                spin(reactor, lambda: self._steps(report, todo), self._interrupt, within=within)
                settle(reactor, tasks=fresh)
                left = leftovers(reactor, tasks=fresh)
                if left is not None:
                    self._tell(report, Failure(left), todo)
                    clear(reactor)
            finally:
                self._reactor = None
                reactor.renew_thread_pool()
        self._conclude(report, todo)

    def _steps(self, report: Any, todo: Todo | None) -> Deferred[None]:
        """Make the steps, one after the other; the Deferred fires when all are over."""
        method = self._method()
        refusal = self._refusal()
        test: Callable[[], Any] = method if refusal is None else lambda: fail(refusal)

        def told(failure: Failure) -> None:
            self._tell(report, failure)

        def told_of_test(failure: Failure) -> None:
            self._tell(report, failure, todo, may_skip=True, of_test=True)

        def passed(_: object) -> None:
            self._passed = True

        def make_test(_: object) -> Deferred[Any]:
            step = self._step(test, self._testMethodName)
            step.addCallbacks(passed, told_of_test)
            step.addCallback(lambda _: self._make_cleanups(told))
            step.addCallback(lambda _: self._step(self.tearDown, "tearDown"))
            return step.addErrback(told)

        steps = self._step(self.setUp, "setUp")
        steps.addCallbacks(make_test, lambda failure: self._tell(report, failure, may_skip=True))
        return steps.addCallback(lambda _: self._make_cleanups(told))

    def _make_cleanups(self, told: Callable[[Failure], None]) -> Deferred[None]:
        """Make the clean-ups, the last added first."""
        over: Deferred[None] = Deferred()

        def following(_: object) -> None:
            while self._pending_cleanups:
                function, args, kwargs = self._pending_cleanups.pop()
                name = getattr(function, "__name__", None) or repr(function)
                step = self._step(partial(function, *args, **kwargs), f"cleanup function {name}")
                step.addErrback(told)
                if not step.called:
                    step.addCallback(following)
                    return
            over.callback(None)

        following(None)
        return over

    def doCleanups(self, report: Any = None) -> bool:  # type: ignore[override]
        """Call what `addCleanup` was given, the last first, without waiting for anything."""
        return super().doCleanups(report)

    def _step(self, function: Callable[[], Any], name: str) -> Deferred[Any]:
        """Make one step, and return a Deferred of its outcome, which fires in time."""
        step = Step(function)
        if not step.over.called:
            self._waiting = step
            timeout = self.getTimeout()
            text = f"{self!r} ({name}) still running at {timeout} secs"
            step.limit(self._reactor, timeout, text)
        return step.over

    def _interrupt(self, failure: Failure) -> None:
        """End the step that waits."""
        if self._waiting is not None:
            self._waiting.end(failure)
