"""Runs one of Twisted's test modules and writes down what becomes of each test, as it ends.

    python -m conformance.module twisted.test.test_defer outcomes.jsonl

A line is written when a test begins and when it is over; the first names all of them, so that what a crash
cuts off is known.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Any

from conformance.exclusions import exclusions

__all__ = ["lacks_a_module", "main"]

DEFAULT_LIMIT = 15.0
"""How many seconds a step of a test may take that does not say."""


def main(module: str, path: str, done: Collection[str] = ()) -> None:
    """Run the tests of a module, in a new directory under the current one.

    Args:
        module: Its name.
        path: The file to append to.
        done: The tests that are not to be run again.
    """
    from sennit.trial import attributes
    from sennit.trial.loader import TestLoader
    from sennit.trial.result import TestResult
    from sennit.trial.runner import TrialRunner
    from sennit.trial.suite import TestSuite, each_test

    excluded = exclusions()
    reasons: dict[str, str] = {}
    review = "CONFORMANCE_REVIEW" in os.environ
    out = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 (open until the process ends)

    def write(**what: Any) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    class Recorder(TestResult):
        """Writes down what it is told."""

        def __init__(self, *options: object) -> None:
            super().__init__()
            self._outcome: dict[str, Any] = {}
            self._began = 0.0

        def startTest(self, test: Any) -> None:
            self._outcome = {"outcome": "passed"}
            self._began = time.monotonic()
            write(begun=test.id())
            super().startTest(test)

        def stopTest(self, test: Any) -> None:
            super().stopTest(test)
            reason = reasons.get(test.id())
            if reason is not None:
                passes = self._outcome["outcome"] == "passed"
                self._outcome = {"outcome": "excluded", "why": "passes: " * passes + reason}
            write(id=test.id(), seconds=round(time.monotonic() - self._began, 3), **self._outcome)

        def _failed(self, error: Any) -> None:
            # What failed first is the cause; what follows from it is told with it.
            why = self._outcome.get("why", "")
            self._outcome = {"outcome": "failed", "why": f"{why}{_told(error)}\n"[:4000]}

        def addError(self, test: Any, error: Any) -> None:
            if not self._outcome:
                write(id=test.id(), outcome="failed", why=_told(error))
            self._failed(error)

        def addFailure(self, test: Any, fail: Any) -> None:
            self._failed(fail)

        def addUnexpectedSuccess(self, test: Any, todo: Any = None) -> None:
            self._failed(AssertionError("expected to fail, but passed"))

        def addSkip(self, test: Any, reason: Any) -> None:
            self._outcome = {"outcome": "skipped", "why": str(reason)}

    try:
        importlib.import_module(module)
        suite = TestLoader().loadByName(module, recurse=True)
        cases = list(each_test(suite))
    except Exception as error:
        write(loading=_told(error), missing=lacks_a_module(error))
        return
    write(tests=[case.id() for case in cases])
    kept = []
    # A limit of their own is what tests may have.
    attributes.DEFAULT_TIMEOUT_DURATION = DEFAULT_LIMIT
    for case in cases:
        if case.id() in done:
            continue
        found = next((each for each in excluded if each.fits(case.id())), None)
        if found is not None and not review:
            write(id=case.id(), outcome="excluded", why=found.reason)
            continue
        kept.append(case)
        if found is not None:
            reasons[case.id()] = found.reason
    runner = TrialRunner(Recorder, workingDirectory=f"work-{os.getpid()}")
    runner.run(TestSuite(kept))
    write(ended=True)


def lacks_a_module(error: BaseException) -> bool:
    """Tell whether an import failed because the drop-in does not have a module yet."""
    if isinstance(error, ModuleNotFoundError):
        return str(error.name).startswith("twisted.")
    if not isinstance(error, ImportError):
        return False
    from sennit.twisted.table import TABLE

    found = re.match(r"cannot import name '(\w+)' from '(twisted[\w.]*)'", str(error))
    return found is not None and TABLE.get(found[2]) == () and f"{found[2]}.{found[1]}" not in TABLE


def _told(error: Any) -> str:
    """Return an error with the places that it came by, without anybody's source text."""
    value = getattr(error, "value", error)
    if isinstance(value, tuple):
        value = value[1]
    if not isinstance(value, BaseException):
        return str(value)
    places = [
        f"  {Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno} in {frame.name}\n"
        for frame in traceback.extract_tb(value.__traceback__)[-6:]
    ]
    if not places:
        places = [
            f"  {Path(name).parent.name}/{Path(name).name}:{line} in {function}\n"
            for function, name, line, *_ in getattr(error, "frames", [])[-6:]
        ]
    return "".join([f"{type(value).__name__}: {value}\n"[:1500], *places])


if __name__ == "__main__":
    main(*sys.argv[1:])
