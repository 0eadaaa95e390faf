"""Structured events: loggers make them, observers take them, and text is made only where it is wanted.

    from sennit.log import Logger

    log = Logger()
    log.info("{peer} said {line!r}", peer=peer, line=line)

The names are those of ``twisted.logger``.
"""

# ruff: noqa: E402 - the other imports are to find what is compiled
from __future__ import annotations

from typing import TYPE_CHECKING

from sennit.core.native import prefer_compiled
from sennit.lazy import loaded_when_asked

prefer_compiled(__path__, "log")

from sennit.log.interfaces import ILogObserver, LogEvent, LogTrace, bitbucketLogObserver
from sennit.log.levels import InvalidLogLevelError, LogLevel
from sennit.log.logger import Logger, Operation
from sennit.log.logger import loggerFor as _loggerFor
from sennit.log.publisher import LogPublisher
from sennit.log.reporting import install as _install
from sennit.log.start import LogBeginner, globalLogBeginner, globalLogPublisher

if TYPE_CHECKING:
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
    from sennit.log.jsonlog import eventAsJSON, eventFromJSON, eventsFromJSONLogFile, jsonFileLogObserver
    from sennit.log.legacy import LegacyLogObserverWrapper
    from sennit.log.stdlib import StdlibLogHandler, STDLibLogObserver

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

# What few programs need, or only when they say what becomes of their events.
_HOMES = {
    "FileLogObserver": "sennit.log.files",
    "FilteringLogObserver": "sennit.log.filters",
    "ILogFilterPredicate": "sennit.log.filters",
    "LegacyLogObserverWrapper": "sennit.log.legacy",
    "LimitedHistoryLogObserver": "sennit.log.history",
    "LogLevelFilterPredicate": "sennit.log.filters",
    "LoggingFile": "sennit.log.files",
    "PredicateResult": "sennit.log.filters",
    "STDLibLogObserver": "sennit.log.stdlib",
    "StdlibLogHandler": "sennit.log.stdlib",
    "capturedLogs": "sennit.log.capture",
    "eventAsJSON": "sennit.log.jsonlog",
    "eventAsText": "sennit.log.formatting",
    "eventFromJSON": "sennit.log.jsonlog",
    "eventsFromJSONLogFile": "sennit.log.jsonlog",
    "extractField": "sennit.log.flatten",
    "flattenEvent": "sennit.log.flatten",
    "formatEvent": "sennit.log.formatting",
    "formatEventAsClassicLogText": "sennit.log.formatting",
    "formatTime": "sennit.log.formatting",
    "jsonFileLogObserver": "sennit.log.jsonlog",
    "textFileLogObserver": "sennit.log.files",
    "timeFormatRFC3339": "sennit.log.formatting",
}
__getattr__, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)
