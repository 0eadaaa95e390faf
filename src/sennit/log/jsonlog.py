"""Events as JSON, one to a record, and back.

Values that JSON cannot hold become ``{"unpersistable": true}``; what the event's format makes of them is
kept in ``log_flattened``, so that an event that was read formats as it did.  Levels and failures are marked
by a UUID and become levels and failures again.  Reading a log never imports a module: an exception's class is
found if its module is loaded already, and stood in for by a class of the same name if not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

from sennit.core.failure import Failure
from sennit.log.files import FileLogObserver
from sennit.log.flatten import flattenEvent
from sennit.log.interfaces import LogEvent
from sennit.log.levels import LogLevel
from sennit.log.logger import Logger

__all__ = ["eventAsJSON", "eventFromJSON", "eventsFromJSONLogFile", "jsonFileLogObserver"]

_log = Logger("sennit.log.json")

_LEVEL = "02e59486-f24d-46ad-8224-3acdf2a5732a"
_FAILURE = "e76887e2-20ed-49bf-a8f8-ba25cc586f2d"
_MARK = "__class_uuid__"

_RECORD_LIMIT = 1 << 24


def _failure_as_json(failure: Failure) -> dict[str, Any]:
    kind: Any = failure.type
    return {
        "type": {"__module__": kind.__module__, "__name__": kind.__name__},
        "value": {"unpersistable": True, "text": failure.getErrorMessage()},
        "parents": [str(parent) for parent in failure.parents],
        "frames": [[str(frame[0]), str(frame[1]), int(frame[2] or 0), [], []] for frame in failure.frames],
        "stack": [],
        _MARK: _FAILURE,
    }


def _class_of(description: Any) -> type[BaseException]:
    module, name = str(description["__module__"]), str(description["__name__"])
    found = getattr(sys.modules.get(module), name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return found
    return type(name, (Exception,), {"__module__": module})


def _exception(kind: type[BaseException], text: str) -> BaseException:
    """Return an exception of that kind with that text, without running its class's initialiser."""
    try:
        error = kind.__new__(kind, text)
        if str(error) != text:
            body = {"__module__": kind.__module__, "__str__": lambda _: text}
            kind = type(kind.__name__, (kind,), body)
            error = kind.__new__(kind, text)
    except Exception:
        return Exception(text)
    return error


def _failure_from_json(described: dict[str, Any]) -> Failure:
    kind = _class_of(described["type"])
    value = described.get("value")
    text = value.get("text", "") if isinstance(value, dict) else str(value)
    failure = Failure(_exception(kind, text), kind)
    failure.parents = [str(parent) for parent in described.get("parents", ())] or failure.parents
    failure.frames = [
        (str(name), str(file), int(line), [], []) for name, file, line, *_rest in described.get("frames", ())
    ]
    return failure


def _unmark(described: dict[str, Any]) -> Any:
    mark = str(described.get(_MARK)).lower()
    try:
        if mark == _LEVEL:
            # A level that a later version may have is none here.
            return LogLevel.__members__.get(described["name"])
        if mark == _FAILURE:
            return _failure_from_json(described)
    except (KeyError, TypeError, ValueError, AttributeError):
        return described
    return described


def _mark(value: object) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, LogLevel):
        return {"name": value.name, _MARK: _LEVEL}
    if isinstance(value, Failure):
        return _failure_as_json(value)
    return {"unpersistable": True}


def eventAsJSON(event: LogEvent) -> str:
    """Return `event` as JSON text.

    Bytes become text as if they were Latin-1.
    """
    event = dict(event)
    try:
        flattenEvent(event)
    except Exception as error:
        _log.debug("The event is kept without its text, for formatting it raised {error!r}.", error=error)
    try:
        return json.dumps(event, default=_mark, skipkeys=True)
    except ValueError:
        return json.dumps(
            {key: _acyclic(value) for key, value in event.items()}, default=_mark, skipkeys=True
        )


def _acyclic(value: object) -> Any:
    try:
        json.dumps(value, default=_mark, skipkeys=True)
    except (ValueError, RecursionError):
        return {"unpersistable": True}
    return value


def eventFromJSON(eventText: str) -> LogEvent:
    """Return the event of which `eventText` is the JSON text.

    Raises:
        ValueError: If it is not JSON, or not of an event.
    """
    event = json.loads(eventText, object_hook=_unmark)
    if not isinstance(event, dict):
        raise ValueError("This JSON is not a log event: it is not an object.")  # noqa: TRY004
    return event


def jsonFileLogObserver(outFile: IO[Any], recordSeparator: str = "\x1e") -> FileLogObserver:
    """Return an observer that writes events as JSON texts (RFC 7464).

    Args:
        outFile: The file.
        recordSeparator: What is written before each event; a newline is written after it.
    """
    return FileLogObserver(outFile, lambda event: f"{recordSeparator}{eventAsJSON(event)}\n")


def eventsFromJSONLogFile(
    inFile: IO[Any], recordSeparator: str | None = None, bufferSize: int = 4096
) -> Iterable[LogEvent]:
    """Return the events in a file that `jsonFileLogObserver` wrote, one by one as they are asked for.

    A record that cannot be read is logged and skipped.

    Args:
        inFile: The file, of text or bytes.
        recordSeparator: What stands before each event: empty if there is nothing but the newline after it;
            None to tell from the file's first character.
        bufferSize: How much to read at a time, in characters or bytes.
    """

    def read() -> bytes:
        chunk = inFile.read(bufferSize)
        return chunk.encode("utf-8") if isinstance(chunk, str) else bytes(chunk)

    data = read()
    if recordSeparator is None:
        separator = b"\x1e" if data[:1] == b"\x1e" else b""
    else:
        separator = recordSeparator.encode("utf-8")
    for record in _records(data, read, separator or b"\n"):
        if separator and not record.endswith(b"\n"):
            _log.error("Unable to read truncated JSON record: {record!r}", record=record)
            continue
        try:
            yield eventFromJSON(record.decode("utf-8"))
        except ValueError:
            _log.error("Unable to read JSON record: {record!r}", record=record)


def _records(data: bytes, read: Any, separator: bytes) -> Iterator[bytes]:
    """Yield what stands between separators, without what is blank."""
    buffer = bytearray(data)
    searched = 0
    while True:
        at = buffer.find(separator, searched)
        if at >= 0:
            record = bytes(buffer[:at])
            del buffer[: at + len(separator)]
            searched = 0
        else:
            searched = max(0, len(buffer) - len(separator) + 1)
            if len(buffer) > _RECORD_LIMIT:
                raise ValueError(f"A record of this log is longer than {_RECORD_LIMIT} bytes.")
            chunk = read()
            if chunk:
                buffer += chunk
                continue
            record, at = bytes(buffer), -1
        if record.strip():
            yield record
        if at < 0:
            return
