"""`TestResult`: what came of tests, as it is told, kept.

Tests of the standard library tell what `sys.exc_info` gives, ours tell failures; what is kept are failures.
"""

from __future__ import annotations

import time
import unittest
import warnings
from typing import Any

from zope.interface import implementer

from sennit.core.components import proxyForInterface
from sennit.core.failure import Failure
from sennit.trial.interfaces import IReporter, IReporterWithDurations
from sennit.trial.janitor import DirtyReactorAggregateError
from sennit.trial.outcome import Todo, makeTodo

__all__ = [
    "StoppingAtFirst",
    "TestResult",
    "TestResultDecorator",
    "UncleanWarningsReporterWrapper",
    "failure_of",
]

_EXPECTED = "Test expected to fail"


def failure_of(error: Any) -> Failure:
    """Return the failure that a test was told to have: what is one, or what `sys.exc_info` gives.

    Raises:
        TypeError: If it is neither.
    """
    if isinstance(error, Failure):
        return error
    if isinstance(error, tuple) and len(error) == 3:
        return Failure(error[1], error[0], error[2])
    raise TypeError(f"An error is a Failure, or a class, an exception and a traceback; not {error!r}.")


@implementer(IReporterWithDurations)
class TestResult(unittest.TestResult):
    """Keeps what came of tests.

    Attributes:
        successes: How many passed.
        errors: Pairs of a test and a failure.
        failures: Likewise, where an assertion does not hold.
        skips: Pairs of a test and a reason.
        expectedFailures: A test, its failure and its `Todo`, each.
        unexpectedSuccesses: Pairs of a test and its `Todo`.
        collectedDurations: Pairs of a test's text and its seconds.
    """

    __test__ = False  # pytest would take it for tests, by its name
    successes: int

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Any] = []
        self.failures: list[Any] = []
        self.skips: list[tuple[Any, Any]] = []
        self.expectedFailures: list[Any] = []
        self.unexpectedSuccesses: list[Any] = []
        self.successes = 0
        self.collectedDurations: list[tuple[str, float]] = []
        self._started_at = 0.0
        self._last_time = 0.0

    def __repr__(self) -> str:
        return (
            f"<{type(self).__module__}.{type(self).__qualname__} run={self.testsRun} "
            f"errors={len(self.errors)} "
            f"failures={len(self.failures)} todos={len(self.expectedFailures)} "
            f"dones={len(self.unexpectedSuccesses)} skips={len(self.skips)}>"
        )

    def startTest(self, test: Any) -> None:
        """Note that a test begins."""
        super().startTest(test)
        self._started_at = self._time()

    def stopTest(self, test: Any) -> None:
        """Note that a test is over."""
        super().stopTest(test)
        self._last_time = self._time() - self._started_at

    def _time(self) -> float:
        """Return the seconds of a clock that only goes on."""
        return time.perf_counter()

    def addSuccess(self, test: Any) -> None:
        """Note that a test passed."""
        self.successes += 1

    def addError(self, test: Any, error: Any) -> None:
        """Note an error."""
        self.errors.append((test, failure_of(error)))

    def addFailure(self, test: Any, fail: Any) -> None:
        """Note that an assertion does not hold."""
        self.failures.append((test, failure_of(fail)))

    def addSkip(self, test: Any, reason: Any) -> None:
        """Note that a test was skipped."""
        self.skips.append((test, reason))

    def addExpectedFailure(self, test: Any, error: Any, todo: Todo | None = None) -> None:
        """Note that a test failed as expected."""
        self.expectedFailures.append((test, failure_of(error), makeTodo(_EXPECTED) if todo is None else todo))

    def addUnexpectedSuccess(self, test: Any, todo: Todo | None = None) -> None:
        """Note that a test passed unexpectedly."""
        self.unexpectedSuccesses.append((test, makeTodo(_EXPECTED) if todo is None else todo))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        """Note what came of a part of a test of the standard library's."""
        if err is None:
            return
        if issubclass(err[0], test.failureException):
            self.addFailure(subtest, err)
        else:
            self.addError(subtest, err)

    def addDuration(self, test: Any, elapsed: float) -> None:
        """Note how many seconds a test took."""
        self.collectedDurations.append((str(test), elapsed))

    def wasSuccessful(self) -> bool:
        """Return whether nothing failed that should not; a test that passes unexpectedly does no harm."""
        return not (self.failures or self.errors)

    def done(self) -> None:
        """Hear that all tests have been run."""


class TestResultDecorator(proxyForInterface(IReporterWithDurations)):  # type: ignore[misc]
    """A reporter that hands all on to another; to be subclassed.

    Args:
        original: The other.
    """

    __test__ = False

    def __getattr__(self, name: str) -> Any:
        if name == "original":
            raise AttributeError(name)
        return getattr(self.original, name)


class UncleanWarningsReporterWrapper(TestResultDecorator):
    """Gives a warning where a test left something in the reactor, and does not count it as an error.

    Args:
        original: Who is told all else.
    """

    def addError(self, test: Any, error: Any) -> None:
        """Hand on an error, unless it is that one."""
        failure = failure_of(error)
        if failure.check(DirtyReactorAggregateError):
            warnings.warn(f"{test.id()}: {failure.getErrorMessage()}", stacklevel=2)
        else:
            self.original.addError(test, error)


class StoppingAtFirst(TestResultDecorator):
    """Has the run stopped at the first test that fails.

    Args:
        original: Who is told.
    """

    def addError(self, test: Any, error: Any) -> None:
        """Stop, and hand on the error."""
        self.original.shouldStop = True
        self.original.addError(test, error)

    def addFailure(self, test: Any, failure: Any) -> None:
        """Stop, and hand on the failure."""
        self.original.shouldStop = True
        self.original.addFailure(test, failure)


assert IReporterWithDurations.extends(IReporter)
