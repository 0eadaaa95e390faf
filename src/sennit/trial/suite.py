"""Suites of tests, and what is put around each test of one.

A suite runs its tests in order until its result says to stop, with the fixtures of their classes and modules
(``setUpClass``, ``setUpModule``) as the standard library's suite has them.
"""

from __future__ import annotations

import gc
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from zope.interface import implementer

from sennit.core.components import proxyForInterface
from sennit.trial.adapter import reporter_of
from sennit.trial.attributes import excInfoOrFailureToExcInfo
from sennit.trial.interfaces import IReporter, ITestCase
from sennit.trial.logged import logged_errors
from sennit.trial.result import TestResultDecorator

__all__ = [
    "NOT_IN_TEST",
    "CollectingGarbage",
    "DestructiveTestSuite",
    "ErrorHolder",
    "LoggedSuite",
    "TellingAs",
    "TestDecorator",
    "TestHolder",
    "TestSuite",
    "TrialSuite",
    "decorate",
    "each_test",
]

NOT_IN_TEST = "<not in test>"
"""The name under which errors are told that were logged between tests."""


class TestSuite(unittest.TestSuite):
    """Tests and suites, in order.

    Args:
        tests: The tests and suites.
    """

    __test__ = False  # pytest would take it for tests, by its name
    # Suites are run again and again, until something fails.
    _cleanup = False

    def run(self, result: Any, debug: bool = False) -> Any:
        """Run the tests.

        Args:
            result: Who is told.
            debug: Let errors through to the caller.

        Returns:
            `result`.
        """
        return super().run(result, debug)


class DestructiveTestSuite(TestSuite):
    """A suite that forgets each test as it is run, so that what the test holds can be freed."""

    def run(self, result: Any, debug: bool = False) -> Any:
        """Run the tests, and forget them."""
        tests = self._tests
        waiting, tests[:] = tests[::-1], []
        top_level = not getattr(result, "_testRunEntered", False)
        if top_level:
            result._testRunEntered = True
        while waiting and not result.shouldStop:
            tests.append(waiting.pop())
            try:
                super().run(result, debug)
            finally:
                tests.clear()
        tests.extend(waiting[::-1])
        if top_level:
            _end_fixtures(self, result)
            result._testRunEntered = False
        return result


def _end_fixtures(suite: Any, result: Any) -> None:
    """Take down the fixtures of the class and the module that were last, as a whole run does at its end."""
    suite._tearDownPreviousClass(None, result)
    suite._handleModuleTearDown(result)


class LoggedSuite(TestSuite):
    """A suite that tells of errors which are logged while none of its tests runs."""

    def run(self, result: Any, debug: bool = False) -> Any:
        """Run the tests, then tell of those errors."""
        with logged_errors.watched():
            super().run(result, debug)
            for failure in logged_errors.flush():
                reporter_of(result).addError(TestHolder(NOT_IN_TEST), failure)
        return result


class TrialSuite(TestSuite):
    """The suite of a whole run.

    Args:
        tests: The tests and suites.
        forceGarbageCollection: Whether garbage is collected before and after each test.
    """

    def __init__(self, tests: Any = (), forceGarbageCollection: bool = False) -> None:
        self._collects = forceGarbageCollection
        super().__init__([LoggedSuite(tests)])

    def run(self, result: Any, debug: bool = False) -> Any:
        """Run the tests."""
        super().run(CollectingGarbage(reporter_of(result)) if self._collects else result, debug)
        return result


@implementer(IReporter)
class CollectingGarbage:
    """A reporter that has garbage collected before and after each test.

    Args:
        original: Who is told.

    Errors that come up then are those of the test.
    """

    def __init__(self, original: Any) -> None:
        self._original = original
        self._collected = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def startTest(self, test: Any) -> None:
        """Collect, and hand on that a test begins."""
        gc.collect()
        self._collected = False
        self._original.startTest(test)

    def collect(self) -> None:
        """Collect at the end of a test that asks itself which errors were logged."""
        gc.collect()
        self._collected = True

    def stopTest(self, test: Any) -> None:
        """Collect if the test has not, tell errors that it brings up, and hand on that the test is over."""
        if not self._collected:
            with logged_errors.watched():
                gc.collect()
                for failure in logged_errors.flush():
                    self._original.addError(test, failure)
        self._original.stopTest(test)


@implementer(ITestCase)
class TestHolder:
    """Stands for a test that is none, such as a module that cannot be imported.

    Args:
        description: What it stands for: its `id`.
    """

    __test__ = False
    failureException = None
    skip = None

    def __init__(self, description: str) -> None:
        self.description = description

    def __call__(self, result: Any) -> Any:
        """Do what `run` does."""
        return self.run(result)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} description={self.description!r}>"

    def id(self) -> str:
        """Return the description."""
        return self.description

    def countTestCases(self) -> int:
        """Return 0: there is no test."""
        return 0

    def shortDescription(self) -> str:
        """Return the description."""
        return self.description

    def run(self, result: Any) -> Any:
        """Do nothing, between two words to `result`."""
        result.startTest(self)
        result.stopTest(self)
        return result


class ErrorHolder(TestHolder):
    """Stands for what could not be loaded.

    Args:
        description: Its name.
        error: Why: a `Failure`, or what `sys.exc_info` gives.

    Attributes:
        error: Why, as `sys.exc_info` gives it.
    """

    def __init__(self, description: str, error: Any) -> None:
        super().__init__(description)
        self.error = excInfoOrFailureToExcInfo(error)

    def __repr__(self) -> str:
        return f"<ErrorHolder description={self.description!r} error={self.error[1]!r}>"

    def run(self, result: Any) -> Any:
        """Tell `result` the error."""
        result = reporter_of(result)
        result.startTest(self)
        result.addError(self, self.error)
        result.stopTest(self)
        return result


class TellingAs(TestResultDecorator):
    """Hands on what comes of one test as if it were of another.

    Args:
        original: Who is told.
        adapter: Called with the test; gives the other.
    """

    def __init__(self, original: Any, adapter: Callable[[Any], Any]) -> None:
        super().__init__(original)
        self._adapter = adapter

    def startTest(self, method: Any) -> None:
        """Hand on that the test begins."""
        self.original.startTest(self._adapter(method))

    def stopTest(self, method: Any) -> None:
        """Hand on that it is over."""
        self.original.stopTest(self._adapter(method))

    def addSuccess(self, test: Any) -> None:
        """Hand on that it passed."""
        self.original.addSuccess(self._adapter(test))

    def addError(self, test: Any, error: Any) -> None:
        """Hand on an error."""
        self.original.addError(self._adapter(test), error)

    def addFailure(self, test: Any, failure: Any) -> None:
        """Hand on that it failed."""
        self.original.addFailure(self._adapter(test), failure)

    def addSkip(self, test: Any, reason: Any) -> None:
        """Hand on that it was skipped."""
        self.original.addSkip(self._adapter(test), reason)

    def addExpectedFailure(self, test: Any, failure: Any, todo: Any = None) -> None:
        """Hand on that it failed as expected."""
        self.original.addExpectedFailure(self._adapter(test), failure, todo)

    def addUnexpectedSuccess(self, test: Any, todo: Any = None) -> None:
        """Hand on that it passed unexpectedly."""
        self.original.addUnexpectedSuccess(self._adapter(test), todo)


class TestDecorator(proxyForInterface(ITestCase, "_originalTest")):  # type: ignore[misc]
    """A test that stands before another; to be subclassed with another `run`.

    Args:
        original: The other test.
    """

    __test__ = False

    def __call__(self, result: Any) -> Any:
        """Do what `run` does."""
        return self.run(result)

    def run(self, result: Any) -> Any:
        """Run the other test; what comes of it is told of this one."""
        return self._originalTest.run(TellingAs(reporter_of(result), lambda _: self))


def decorate(test: Any, decorator: Callable[[Any], Any]) -> Any:
    """Put something before each test of a suite.

    Args:
        test: The suite, which is changed, or a test.
        decorator: Takes a test and gives another.

    Returns:
        The suite; or what `decorator` gave for the test.
    """
    try:
        tests = iter(test)
    except TypeError:
        return decorator(test)
    test._tests = [decorate(each, decorator) for each in tests]
    return test


def each_test(test: Any) -> Iterator[Any]:
    """Give the single tests of a suite, in order."""
    try:
        parts = iter(test)
    except TypeError:
        yield test
        return
    for part in parts:
        yield from each_test(part)
