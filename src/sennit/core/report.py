"""Where an error goes that has no other home: no caller to raise to and no errback to take it.

The reporter is one function for the whole process.  Until a logging system installs its own, reports
are written with the standard library's logging, to the logger named ``sennit``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sennit.core.failure import Failure

__all__ = ["Reporter", "report_error", "set_reporter"]


class Reporter(Protocol):
    """What `set_reporter` takes."""

    def __call__(self, failure: Failure, message: str = "", **context: Any) -> None:
        """Make `failure` known to whoever looks after the program."""


def _report_to_logging(failure: Failure, message: str = "", **context: Any) -> None:
    import logging

    extra = "".join(f"\n{name}: {value}" for name, value in context.items() if value)
    logging.getLogger("sennit").critical("%s\n%s%s", message, failure.getTraceback(), extra)


_reporter: Reporter = _report_to_logging


def report_error(failure: Failure, message: str = "", **context: Any) -> None:
    """Report an error that nothing else will handle.

    Args:
        failure: What went wrong.
        message: One line saying where, such as ``"Unhandled error in Deferred:"``.
        context: Named facts that help to find the cause.
    """
    _reporter(failure, message, **context)


def set_reporter(reporter: Reporter | None) -> Reporter:
    """Send all later reports to `reporter`.

    Args:
        reporter: Called with the arguments of `report_error`; None brings back the first one.

    Returns:
        The reporter that was in place before.
    """
    global _reporter
    previous = _reporter
    _reporter = _report_to_logging if reporter is None else reporter
    return previous
