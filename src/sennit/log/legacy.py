"""The two shapes of an event: that of `sennit.log`, and that of the older ``twisted.python.log``.

The older shape has keys without a prefix: ``message`` (a tuple), ``isError``, ``system``, ``time``,
``failure``, ``why`` and a percent ``format``.  An event that crosses from one shape to the other keeps the
keys it had.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import time
from typing import Any

from zope.interface import implementer

from sennit.log.formatting import formatEvent
from sennit.log.interfaces import ILogObserver, LogEvent
from sennit.log.levels import LogLevel
from sennit.log.stdlib import EventText, level_from_stdlib

__all__ = ["LegacyLogObserverWrapper", "publishToNewObserver"]


@implementer(ILogObserver)
class LegacyLogObserverWrapper:
    """An observer that hands events on to one that knows the older shape.

    Args:
        legacyObserver: A callable that takes an event of the older shape.
    """

    def __init__(self, legacyObserver: Callable[[LogEvent], Any]) -> None:
        self.legacyObserver = legacyObserver

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.legacyObserver})"

    def __call__(self, event: LogEvent) -> None:
        """Hand on `event` with the keys of the older shape added."""
        event = dict(event)
        level = event.get("log_level")
        event.setdefault("message", ())
        event.setdefault("time", event.get("log_time"))
        event.setdefault("system", event.get("log_system", "-"))
        if "format" not in event and event.get("log_format") is not None:
            event["format"] = "%(log_legacy)s"
            event["log_legacy"] = EventText(dict(event))
            if not isinstance(event["message"], tuple | list):
                # A field of the newer shape, not the words of the older.
                event["message"] = ()
        if "log_failure" in event:
            if "failure" not in event:
                event["failure"] = event["log_failure"]
                event.setdefault("why", formatEvent(event) or None)
            event.setdefault("isError", 1)
        else:
            event.setdefault("isError", 1 if level in {LogLevel.error, LogLevel.critical} else 0)
        self.legacyObserver(event)


def publishToNewObserver(
    observer: Callable[[LogEvent], Any],
    eventDict: LogEvent,
    textFromEventDict: Callable[[LogEvent], str | None],
) -> None:
    """Hand an event of the older shape to an observer of the newer one.

    Args:
        observer: Who is handed the event.
        eventDict: The event, to which the newer keys are added.
        textFromEventDict: Makes an event of the older shape into text.
    """
    if "log_time" not in eventDict:
        eventDict["log_time"] = eventDict.get("time", time())
    if "log_format" not in eventDict:
        text = textFromEventDict(eventDict)
        if text is not None:
            eventDict["log_text"] = text
            eventDict["log_format"] = "{log_text}"
    if "log_level" not in eventDict:
        level = _level(eventDict)
        if level is not None:
            eventDict["log_level"] = level
    eventDict.setdefault("log_namespace", "log_legacy")
    if "log_system" not in eventDict and "system" in eventDict:
        eventDict["log_system"] = eventDict["system"]
    observer(eventDict)


def _level(event: LogEvent) -> LogLevel | None:
    """Return the level of an event of the older shape; None if it names one that there is not."""
    given = event.get("logLevel")
    if given is None:
        return LogLevel.critical if event.get("isError") else LogLevel.info
    number = logging.getLevelNamesMapping().get(given) if isinstance(given, str) else given
    return level_from_stdlib(number) if isinstance(number, int) else None
