"""The errors that are logged while a test runs: each makes the test fail, unless the test takes it.

An error is an event that carries a failure, whatever its level.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sennit.core.failure import Failure
from sennit.log import globalLogPublisher

__all__ = ["LoggedErrors", "logged_errors"]


class LoggedErrors:
    """Keeps the failures that are logged while it watches."""

    def __init__(self) -> None:
        self._watching = 0
        self._errors: list[Failure] = []
        self._ignored: list[type[BaseException]] = []

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event of the log."""
        failure = event.get("log_failure", event.get("failure"))
        if isinstance(failure, Failure) and not (self._ignored and failure.check(*self._ignored)):
            self._errors.append(failure)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Return a context manager that watches the log during its block; blocks may be nested."""
        self.watch()
        try:
            yield
        finally:
            self.unwatch()

    def watch(self) -> None:
        """Watch the log; as many `unwatch` calls end it."""
        if not self._watching:
            globalLogPublisher.addObserver(self)
        self._watching += 1

    def unwatch(self) -> None:
        """End what the last `watch` began."""
        self._watching -= 1
        if not self._watching:
            globalLogPublisher.removeObserver(self)

    def errors(self) -> list[Failure]:
        """Return what was logged and not taken."""
        return list(self._errors)

    def flush(self, *kinds: type[BaseException]) -> list[Failure]:
        """Take errors out.

        Args:
            kinds: The classes of those to take; none for all.

        Returns:
            What was taken, the first logged first.
        """
        if not kinds:
            taken, self._errors = self._errors, []
            return taken
        taken = [failure for failure in self._errors if failure.check(*kinds)]
        self._errors = [failure for failure in self._errors if not failure.check(*kinds)]
        return taken

    def ignore(self, *kinds: type[BaseException]) -> None:
        """Do not keep errors of these classes, until `heed`."""
        self._ignored.extend(kinds)

    def heed(self) -> None:
        """Keep errors of all classes again."""
        self._ignored = []


logged_errors = LoggedErrors()
"""What all tests of a process share."""
