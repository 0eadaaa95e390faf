"""Errors that have no other home become critical events."""

from __future__ import annotations

from typing import Any

from sennit.core.failure import Failure
from sennit.core.report import set_reporter
from sennit.log.logger import Logger
from sennit.log.start import globalLogPublisher

__all__ = ["install", "report"]

_log = Logger("sennit", observer=globalLogPublisher)


def report(failure: Failure, message: str = "", **context: Any) -> None:
    """Emit a critical event for an error that nobody else will hear of.

    Args:
        failure: The error.
        message: What was being done.
        context: Fields for the event.
    """
    _log.failure((message or "Unhandled Error").replace("{", "{{").replace("}", "}}"), failure, **context)


def install() -> None:
    """Have `sennit.core` report through events."""
    set_reporter(report)
