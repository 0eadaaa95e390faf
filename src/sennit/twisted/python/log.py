"""The older way to log, which is a thin layer over `sennit.log`: messages as words, errors, and a context.

Events of either way reach the observers of both; `sennit.log.legacy` tells how they differ.
"""

from __future__ import annotations

import sys
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone
from io import UnsupportedOperation
from typing import IO, Any, NoReturn, TypeVar

from zope.interface import Interface

from sennit.core.failure import Failure
from sennit.log import LegacyLogObserverWrapper, LoggingFile
from sennit.log import Logger as NewLogger
from sennit.log import LogLevel as NewLogLevel
from sennit.log import LogPublisher as NewPublisher
from sennit.log import STDLibLogObserver as NewSTDLibLogObserver
from sennit.log import globalLogBeginner as newGlobalLogBeginner
from sennit.log import globalLogPublisher as newGlobalLogPublisher
from sennit.log.formatting import printable
from sennit.log.legacy import publishToNewObserver
from sennit.twisted.python import context
from sennit.twisted.python.log_system import WhoIsAtWork
from sennit.twisted.python.reflect import safe_str

__all__ = [
    "DefaultObserver",
    "FileLogObserver",
    "ILogContext",
    "ILogObserver",
    "LogPublisher",
    "Logger",
    "NullFile",
    "PythonLoggingObserver",
    "StdioOnnaStick",
    "addObserver",
    "callWithContext",
    "callWithLogger",
    "defaultObserver",
    "deferr",
    "discardLogs",
    "err",
    "logerr",
    "logfile",
    "msg",
    "newGlobalLogBeginner",
    "newGlobalLogPublisher",
    "removeObserver",
    "showwarning",
    "startLogging",
    "startLoggingWithObserver",
    "textFromEventDict",
    "theLogPublisher",
]

_T = TypeVar("_T")

EventDict = dict[str, Any]


class ILogContext:
    """The key in `sennit.twisted.python.context` of the fields for messages logged during a call."""


context.setDefault(ILogContext, WhoIsAtWork())


class ILogObserver(Interface):
    """A callable that is handed every event, in the older shape."""

    def __call__(eventDict: EventDict) -> None:  # noqa: N805 - an interface has no self
        """Take an event, which is shared with other observers: it must not be changed."""


def callWithContext(ctx: dict[str, Any], func: Callable[..., _T], *args: Any, **kw: Any) -> _T:
    """Call `func`, with the fields in `ctx` added to each message that is logged meanwhile."""
    fields = {**context.get(ILogContext), **ctx}
    result: _T = context.call({ILogContext: fields}, func, *args, **kw)
    return result


def callWithLogger(logger: Any, func: Callable[..., _T], *args: Any, **kw: Any) -> _T | None:
    """Call `func`, with messages marked as those of `logger`, and log what it raises.

    What asks the program to stop (KeyboardInterrupt, SystemExit) is let through.

    Args:
        logger: An object with ``logPrefix()``, which names the system that speaks.
        func: What to call.
        args: Its positional arguments.
        kw: Its keyword arguments.

    Returns:
        What `func` returns; None if it raised an exception.
    """
    try:
        system = logger.logPrefix()
    except Exception:
        system = "(buggy logPrefix method)"
        err(system=system)
    try:
        return callWithContext({"system": system}, func, *args, **kw)
    except Exception:
        err(system=system)
        return None


def err(_stuff: Any = None, _why: str | None = None, **kw: Any) -> None:
    """Log an error.

    Args:
        _stuff: A failure or an exception; None for the exception being handled; anything else is shown as
        it is. _why: What the program was doing.
        kw: More fields.
    """
    if _stuff is None:
        _stuff = Failure()
    if isinstance(_stuff, Failure):
        msg(failure=_stuff, why=_why, isError=1, **kw)
    elif isinstance(_stuff, Exception):
        msg(failure=Failure(_stuff), why=_why, isError=1, **kw)
    else:
        msg(repr(_stuff), why=_why, isError=1, **kw)


deferr = err


class Logger:
    """A base for objects that name themselves in the messages logged on their behalf."""

    def logPrefix(self) -> str:
        """Return the name."""
        return "-"


class LogPublisher:
    """Hands messages to observers of the older shape.

    Args:
        observerPublisher: Where observers are added; by default a publisher of its own.
        publishPublisher: Who is handed the messages; by default that same publisher.
        logBeginner: Begins the logging; by default the process-wide one.
        warningsModule: The `warnings` module.
    """

    synchronized = ("msg",)

    def __init__(
        self,
        observerPublisher: Any = None,
        publishPublisher: Any = None,
        logBeginner: Any = None,
        warningsModule: Any = warnings,
    ) -> None:
        if observerPublisher is None:
            observerPublisher = NewPublisher()
        self._observerPublisher = observerPublisher
        self._publishPublisher = observerPublisher if publishPublisher is None else publishPublisher
        self._wrappers: list[LegacyLogObserverWrapper] = []
        self._logBeginner = newGlobalLogBeginner if logBeginner is None else logBeginner
        self._warningsModule = warningsModule

    @property
    def observers(self) -> list[Any]:
        """The observers, in the order in which they were added."""
        return [wrapper.legacyObserver for wrapper in self._wrappers]

    def addObserver(self, other: Callable[[EventDict], Any]) -> None:
        """Hand every event to `other` from now on."""
        self._add(LegacyLogObserverWrapper(other))
        self._observerPublisher.addObserver(self._wrappers[-1])

    def _add(self, wrapper: LegacyLogObserverWrapper) -> None:
        self._wrappers.append(wrapper)

    def removeObserver(self, other: Callable[[EventDict], Any]) -> None:
        """Hand no more events to `other`; it need not have been an observer."""
        for wrapper in self._wrappers:
            if wrapper.legacyObserver == other:
                self._wrappers.remove(wrapper)
                self._observerPublisher.removeObserver(wrapper)
                return

    def msg(self, *message: Any, **kw: Any) -> None:
        """Log a message.

        Args:
            message: Its words, which are joined by spaces.
            kw: Fields.  Known ones are ``system``, ``isError``, ``logLevel`` and ``format``, a percent
                format that is filled in from the fields and stands for the words.
        """
        event = {**context.get(ILogContext), **kw}
        event["message"] = message
        event["time"] = time.time()
        event.setdefault("isError", 0)
        publishToNewObserver(self._publishPublisher, event, textFromEventDict)

    def showwarning(
        self,
        message: str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: IO[Any] | None = None,
        line: str | None = None,
    ) -> None:
        """Log a warning, unless it is meant for a file; as `warnings.showwarning`."""
        self._logBeginner.showwarning(message, category, filename, lineno, file, line)

    def _startLogging(self, other: Callable[[EventDict], Any], setStdout: bool) -> None:
        wrapper = LegacyLogObserverWrapper(other)
        self._add(wrapper)
        self._logBeginner.beginLoggingTo([wrapper], discardBuffer=True, redirectStandardIO=setStdout)


theLogPublisher = LogPublisher(newGlobalLogPublisher, newGlobalLogPublisher)
"""The process-wide publisher, in the older shape."""

msg = theLogPublisher.msg
addObserver = theLogPublisher.addObserver
removeObserver = theLogPublisher.removeObserver
showwarning = theLogPublisher.showwarning


def textFromEventDict(eventDict: EventDict) -> str | None:
    """Return the text of an event of the older shape, or None if it says nothing.

    Raises:
        KeyError: If it lacks ``message``, or without words ``isError``.
    """
    words = eventDict["message"]
    if words:
        return " ".join(map(safe_str, words))
    if eventDict["isError"] and "failure" in eventDict:
        why = eventDict.get("why")
        failure = eventDict["failure"]
        try:
            traceback = failure.getTraceback()
        except Exception as error:
            traceback = f"(unable to obtain traceback): {error}"
        return f"{'Unhandled Error' if why is None else safe_str(why)}\n{traceback}"
    if "format" in eventDict:
        return _filled_in(eventDict["format"], eventDict)
    return None


def _filled_in(format: str, event: EventDict) -> str:
    """Return a percent format with the fields of `event`; if that fails, text that says so."""
    try:
        return format % event
    except Exception:
        shown = safe_str(format)
        try:
            return f"Invalid format string or unformattable object in log message: {shown!r}, {event}"
        except Exception:
            return f"UNFORMATTABLE OBJECT WRITTEN TO LOG with fmt {shown!r}, MESSAGE LOST"


class _GlobalStartStopObserver(ABC):
    """An observer with an ``emit`` that can be made one of the process-wide publisher."""

    @abstractmethod
    def emit(self, eventDict: EventDict) -> None:
        """Take an event."""

    def start(self) -> None:
        """Be handed events from now on."""
        addObserver(self.emit)

    def stop(self) -> None:
        """Be handed no more events."""
        removeObserver(self.emit)


class FileLogObserver(_GlobalStartStopObserver):
    """Writes events to a file, as text.

    Args:
        f: The file.

    Attributes:
        timeFormat: The format of times, as `time.strftime` takes it; None for date, time and offset.
    """

    timeFormat: str | None = None

    def __init__(self, f: Any) -> None:
        self.write = f.write
        self.flush = f.flush

    def getTimezoneOffset(self, when: float) -> int:
        """Return how many seconds local time is behind UTC at a time in seconds since the epoch."""
        offset = datetime.fromtimestamp(when, UTC).astimezone().utcoffset()
        return 0 if offset is None else -int(offset.total_seconds())

    def formatTime(self, when: float) -> str:
        """Return a time in seconds since the epoch as text."""
        if self.timeFormat is not None:
            return datetime.fromtimestamp(when, UTC).astimezone().strftime(self.timeFormat)
        zone = timezone(timedelta(seconds=-self.getTimezoneOffset(when)))
        return datetime.fromtimestamp(when, zone).strftime("%Y-%m-%d %H:%M:%S%z")

    def emit(self, eventDict: EventDict) -> None:
        """Write an event; lines after its first are indented, and control characters escaped."""
        text = textFromEventDict(eventDict)
        if text is None:
            return
        system = printable(safe_str(eventDict["system"])).replace("\n", "\\n")
        indented = printable(text.replace("\r\n", "\n")).replace("\n", "\n\t")
        self.write(f"{self.formatTime(eventDict['time'])} [{system}] {indented}\n")
        self.flush()


class PythonLoggingObserver(_GlobalStartStopObserver):
    """Hands events to the standard library's `logging`.

    Args:
        loggerName: The name of the standard library's logger.
    """

    def __init__(self, loggerName: str = "twisted") -> None:
        self._newObserver = NewSTDLibLogObserver(loggerName)

    def emit(self, eventDict: EventDict) -> None:
        """Hand on an event."""
        if textFromEventDict(eventDict) is not None:
            publishToNewObserver(self._newObserver, dict(eventDict), textFromEventDict)


class DefaultObserver(_GlobalStartStopObserver):
    """Writes errors, and nothing else, to the standard error stream."""

    stderr: Any = sys.stderr

    def emit(self, eventDict: EventDict) -> None:
        """Write an event if it is an error."""
        if eventDict["isError"]:
            self.stderr.write((textFromEventDict(eventDict) or "") + "\n")
            self.stderr.flush()


defaultObserver = DefaultObserver()


class NullFile:
    """A file that keeps nothing and has nothing."""

    softspace = 0

    def read(self) -> None:
        """Return nothing."""

    def write(self, bytes: Any) -> None:
        """Keep nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class StdioOnnaStick:
    """A file of text, open for writing, whose lines become messages.

    Args:
        isError: Whether the messages are errors.
        encoding: How bytes that are written are decoded.
    """

    closed = 0
    softspace = 0
    mode = "wb"
    name = "<stdio (log)>"

    def __init__(self, isError: int = 0, encoding: str | None = None) -> None:
        self.isError = isError
        self.encoding = encoding or sys.getdefaultencoding()
        self.buf = ""

    def close(self) -> None:
        """Do nothing."""

    def fileno(self) -> NoReturn:
        """Raise, for there is no descriptor."""
        raise UnsupportedOperation("A file that makes log messages has no file descriptor.")

    def flush(self) -> None:
        """Do nothing."""

    def write(self, data: str | bytes) -> None:
        """Make a message of each line that ends in `data`, and keep the rest for later."""
        text = data.decode(self.encoding, "backslashreplace") if isinstance(data, bytes) else data
        *lines, self.buf = (self.buf + text).split("\n")
        for line in lines:
            msg(line, printed=1, isError=self.isError)

    def writelines(self, lines: Iterable[str | bytes]) -> None:
        """Make a message of each of `lines`."""
        for line in lines:
            text = line.decode(self.encoding, "backslashreplace") if isinstance(line, bytes) else line
            msg(text, printed=1, isError=self.isError)

    def _unreadable(self, *args: Any) -> NoReturn:
        """Raise OSError: nothing can be read here."""
        raise OSError("A file that makes log messages can only be written to.")

    read = readline = readlines = seek = tell = _unreadable


logfile: Any = LoggingFile(NewLogger("sennit.twisted.python.log"), NewLogLevel.info)
"""A file whose lines become messages."""

logerr: Any = LoggingFile(NewLogger("sennit.twisted.python.log"), NewLogLevel.error)
"""A file whose lines become errors."""


def startLogging(file: Any, *a: Any, **kw: Any) -> FileLogObserver | None:
    """Begin to write the log to a file.

    Args:
        file: The file.
        a: ``setStdout``: whether the standard output and error streams are logged as well, as they are by
            default.
        kw: As `a`.

    Returns:
        The observer that writes; None if `file` is itself one that makes log events.
    """
    if isinstance(file, LoggingFile):
        return None
    observer = FileLogObserver(file)
    startLoggingWithObserver(observer.emit, *a, **kw)
    return observer


def startLoggingWithObserver(observer: Callable[[EventDict], Any], setStdout: bool | int = 1) -> None:
    """Begin to log to an observer of the older shape.

    Args:
        observer: A callable that takes an event.
        setStdout: Whether the standard output and error streams are logged as well.
    """
    theLogPublisher._startLogging(observer, bool(setStdout))
    msg("Log opened.")


def discardLogs() -> None:
    """Throw away what is written to `logfile`."""
    global logfile
    logfile = NullFile()
