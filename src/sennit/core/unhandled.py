"""What is kept beside a Deferred that failed or is debugged, and reports a failure that nobody handles.

It is an object of its own so that only Deferreds that need it pay for a finalizer: it has no other owner
than its Deferred, so its end is the end of the Deferred.
"""

from __future__ import annotations

import traceback
from os.path import dirname

from sennit.core.failure import Failure
from sennit.core.report import report_error

__all__ = ["DebugInfo"]

_HERE = dirname(__file__)


class DebugInfo:
    """The unhandled failure of a Deferred, and the stacks of its making and its firing.

    Attributes:
        failure: What is reported at the end; None when there is nothing to report.
    """

    __slots__ = ("_created", "_invoked", "failure")

    def __init__(self) -> None:
        self.failure: Failure | None = None
        self._created: list[str] | None = None
        self._invoked: list[str] | None = None

    def created(self) -> None:
        """Remember the program's place as that which made the Deferred."""
        self._created = _stack()

    def invoked(self) -> None:
        """Remember the program's place as that which fired the Deferred."""
        self._invoked = _stack()

    def sites(self) -> str:
        """Say where the Deferred was made and where it was first fired, as far as known."""
        text = ""
        for letter, title, stack in (
            ("C", "Deferred was created", self._created),
            ("I", "First Invoker was", self._invoked),
        ):
            if stack is not None:
                lines = "".join(stack).rstrip().split("\n")
                text += f" {letter}: {title}:\n" + "".join(f" {letter}:{line}\n" for line in lines)
        return text

    def __del__(self) -> None:
        failure = self.failure
        if failure is not None:
            self.failure = None
            report_error(failure, "Unhandled error in Deferred:", debugInfo=self.sites())


def _stack() -> list[str]:
    """Return the stack as text, down to the last frame that is not of this package's own making."""
    stack = traceback.extract_stack()
    while stack and dirname(stack[-1].filename) == _HERE:
        stack.pop()
    return stack.format()
