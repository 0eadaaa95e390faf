"""`SubunitReporter`: a run told in the subunit protocol, for other programs."""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any

from zope.interface import implementer

from sennit.core.extras import missing_extra
from sennit.trial.adapter import PyUnitResultAdapter
from sennit.trial.interfaces import IReporter

__all__ = ["SubunitReporter", "TestProtocolClient"]

_subunit: ModuleType | None = None
with suppress(ImportError):
    _subunit = importlib.import_module("subunit")

TestProtocolClient: Any = getattr(_subunit, "TestProtocolClient", None)
"""The class that speaks the protocol; None where the library is not installed."""


@implementer(IReporter)
class SubunitReporter:
    """Writes a run in the subunit protocol, version 1.

    Args:
        stream: Where to: text, or bytes.
        tbformat: Has no effect: the protocol has a form of its own.
        realtime: Has no effect: all is written at once.
        publisher: Has no effect: the protocol has no events of a log.

    Raises:
        MissingExtraError: If the library is not installed.
    """

    testsRun: Any = None

    def __init__(
        self,
        stream: Any = sys.stdout,
        tbformat: str = "default",
        realtime: bool = False,
        publisher: Any = None,
    ) -> None:
        if TestProtocolClient is None:
            raise missing_extra("The subunit reporter", "subunit")
        self._client = TestProtocolClient(getattr(stream, "buffer", stream))
        self._result = PyUnitResultAdapter(self._client)
        self._successful = True

    @property
    def shouldStop(self) -> bool:
        """Whether no more tests are to be run."""
        return bool(self._client.shouldStop)

    def stop(self) -> None:
        """Have no more tests run."""
        self._client.stop()

    def wasSuccessful(self) -> bool:
        """Return whether all is well so far."""
        return self._successful and bool(self._client.wasSuccessful())

    def done(self) -> None:
        """Do nothing: there is no summary in the protocol."""

    def startTest(self, test: Any) -> None:
        """Write that a test begins."""
        self._result.startTest(test)

    def stopTest(self, test: Any) -> None:
        """Write that a test is over."""
        self._result.stopTest(test)

    def addSuccess(self, test: Any) -> None:
        """Write that it passed."""
        self._result.addSuccess(test)

    def addSkip(self, test: Any, reason: Any) -> None:
        """Write that it was skipped."""
        self._result.addSkip(test, str(reason))

    def addError(self, test: Any, err: Any) -> None:
        """Write that there was an error."""
        self._successful = False
        self._result.addError(test, err)

    def addFailure(self, test: Any, err: Any) -> None:
        """Write that it failed."""
        self._successful = False
        self._result.addFailure(test, err)

    def addExpectedFailure(self, test: Any, failure: Any, todo: Any = None) -> None:
        """Write that it failed as expected."""
        self._result.addExpectedFailure(test, failure, todo)

    def addUnexpectedSuccess(self, test: Any, todo: Any = None) -> None:
        """Write that it passed: readers would take what was not expected for a failure of the run."""
        self._result.addSuccess(test)
