"""Results of the standard library's kind, told in the way that our tests tell."""

from __future__ import annotations

import unittest
from typing import Any

from zope.interface import implementer

from sennit.core.components import registerAdapter
from sennit.trial.attributes import excInfoOrFailureToExcInfo
from sennit.trial.interfaces import IReporter, ITestCase

__all__ = ["PyUnitResultAdapter", "reporter_of"]


@implementer(IReporter)
class PyUnitResultAdapter:
    """Hands on to a `unittest.TestResult`, or what looks like one; failures become what it expects.

    Args:
        original: The result.
    """

    def __init__(self, original: Any) -> None:
        self.original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def startTest(self, method: Any) -> None:
        """Hand on that a test begins."""
        self.original.startTest(method)

    def stopTest(self, method: Any) -> None:
        """Hand on that a test is over."""
        self.original.stopTest(method)

    def addSuccess(self, test: Any) -> None:
        """Hand on that a test passed."""
        self.original.addSuccess(test)

    def addError(self, test: Any, error: Any) -> None:
        """Hand on an error."""
        self.original.addError(test, _exc_info(error))

    def addFailure(self, test: Any, fail: Any) -> None:
        """Hand on that an assertion does not hold."""
        self.original.addFailure(test, _exc_info(fail))

    def addExpectedFailure(self, test: Any, error: Any, todo: Any = None) -> None:
        """Hand on that a test failed as expected; to a result that knows no such thing, as a success."""
        add = getattr(self.original, "addExpectedFailure", None)
        if add is None:
            self.original.addSuccess(test)
        else:
            add(test, _exc_info(error))

    def addUnexpectedSuccess(self, test: Any, todo: Any = None) -> None:
        """Hand on that a test passed unexpectedly; to a result that knows no such thing, as a success."""
        add = getattr(self.original, "addUnexpectedSuccess", self.original.addSuccess)
        add(test)

    def addSkip(self, test: Any, reason: Any) -> None:
        """Hand on that a test was skipped; to a result that knows no such thing, as a success."""
        add = getattr(self.original, "addSkip", None)
        if add is None:
            self.original.addSuccess(test)
        else:
            add(test, reason)

    def upDownError(self, method: Any, error: Any, warn: bool, printStatus: bool) -> None:
        """Take an error of a fixture, which is told as an error of its test as well."""


def _exc_info(error: Any) -> tuple[Any, Any, Any]:
    """Return what `sys.exc_info` would give, always with a traceback: readers of it depend on that."""
    kind, value, traceback = excInfoOrFailureToExcInfo(error)
    if traceback is None and isinstance(value, BaseException):
        try:
            raise value
        except BaseException as raised:
            traceback = raised.__traceback__
    return kind, value, traceback


registerAdapter(PyUnitResultAdapter, unittest.TestResult, IReporter)
# A test of the standard library's has all that ours promises.
registerAdapter(lambda test: test, unittest.TestCase, ITestCase)


def reporter_of(result: Any) -> Any:
    """Return `result` if it is a reporter, else a reporter that hands on to it."""
    found = IReporter(result, None)
    return PyUnitResultAdapter(result) if found is None else found
