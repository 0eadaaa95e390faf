"""The bridges to and from the standard library's `logging`.

What crossed one bridge is not taken across the other, so that both may stand at once.
"""

from __future__ import annotations

import logging
import sys
from types import FrameType
from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.log.formatting import formatEvent
from sennit.log.interfaces import ILogObserver, LogEvent
from sennit.log.levels import LogLevel
from sennit.log.logger import Logger

__all__ = [
    "EventText",
    "STDLibLogObserver",
    "StdlibLogHandler",
    "calling_frame",
    "level_from_stdlib",
    "stdlib_level",
]

_TO_STDLIB = {
    LogLevel.debug: logging.DEBUG,
    LogLevel.info: logging.INFO,
    LogLevel.warn: logging.WARNING,
    LogLevel.error: logging.ERROR,
    LogLevel.critical: logging.CRITICAL,
}

_OUR_MODULES = ("sennit.log.", "sennit.core.report", "sennit.twisted.python.log")


def stdlib_level(level: LogLevel | None) -> int:
    """Return the standard library's number for `level`; for none, that of info."""
    return logging.INFO if level is None else _TO_STDLIB[level]


def level_from_stdlib(number: int) -> LogLevel:
    """Return the highest level that is not above a number of the standard library."""
    if number >= logging.CRITICAL:
        return LogLevel.critical
    if number >= logging.ERROR:
        return LogLevel.error
    if number >= logging.WARNING:
        return LogLevel.warn
    return LogLevel.info if number >= logging.INFO else LogLevel.debug


class EventText:
    """Becomes an event's text when it is asked for its own."""

    __slots__ = ("event",)

    def __init__(self, event: LogEvent) -> None:
        self.event = event

    def __str__(self) -> str:
        return formatEvent(self.event)

    __repr__ = __str__


def calling_frame(extra: int = 0) -> FrameType:
    """Return the frame that called for logging: the first outside of these rooms, and `extra` further out."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        extra > 0 or str(frame.f_globals.get("__name__", "")).startswith(_OUR_MODULES)
    ):
        if not str(frame.f_globals.get("__name__", "")).startswith(_OUR_MODULES):
            extra -= 1
        frame = frame.f_back
    return frame


@implementer(ILogObserver)
class STDLibLogObserver:
    """An observer that hands events to the standard library's `logging`.

    The event's text is made only if a handler wants it.

    Args:
        name: The name of the standard library's logger.
        stackDepth: How far out the place to be blamed is: by default, the place that called the logger; each
            number above the default is a frame further out.
    """

    defaultStackDepth = 4

    def __init__(self, name: str = "twisted", stackDepth: int = defaultStackDepth) -> None:
        self.logger = logging.getLogger(name)
        self.stackDepth = stackDepth

    def __call__(self, event: LogEvent) -> None:
        """Hand `event` on, if the standard library's logger is enabled for its level."""
        level = stdlib_level(event.get("log_level"))
        if not self.logger.isEnabledFor(level) or "log_stdlib_record" in event:
            return
        frame = calling_frame(self.stackDepth - self.defaultStackDepth)
        failure = event.get("log_failure")
        exc_info: Any = None
        if failure is not None:
            exc_info = (failure.type, failure.value, failure.tb)
        record = self.logger.makeRecord(
            self.logger.name,
            level,
            frame.f_code.co_filename,
            frame.f_lineno,
            EventText(event),
            (),
            exc_info,
            frame.f_code.co_name,
        )
        record.sennit_event = event
        if failure is not None and failure.tb is None:
            record.exc_text = failure.getTraceback()
        self.logger.handle(record)


class StdlibLogHandler(logging.Handler):
    """A handler for the standard library's `logging` that makes its records into events.

    The event's namespace is the name of the record's logger; the record is its ``log_stdlib_record``.

    Args:
        observer: Who is handed the events; by default the process-wide publisher.
        level: The least important level to take, as the standard library's number.
    """

    def __init__(self, observer: Any = None, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.log = Logger("sennit.log.stdlib", observer=observer)

    def emit(self, record: logging.LogRecord) -> None:
        """Make `record` into an event."""
        if hasattr(record, "sennit_event"):
            return
        event: LogEvent = {
            "log_logger": self.log,
            "log_level": level_from_stdlib(record.levelno),
            "log_namespace": record.name,
            "log_source": None,
            "log_format": "{log_stdlib_record.getMessage()}",
            "log_time": record.created,
            "log_stdlib_record": record,
        }
        if record.exc_info and record.exc_info[1] is not None:
            kind, error, traceback = record.exc_info
            event["log_failure"] = Failure(error, kind, traceback)
        self.log.observer(event)
