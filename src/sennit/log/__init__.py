"""Structured events: loggers make them, observers take them, and text is made only where it is wanted.

    from sennit.log import Logger

    log = Logger()
    log.info("{peer} said {line!r}", peer=peer, line=line)

The names are those of ``twisted.logger``.
"""

# ruff: noqa: E402 - the other imports are to find what is compiled
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "log")

from sennit.log.capture import capturedLogs
from sennit.log.files import FileLogObserver, LoggingFile, textFileLogObserver
from sennit.log.filters import (
    FilteringLogObserver,
    ILogFilterPredicate,
    LogLevelFilterPredicate,
    PredicateResult,
)
from sennit.log.flatten import extractField, flattenEvent
from sennit.log.formatting import (
    eventAsText,
    formatEvent,
    formatEventAsClassicLogText,
    formatTime,
    timeFormatRFC3339,
)
from sennit.log.history import LimitedHistoryLogObserver
from sennit.log.interfaces import ILogObserver, LogEvent, LogTrace, bitbucketLogObserver
from sennit.log.legacy import LegacyLogObserverWrapper
from sennit.log.levels import InvalidLogLevelError, LogLevel
from sennit.log.logger import Logger, Operation
from sennit.log.logger import loggerFor as _loggerFor
from sennit.log.publisher import LogPublisher
from sennit.log.reporting import install as _install
from sennit.log.start import LogBeginner, globalLogBeginner, globalLogPublisher
from sennit.log.stdlib import StdlibLogHandler, STDLibLogObserver

if TYPE_CHECKING:
    from sennit.log.jsonlog import eventAsJSON, eventFromJSON, eventsFromJSONLogFile, jsonFileLogObserver

__all__ = [
    "FileLogObserver",
    "FilteringLogObserver",
    "ILogFilterPredicate",
    "ILogObserver",
    "InvalidLogLevelError",
    "LegacyLogObserverWrapper",
    "LimitedHistoryLogObserver",
    "LogBeginner",
    "LogEvent",
    "LogLevel",
    "LogLevelFilterPredicate",
    "LogPublisher",
    "LogTrace",
    "Logger",
    "LoggingFile",
    "Operation",
    "PredicateResult",
    "STDLibLogObserver",
    "StdlibLogHandler",
    "_loggerFor",
    "bitbucketLogObserver",
    "capturedLogs",
    "eventAsJSON",
    "eventAsText",
    "eventFromJSON",
    "eventsFromJSONLogFile",
    "extractField",
    "flattenEvent",
    "formatEvent",
    "formatEventAsClassicLogText",
    "formatTime",
    "globalLogBeginner",
    "globalLogPublisher",
    "jsonFileLogObserver",
    "textFileLogObserver",
    "timeFormatRFC3339",
]

_install()


def __getattr__(name: str) -> Any:
    """Load what speaks JSON when somebody asks for it: most programs log text."""
    if name in {"eventAsJSON", "eventFromJSON", "eventsFromJSONLogFile", "jsonFileLogObserver"}:
        from sennit.log import jsonlog

        return getattr(jsonlog, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
