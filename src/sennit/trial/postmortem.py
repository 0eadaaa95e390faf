"""`PostMortem`: opens the debugger where a test failed, at the frame that raised."""

from __future__ import annotations

import pdb
from collections.abc import Callable
from types import TracebackType
from typing import Any

from sennit.core.failure import Failure
from sennit.trial.result import TestResultDecorator, failure_of
from sennit.trial.trimming import trimmed

__all__ = ["PostMortem", "open_pdb"]


def open_pdb(tb: TracebackType) -> bool:
    """Let the user look around in the last frame of a traceback, with the standard library's debugger.

    Returns:
        Whether to go on with other tests: not if the user left by ``quit``.
    """
    debugger = pdb.Pdb()
    debugger.reset()
    debugger.interaction(None, tb)
    return not debugger.quitting


class PostMortem(TestResultDecorator):
    """Hands on what comes of tests, and opens a debugger at each error and each failure.

    Args:
        original: Who is told.
        inspect: Called with the traceback; returns whether to go on.
    """

    def __init__(self, original: Any, inspect: Callable[[TracebackType], bool] = open_pdb) -> None:
        super().__init__(original)
        self._inspect = inspect

    def addError(self, test: Any, error: Any) -> None:
        """Hand on an error, then open the debugger."""
        self.original.addError(test, error)
        self._open(test, failure_of(error))

    def addFailure(self, test: Any, failure: Any) -> None:
        """Hand on a failure, then open the debugger."""
        self.original.addFailure(test, failure)
        self._open(test, failure_of(failure))

    def _open(self, test: Any, failure: Failure) -> None:
        # A failure that went through errbacks was cleaned of its traceback; its exception may still have it.
        tb = trimmed(failure).tb or getattr(failure.value, "__traceback__", None)
        if tb is not None and not self._inspect(tb):
            self.original.shouldStop = True
