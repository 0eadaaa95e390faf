"""What the runner, the tests and the reporters ask of each other."""

from __future__ import annotations

from typing import Any, TypeVar

from zope.interface import Attribute, Interface

__all__ = ["IReporter", "IReporterWithDurations", "ITestCase", "ITestCaseVar"]

ITestCaseVar = TypeVar("ITestCaseVar", bound="ITestCase")


class ITestCase(Interface):
    """Something that can be run and reported: one test."""

    failureException = Attribute("The exception that means the test found what it looks for.")
    skip = Attribute("The reason for which the test is not run; None if it is.")

    def __call__(result: Any) -> Any:
        """Run the test; the same as `run`."""

    def countTestCases() -> int:
        """Return how many tests this is: 1."""

    def id() -> str:
        """Return the name that tells this test from all others."""

    def run(result: Any) -> Any:
        """Run the test, and tell `result` what came of it."""

    def shortDescription() -> str | None:
        """Return one line that says what is tested, or None."""


class IReporter(Interface):
    """Somebody who is told how tests go."""

    shouldStop = Attribute("Whether no more tests are to be run.")
    testsRun = Attribute("How many tests were begun.")

    def startTest(method: Any) -> None:
        """Hear that a test begins."""

    def stopTest(method: Any) -> None:
        """Hear that a test is over, whatever came of it."""

    def addSuccess(test: Any) -> None:
        """Hear that a test passed."""

    def addError(test: Any, error: Any) -> None:
        """Hear that a test, or something around it, raised what it should not have.

        Args:
            test: The test.
            error: A `Failure`, or what `sys.exc_info` gives.
        """

    def addFailure(test: Any, failure: Any) -> None:
        """Hear that an assertion of a test does not hold; the arguments are those of `addError`."""

    def addExpectedFailure(test: Any, failure: Any, todo: Any = None) -> None:
        """Hear that a test failed as it was said it would.

        Args:
            test: The test.
            failure: A `Failure`, or what `sys.exc_info` gives.
            todo: The `Todo` that said so; None if a decorator did.
        """

    def addUnexpectedSuccess(test: Any, todo: Any = None) -> None:
        """Hear that a test passed though it was said that it would not.

        Args:
            test: The test.
            todo: The `Todo` that said so; None if a decorator did.
        """

    def addSkip(test: Any, reason: Any) -> None:
        """Hear that a test was not run, or ended itself, for a reason."""

    def wasSuccessful() -> bool:
        """Return whether all is well so far."""

    def done() -> None:
        """Hear that all tests have been run, and sum up."""


class IReporterWithDurations(IReporter):
    """A reporter that is also told how long tests took."""

    collectedDurations = Attribute("A list of pairs: the text of a test, and its seconds.")

    def addDuration(test: Any, elapsed: float) -> None:
        """Hear how many seconds a test took."""
