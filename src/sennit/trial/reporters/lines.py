"""Reporters that write a character or a line for each test."""

from __future__ import annotations

from typing import Any

from sennit.trial.reporters.summary import Reporter

__all__ = ["TextReporter", "TimingTextReporter", "VerboseTextReporter"]


class TextReporter(Reporter):
    """Writes a character for each outcome."""

    def addSuccess(self, test: Any) -> None:
        """Write a dot."""
        super().addSuccess(test)
        self._write(".")

    def addError(self, *args: Any) -> None:
        """Write E."""
        super().addError(*args)
        self._write("E")

    def addFailure(self, *args: Any) -> None:
        """Write F."""
        super().addFailure(*args)
        self._write("F")

    def addSkip(self, *args: Any) -> None:
        """Write S."""
        super().addSkip(*args)
        self._write("S")

    def addExpectedFailure(self, *args: Any) -> None:
        """Write T."""
        super().addExpectedFailure(*args)
        self._write("T")

    def addUnexpectedSuccess(self, *args: Any) -> None:
        """Write an exclamation mark."""
        super().addUnexpectedSuccess(*args)
        self._write("!")


class VerboseTextReporter(Reporter):
    """Writes a line for each test: its name, and its outcomes."""

    def startTest(self, tm: Any) -> None:
        """Write the test's name."""
        self._write(f"{tm.id()} ... ")
        super().startTest(tm)

    def stopTest(self, test: Any) -> None:
        """End the line."""
        super().stopTest(test)
        self._writeln()

    def addSuccess(self, test: Any) -> None:
        """Write that it passed."""
        super().addSuccess(test)
        self._write("[OK]")

    def addError(self, *args: Any) -> None:
        """Write that there was an error."""
        super().addError(*args)
        self._write("[ERROR]")

    def addFailure(self, *args: Any) -> None:
        """Write that it failed."""
        super().addFailure(*args)
        self._write("[FAILURE]")

    def addSkip(self, *args: Any) -> None:
        """Write that it was skipped."""
        super().addSkip(*args)
        self._write("[SKIPPED]")

    def addExpectedFailure(self, *args: Any) -> None:
        """Write that it failed as expected."""
        super().addExpectedFailure(*args)
        self._write("[TODO]")

    def addUnexpectedSuccess(self, *args: Any) -> None:
        """Write that it passed unexpectedly."""
        super().addUnexpectedSuccess(*args)
        self._write("[SUCCESS!?!]")


class TimingTextReporter(VerboseTextReporter):
    """Writes how long each test took, too."""

    def stopTest(self, method: Any) -> None:
        """Write the seconds."""
        super().stopTest(method)
        self._write(f"({self._last_time:.03f} secs)\n")
