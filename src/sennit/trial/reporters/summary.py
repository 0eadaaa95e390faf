"""`Reporter`: a result that ends with a summary, in which what failed alike is told once."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from sennit.core.failure import Failure
from sennit.trial.outcome import Todo
from sennit.trial.reporters.stream import SafeStream
from sennit.trial.result import TestResult
from sennit.trial.trimming import trimmed

__all__ = ["MinimalReporter", "Reporter"]

_LINE = "-" * 79
_DOUBLE_LINE = "=" * 79


class Reporter(TestResult):
    """Writes a summary to a stream.

    Args:
        stream: Where to.
        tbformat: How tracebacks look: ``"default"``, ``"brief"`` or ``"verbose"``.
        realtime: Whether tracebacks are written at once, too.
        publisher: Where events of the log come from; the warnings among them are written.

    Attributes:
        stream: Where to write.
        tbformat: How tracebacks look.
        realtime: Whether tracebacks are written at once, too.
        shouldStop: Whether no more tests are to be run.
    """

    def __init__(
        self,
        stream: Any = sys.stdout,
        tbformat: str = "default",
        realtime: bool = False,
        publisher: Any = None,
    ) -> None:
        super().__init__()
        self._stream = SafeStream(stream)
        self.stream = self._stream
        self.tbformat = "default" if tbformat == "plain" else tbformat
        self.realtime = realtime
        self.planned = 0
        self._publisher = publisher
        self._began: float | None = None
        self._warned: set[str] = set()
        if publisher is not None:
            publisher.addObserver(self._observe)

    def _observe(self, event: dict[str, Any]) -> None:
        """Write an event of the log if it is a warning, and has not been written."""
        if "warning" in event and not event.get("isError"):
            text = warnings.formatwarning(
                event["warning"],
                _category(event["category"]),
                event["filename"],
                event["lineno"],
                event.get("line"),
            )
            if text not in self._warned:
                self._warned.add(text)
                self._write(text)

    def plan(self, number: int) -> None:
        """Hear how many tests there will be."""
        self.planned = number

    def startTest(self, test: Any) -> None:
        """Note that a test begins."""
        if self._began is None:
            self._began = time.perf_counter()
        self._warned.clear()
        super().startTest(test)

    def addFailure(self, test: Any, fail: Any) -> None:
        """Note that an assertion does not hold."""
        super().addFailure(test, fail)
        self._show_at_once(self.failures[-1][1])

    def addError(self, test: Any, error: Any) -> None:
        """Note an error."""
        super().addError(test, error)
        self._show_at_once(self.errors[-1][1])

    def upDownError(self, method: Any, error: Any, warn: bool = True, printStatus: bool = True) -> None:
        """Take an error of a fixture, which is told as an error of its test as well."""

    def cleanupErrors(self, errs: Any) -> None:
        """Write what came of clearing away after tests."""
        self._writeln(f"{errs}")

    def _show_at_once(self, failure: Failure) -> None:
        if self.realtime:
            self._write(self._traceback(failure))

    def _write(self, text: str, *values: object) -> None:
        """Write text; what is given besides is put in the place of its ``%`` signs."""
        self._stream.write(text % values if values else text)
        self._stream.flush()

    def _writeln(self, text: str = "", *values: object) -> None:
        self._write(text + "\n", *values)

    # -- the summary

    def done(self) -> None:
        """Write the summary."""
        if self._publisher is not None:
            self._publisher.removeObserver(self._observe)
        self._write_results()
        self._writeln(_LINE)
        took = 0.0 if self._began is None else time.perf_counter() - self._began
        self._writeln(f"Ran {self.testsRun} tests in {took:.3f}s")
        self._writeln()
        self._write_verdict()

    def _write_results(self) -> None:
        self._writeln()
        self._write_group("[SKIPPED]", self.skips, str)
        self._write_group("[TODO]", self.expectedFailures, self._expected_text)
        self._write_group("[FAIL]", self.failures, self._traceback)
        self._write_group("[ERROR]", self.errors, self._traceback)
        self._write_group("[SUCCESS!?!]", self.unexpectedSuccesses, _todo_text)

    def _write_group(self, title: str, results: Iterable[Any], as_text: Callable[..., str]) -> None:
        """Write results, each text once, with the tests that it is about below it."""
        by_text: dict[str, list[Any]] = {}
        for test, *details in results:
            by_text.setdefault(as_text(*details), []).append(test)
        for text, tests in by_text.items():
            names = "\n".join(test.id() for test in tests)
            self._writeln(f"{_DOUBLE_LINE}\n{title}\n{text.rstrip(chr(10))}\n\n{names}")

    def _expected_text(self, failure: Failure, todo: Todo) -> str:
        return _todo_text(todo) + self._traceback(failure)

    def _verdict(self) -> tuple[bool, str]:
        """Return whether all is well, and the numbers."""
        numbers = {
            "skips": len(self.skips),
            "expectedFailures": len(self.expectedFailures),
            "failures": len(self.failures),
            "errors": len(self.errors),
            "unexpectedSuccesses": len(self.unexpectedSuccesses),
            "successes": self.successes,
        }
        shown = ", ".join(f"{name}={number}" for name, number in numbers.items() if number)
        return self.wasSuccessful(), f" ({shown})" if shown else ""

    def _write_verdict(self) -> None:
        well, numbers = self._verdict()
        self._writeln(f"{'PASSED' if well else 'FAILED'}{numbers}")

    def _traceback(self, failure: Failure) -> str:
        """Return a failure's traceback, without the frames of what runs tests."""
        return trimmed(failure).getTraceback(detail=self.tbformat)


class MinimalReporter(Reporter):
    """Writes one line of numbers for programs: seconds, tests planned, run, errors, failures, skips."""

    def _write_results(self) -> None:
        """Write no results."""

    def _write_verdict(self) -> None:
        took = 0 if self._began is None else time.perf_counter() - self._began
        numbers = (self.testsRun, self.testsRun, len(self.errors), len(self.failures), len(self.skips))
        self._writeln(f"{took} " + " ".join(map(str, numbers)))


def _todo_text(todo: Todo) -> str:
    text = f"Reason: {todo.reason!r}\n"
    if todo.errors:
        text += "Expected errors: " + ", ".join(error.__name__ for error in todo.errors) + "\n"
    return text


def _category(category: Any) -> type[Warning]:
    """Return a warning's class, or a stand-in of the same name where only that is known."""
    if isinstance(category, type):
        return category
    return type(str(category).rpartition(".")[2], (Warning,), {})
