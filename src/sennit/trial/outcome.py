"""The exceptions by which a test says how it ended, and `Todo`, by which it says so beforehand."""

from __future__ import annotations

import unittest
from collections.abc import Iterable

from sennit.core.failure import Failure

__all__ = ["FailTest", "SkipTest", "Todo", "makeTodo"]


class FailTest(AssertionError):
    """What a test asserts does not hold."""


class SkipTest(unittest.SkipTest):
    """The test cannot be run here; its argument says why."""


class Todo:
    """Says of a test that it will fail for now.

    Args:
        reason: Why.
        errors: What it may raise, any of these classes; None for anything.

    Attributes:
        reason: Why.
        errors: What it may raise.
    """

    reason: str
    errors: Iterable[type[BaseException]] | None

    def __init__(self, reason: str, errors: Iterable[type[BaseException]] | None = None) -> None:
        self.reason = reason
        self.errors = errors

    def __repr__(self) -> str:
        return f"<Todo reason={self.reason!r} errors={self.errors!r}>"

    def expected(self, failure: Failure) -> bool:
        """Return whether `failure` is what was foretold."""
        return self.errors is None or failure.check(*self.errors) is not None


def makeTodo(value: str | tuple[type[BaseException] | Iterable[type[BaseException]], str]) -> Todo:
    """Make a `Todo` of the value of a ``todo`` attribute.

    Args:
        value: The reason; or a pair of what may be raised, a class or several, and the reason.
    """
    if isinstance(value, str):
        return Todo(value)
    errors, reason = value
    if isinstance(errors, type):
        return Todo(reason, [errors])
    return Todo(reason, list(errors))
