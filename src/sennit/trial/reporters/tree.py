"""`TreeReporter`: modules, classes and tests as a tree, with colour and progress on a terminal."""

from __future__ import annotations

import sys
from typing import Any

from sennit.trial.reporters.stream import paint, wants_colour
from sennit.trial.reporters.summary import Reporter

__all__ = ["TreeReporter"]


class TreeReporter(Reporter):
    """Writes each test under its class and its module, and what came of it at the end of the line.

    On a terminal the line of the test that runs says how far the run has come.

    Args:
        stream: Where to.
        *args: As for `Reporter`.
        **kwargs: Likewise.
    """

    currentLine = ""
    indent = "  "
    columns = 79

    FAILURE = "red"
    ERROR = "red"
    TODO = "blue"
    SKIP = "blue"
    TODONE = "red"
    SUCCESS = "green"

    def __init__(self, stream: Any = sys.stdout, *args: Any, **kwargs: Any) -> None:
        super().__init__(stream, *args, **kwargs)
        self._shown: list[str] = []
        self._colour = wants_colour(stream)
        isatty = getattr(stream, "isatty", None)
        self._terminal = isatty is not None and bool(isatty())
        self._progress = ""

    def getDescription(self, test: Any) -> str:
        """Return what is written for a test: its name in its class; for what is no test, its description."""
        name = str(test.id())
        return name.rpartition(".")[2] if _segments(name) else test.shortDescription() or name

    def startTest(self, test: Any) -> None:
        """Write where the test belongs, as far as that is new, and what it is."""
        self._write_branch(test.id())
        self.currentLine = f"{self.indent * len(self._shown)}{self.getDescription(test)} ... "
        self._write(self.currentLine)
        super().startTest(test)
        if self._terminal and self.planned:
            self._progress = f"{self.testsRun}/{self.planned}"
            self._write(self._grey(self._progress))

    def stopTest(self, test: Any) -> None:
        """Write no progress any more."""
        super().stopTest(test)
        self._progress = ""

    def _write_branch(self, name: str) -> None:
        """Write those parts of a test's path that the last test did not have."""
        segments = _segments(name)
        new = False
        for depth, segment in enumerate(segments):
            new = new or self._shown[depth : depth + 1] != [segment]
            if new:
                self._writeln(self.indent * depth + segment)
        self._shown = segments

    def addSuccess(self, test: Any) -> None:
        """Write that it passed."""
        super().addSuccess(test)
        self.endLine("[OK]", self.SUCCESS)

    def addError(self, *args: Any) -> None:
        """Write that there was an error."""
        super().addError(*args)
        self.endLine("[ERROR]", self.ERROR)

    def addFailure(self, *args: Any) -> None:
        """Write that it failed."""
        super().addFailure(*args)
        self.endLine("[FAIL]", self.FAILURE)

    def addSkip(self, *args: Any) -> None:
        """Write that it was skipped."""
        super().addSkip(*args)
        self.endLine("[SKIPPED]", self.SKIP)

    def addExpectedFailure(self, *args: Any) -> None:
        """Write that it failed as expected."""
        super().addExpectedFailure(*args)
        self.endLine("[TODO]", self.TODO)

    def addUnexpectedSuccess(self, *args: Any) -> None:
        """Write that it passed unexpectedly."""
        super().addUnexpectedSuccess(*args)
        self.endLine("[SUCCESS!?!]", self.TODONE)

    def cleanupErrors(self, errs: Any) -> None:
        """Write what came of clearing away after tests."""
        self._write(self._painted("    cleanup errors", self.ERROR))
        self.endLine("[ERROR]", self.ERROR)
        super().cleanupErrors(errs)

    def upDownError(self, method: Any, error: Any, warn: bool = True, printStatus: bool = True) -> None:
        """Write that a fixture failed."""
        self._write(self._painted(f"  {method}", self.ERROR))
        if printStatus:
            self.endLine("[ERROR]", self.ERROR)
        super().upDownError(method, error, warn, printStatus)

    def endLine(self, message: str, color: str) -> None:
        """End the line of a test.

        Args:
            message: What came of it; it is written at the right edge.
            color: Its colour.
        """
        if self._progress:
            back = "\b" * len(self._progress)
            self._write(back + " " * len(self._progress) + back)
            self._progress = ""
        spaces = " " * (self.columns - len(self.currentLine) - len(message))
        self._write(spaces)
        self._writeln(self._painted(message, color))
        self.currentLine = ""

    def _write(self, text: str, *values: object) -> None:
        if self._progress and "\n" in text:
            self.currentLine = ""
        super()._write(text, *values)

    def _write_verdict(self) -> None:
        well, numbers = self._verdict()
        word = self._painted("PASSED", self.SUCCESS) if well else self._painted("FAILED", self.FAILURE)
        self._writeln(word + numbers)

    def _painted(self, text: str, colour: str) -> str:
        return paint(text, colour) if self._colour else text

    def _grey(self, text: str) -> str:
        return paint(text, "grey") if self._colour else text


def _segments(name: str) -> list[str]:
    """Return the path of a test: its module and its class, if it has both."""
    parts = name.split(".")
    if len(parts) < 3 or "(" in name or "/" in name:
        return parts[:1] if len(parts) == 2 and "(" not in name and "/" not in name else []
    return [".".join(parts[:-2]), parts[-2]]
