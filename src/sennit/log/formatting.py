"""Events as text.

Formatting happens when an observer wants the text, never before, and never raises: an event that cannot be
formatted becomes text that says so.  Text meant for a file is made safe by `printable`, so that data in
a field cannot forge a record or play with the reader's terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.log.fields import CallingFormatter
from sennit.log.flatten import format_flattened
from sennit.log.interfaces import LogEvent
from sennit.log.levels import LogLevel

__all__ = [
    "eventAsText",
    "formatEvent",
    "formatEventAsClassicLogText",
    "formatTime",
    "printable",
    "timeFormatRFC3339",
]

timeFormatRFC3339 = "%Y-%m-%dT%H:%M:%S%z"
"""The default format of times (RFC 3339 but for the colon in the offset), as `datetime.strftime` takes it."""

_calling = CallingFormatter()

_CONTROL = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in {0x09, 0x0A}
} | {0x2028: "\\u2028", 0x2029: "\\u2029"}

_last_second: tuple[float, str] = (-1.0, "")


def printable(text: str) -> str:
    """Return `text` with its control characters, but for tab and newline, escaped."""
    return text if text.isprintable() else text.translate(_CONTROL)


def formatTime(when: float | None, timeFormat: str | None = timeFormatRFC3339, default: str = "-") -> str:
    """Return a time as text.

    Args:
        when: Seconds since the epoch, or None if not known.
        timeFormat: As `datetime.strftime` takes it; None gives `default`.
        default: The text for what is not known.
    """
    global _last_second
    if when is None or timeFormat is None:
        return default
    if timeFormat is not timeFormatRFC3339:
        return _strftime(when, timeFormat)
    second = when // 1
    known, text = _last_second
    if second != known:
        text = _strftime(when, timeFormat)
        _last_second = (second, text)
    return text


def _strftime(when: float, time_format: str) -> str:
    # Loaded by the first line of text: a program that logs none does without.
    from datetime import datetime

    return datetime.fromtimestamp(when).astimezone().strftime(time_format)


def formatEvent(event: LogEvent) -> str:
    """Return what `event` says: its format with the fields filled in, or no text if it has none."""
    try:
        given: Any = event.get("log_format")
        if given is None:
            return ""
        format = given.decode("utf-8") if isinstance(given, bytes) else given
        if not isinstance(format, str):
            raise TypeError(f"log_format must be a str, and is {format!r}")
        if "log_flattened" in event:
            return format_flattened(event)
        if "{" not in format and "}" not in format:
            return format
        if "()" in format:
            return str(_calling.vformat(format, (), event))
        return format.format_map(event)
    except Exception as error:
        return _unformattable(event, error)


def _unformattable(event: LogEvent, error: Exception) -> str:
    try:
        return f"Unable to format event {event!r}: {error}"
    except Exception:
        fields = ", ".join(f"{_safe_repr(key)}: {_safe_repr(value)}" for key, value in event.items())
        return f"Unable to format event {{{fields}}}: {_safe_repr(error)}"


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} at {id(value):#x} whose repr raises {type(error).__name__}>"


def _traceback(failure: Any) -> str:
    try:
        return str(failure.getTraceback())
    except Exception as error:
        return f"(UNABLE TO OBTAIN TRACEBACK FROM EVENT):{error}"


def _system(event: LogEvent) -> str:
    system = event.get("log_system")
    if system is not None:
        try:
            return str(system)
        except Exception:
            return "UNFORMATTABLE"
    level = event.get("log_level")
    name = "-" if level is None else level.name if isinstance(level, LogLevel) else _safe_repr(level)
    return f"{event.get('log_namespace', '-')}#{name}"


def _when(event: LogEvent, formatTime: Callable[[Any], str]) -> str:
    when = event.get("log_time")
    try:
        return formatTime(when)
    except (TypeError, ValueError, OverflowError, OSError):
        return _safe_repr(when)


def eventAsText(
    event: LogEvent,
    includeTraceback: bool = True,
    includeTimestamp: bool = True,
    includeSystem: bool = True,
    formatTime: Callable[[float], str] = formatTime,
) -> str:
    """Return `event` as text: time, system, what it says, and a traceback if it carries one.

    Args:
        event: The event.
        includeTraceback: Whether to add the traceback of ``log_failure``.
        includeTimestamp: Whether to begin with the time.
        includeSystem: Whether to tell where it comes from, in brackets.
        formatTime: Makes a time, in seconds since the epoch, into text.

    Returns:
        The text, which is empty if the event says nothing.
    """
    text = formatEvent(event)
    if includeTraceback and "log_failure" in event:
        text = f"{text}\n{_traceback(event['log_failure'])}"
    if not text:
        return text
    if includeSystem:
        text = f"[{_system(event)}] {text}"
    if includeTimestamp:
        text = f"{_when(event, formatTime)} {text}"
    return text


def formatEventAsClassicLogText(
    event: LogEvent, formatTime: Callable[[float | None], str] = formatTime
) -> str | None:
    r"""Return `event` as a record for a log file, or None if it says nothing.

    Only the record's first line begins in the first column: lines after it are indented by a tab, and control
    characters are escaped, so that nothing in an event can look like another record.

    Args:
        event: The event.
        formatTime: Makes a time, in seconds since the epoch, into text.
    """
    text = eventAsText(event, formatTime=formatTime)
    if not text:
        return None
    if not text.isprintable():
        text = text.replace("\r\n", "\n").translate(_CONTROL).replace("\n", "\n\t")
    return text + "\n"
