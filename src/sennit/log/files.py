"""Events to a stream of text, and text written to a stream as events."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import IO, Any, AnyStr, NoReturn

from zope.interface import implementer

from sennit.log.formatting import formatEventAsClassicLogText, formatTime, timeFormatRFC3339
from sennit.log.interfaces import ILogObserver, LogEvent
from sennit.log.levels import LogLevel
from sennit.log.logger import Logger

__all__ = ["FileLogObserver", "LoggingFile", "textFileLogObserver"]


@implementer(ILogObserver)
class FileLogObserver:
    """An observer that writes events to a file.

    Args:
        outFile: The file: of text if it can take text, else of bytes, which will be UTF-8.
        formatEvent: Makes an event into the text to write, or None to write nothing.
    """

    def __init__(self, outFile: IO[Any], formatEvent: Callable[[LogEvent], str | None]) -> None:
        self._outFile = outFile
        self._write = _writer(outFile)
        self.formatEvent = formatEvent

    def __call__(self, event: LogEvent) -> None:
        """Write `event`."""
        text = self.formatEvent(event)
        if text:
            self._write(text)
            self._outFile.flush()


def _writer(file: Any) -> Callable[[str], Any]:
    """Return what writes text to `file`, be it one of text or of bytes."""
    as_text = True

    def write_bytes(text: str) -> None:
        file.write(text.encode("utf-8", "backslashreplace"))

    def write(text: str) -> None:
        # Of a file that says nothing of its kind only writing tells.
        nonlocal as_text
        if as_text:
            try:
                file.write(text)
                return
            except TypeError:
                as_text = False
        write_bytes(text)

    if isinstance(file, io.TextIOBase):
        return file.write
    return write_bytes if isinstance(file, io.IOBase) else write


def textFileLogObserver(
    outFile: IO[Any], timeFormat: str | None = timeFormatRFC3339, *, color: bool | None = None
) -> FileLogObserver:
    """Return an observer that writes events as records of text.

    Args:
        outFile: The file.
        timeFormat: The format of times, as `datetime.strftime` takes it, or None for none.
        color: Whether to colour records by level; by default where the file is a terminal and the
            environment does not say ``NO_COLOR``.
    """

    def time(when: float | None) -> str:
        return formatTime(when, timeFormat)

    def plain(event: LogEvent) -> str | None:
        return formatEventAsClassicLogText(event, time)

    def colored(event: LogEvent) -> str | None:
        text = formatEventAsClassicLogText(event, time)
        level: Any = event.get("log_level")
        color = _COLORS.get(level)
        return f"\x1b[{color}m{text[:-1]}\x1b[0m\n" if text and color else text

    if color is None:
        color = _wants_color(outFile)
    return FileLogObserver(outFile, colored if color else plain)


_COLORS = {LogLevel.debug: "2", LogLevel.warn: "33", LogLevel.error: "31", LogLevel.critical: "1;31"}


def _wants_color(file: IO[Any]) -> bool:
    import os

    if file not in {sys.stdout, sys.stderr} or os.environ.get("NO_COLOR"):
        return False
    return os.environ.get("TERM", "dumb") != "dumb" and file.isatty()


class LoggingFile:
    """A file of text, open for writing, whose lines become events.

    The text is each event's ``log_io`` field.

    Args:
        logger: Makes the events.
        level: Their level.
        encoding: How bytes that are written are decoded; by default as the interpreter's default.
    """

    softspace = 0

    def __init__(self, logger: Logger, level: LogLevel = LogLevel.info, encoding: str | None = None) -> None:
        self.level = level
        self.log = logger
        self._encoding = encoding or sys.getdefaultencoding()
        self._line = ""
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def encoding(self) -> str:
        """How bytes that are written are decoded."""
        return self._encoding

    @property
    def mode(self) -> str:
        """How the file is open: for writing."""
        return "w"

    @property
    def newlines(self) -> None:
        """The kinds of newlines read so far, of which there are none."""
        return

    @property
    def name(self) -> str:
        """The logger's name and the level."""
        return f"<{self.__class__.__name__} {self.log.namespace}#{self.level.name}>"

    def close(self) -> None:
        """Take no more text."""
        self._closed = True

    def flush(self) -> None:
        """Do nothing: a line becomes an event when it ends."""

    def fileno(self) -> NoReturn:
        """Raise, for there is no descriptor."""
        raise io.UnsupportedOperation("A file that makes log events has no file descriptor.")

    def isatty(self) -> bool:
        """Return False."""
        return False

    def writable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return False."""
        return False

    def seekable(self) -> bool:
        """Return False."""
        return False

    def write(self, message: AnyStr) -> int:
        """Make an event of each line that ends in `message`, and keep the rest for later.

        Returns:
            The length of the message.

        Raises:
            ValueError: If the file is closed.
        """
        if self._closed:
            raise ValueError("This file is closed.")
        text = message.decode(self._encoding, "backslashreplace") if isinstance(message, bytes) else message
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self.log.emit(self.level, "{log_io}", log_io=line)
        while len(self._line) > _LINE_LIMIT:
            line, self._line = self._line[:_LINE_LIMIT], self._line[_LINE_LIMIT:]
            self.log.emit(self.level, "{log_io}", log_io=line)
        return len(message)

    def writelines(self, lines: Iterable[AnyStr]) -> None:
        """Write each of `lines`, to which no newline is added."""
        for line in lines:
            self.write(line)

    def _unsupported(self, *args: object) -> NoReturn:
        """Raise OSError: this file is for writing text alone."""
        raise OSError("A file that makes log events can only be written to.")

    read = next = readline = readlines = xreadlines = seek = tell = truncate = _unsupported


_LINE_LIMIT = 1 << 16
