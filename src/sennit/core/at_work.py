"""Whose turn it is: the transport that a loop has called in this thread, and that has not returned yet.

Compiled methods leave no frames by which that could be found out, so they say it, in ``at_work.pyx``; here
nobody does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["at_work"]

COMPILED = False


def at_work() -> Any:
    """Return the transport that has said that it is its turn; None if none has."""
    return None


if TYPE_CHECKING:

    def begin(transport: Any) -> Any:
        """Say that it is the turn of `transport`, which its caller keeps alive; return what `end` takes."""

    def end(outer: Any) -> None:
        """Say that it is again the turn of whose it was before."""
