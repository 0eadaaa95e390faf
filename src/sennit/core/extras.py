"""What to say when a part of Sennit is wanted that was not installed.

A room that builds on an optional library imports it where it is needed, and turns the failure of that into a
sentence that says which command installs it.
"""

from __future__ import annotations

__all__ = ["MissingExtraError", "missing_extra"]


class MissingExtraError(ImportError):
    """A part of Sennit is wanted that was not installed."""


def missing_extra(what: str, extra: str) -> MissingExtraError:
    """Make the error for a missing library.

    Args:
        what: What needs it, as the beginning of the sentence.
        extra: The name of the extra that brings it.
    """
    return MissingExtraError(f"{what} needs Sennit's extra {extra!r}: pip install 'sennit[{extra}]'.")
