"""Where a process's events go: the process-wide publisher, and how a program begins logging.

Until a program begins, events of level info and above are kept, so that they can be handed to the observers
it begins with; debug events are not made at all.  What is critical goes to the standard error stream at once,
or through the standard library's `logging` where the program has set that up.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.log import logger as loggers
from sennit.log.interfaces import ILogObserver, LogEvent
from sennit.log.levels import LogLevel
from sennit.log.logger import Logger
from sennit.log.publisher import LogPublisher

if TYPE_CHECKING:
    from sennit.log.history import LimitedHistoryLogObserver

__all__ = ["LogBeginner", "globalLogBeginner", "globalLogPublisher"]

_EARLY_EVENTS = 4096


@implementer(ILogObserver)
class _UntilBegun:
    """The observer a publisher has until logging is begun.

    Args:
        errorStream: Where critical events are written; None for the standard error stream of the moment.
        size: How many events to keep.
    """

    def __init__(self, errorStream: IO[Any] | None, size: int) -> None:
        self._errorStream = errorStream
        self._size = size

    @cached_property
    def history(self) -> LimitedHistoryLogObserver:
        """The events that were kept."""
        from sennit.log.history import LimitedHistoryLogObserver

        return LimitedHistoryLogObserver(self._size)

    def lowest_rank(self, namespace: str) -> int:
        """Return the rank of info."""
        return LogLevel.info.rank

    def __call__(self, event: LogEvent) -> None:
        """Keep `event`, and show it if it is critical."""
        level = event.get("log_level")
        if level is LogLevel.debug:
            return
        self.history(event)
        if level is not LogLevel.critical:
            return
        if self._errorStream is None and logging.root.handlers:
            from sennit.log.stdlib import STDLibLogObserver

            STDLibLogObserver("sennit")(event)
            return
        stream = sys.stderr if self._errorStream is None else self._errorStream
        if stream is not None:
            from sennit.log.formatting import eventAsText

            stream.write(eventAsText(event, includeTimestamp=False, includeSystem=False) + "\n")


class LogBeginner:
    """Begins the logging of a publisher.

    Args:
        publisher: The publisher.
        errorStream: Where critical events are written until logging is begun; None for the standard error
            stream of the moment.
        stdio: The object whose ``stdout`` and ``stderr`` are redirected: the `sys` module.
        warningsModule: The `warnings` module.
        initialBufferSize: How many events to keep until then.
    """

    def __init__(
        self,
        publisher: LogPublisher,
        errorStream: IO[Any] | None,
        stdio: object,
        warningsModule: Any,
        initialBufferSize: int | None = None,
    ) -> None:
        size = _EARLY_EVENTS if initialBufferSize is None else initialBufferSize
        self._early: _UntilBegun | None = _UntilBegun(errorStream, size)
        self._begunAt = ("", 0)
        self._stdio: Any = stdio
        self._warnings = warningsModule
        self._showwarning = warningsModule.showwarning
        self._publisher = publisher
        self._log = Logger("sennit.log", observer=publisher)
        publisher.addObserver(self._early)

    @property
    def begun(self) -> bool:
        """Whether the program has begun logging; until then events are only kept."""
        return self._early is None

    def beginLoggingTo(
        self, observers: Iterable[Any], discardBuffer: bool = False, redirectStandardIO: bool = True
    ) -> None:
        """Hand events to `observers` from now on, and first those that were kept.

        Args:
            observers: The program's own observers.
            discardBuffer: Whether to forget what was kept instead.
            redirectStandardIO: Whether what is written to the standard output and error streams becomes
                events.
        """
        from sennit.log.files import LoggingFile
        from sennit.log.stdlib import calling_frame

        observers = list(observers)
        frame = calling_frame()
        now = (frame.f_code.co_filename, frame.f_lineno)
        early, self._early = self._early, None
        for observer in observers:
            self._publisher.addObserver(observer)
        if early is None:
            self._log.warn(
                "Logging was begun again at {fileNow}:{lineNow}; it had been at {fileThen}:{lineThen}.",
                fileNow=now[0],
                lineNow=now[1],
                fileThen=self._begunAt[0],
                lineThen=self._begunAt[1],
            )
        else:
            self._publisher.removeObserver(early)
            self._begunAt = now
            self._warnings.showwarning = self.showwarning
            if not discardBuffer:
                early.history.replayTo(LogPublisher(*observers))
        if redirectStandardIO:
            for name, level in (("stdout", LogLevel.info), ("stderr", LogLevel.error)):
                encoding = getattr(getattr(self._stdio, name), "encoding", None)
                logger = Logger(name, observer=self._publisher)
                setattr(self._stdio, name, LoggingFile(logger, level, encoding))

    def showwarning(
        self,
        message: str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: IO[Any] | None = None,
        line: str | None = None,
    ) -> None:
        """Make a warning into an event, unless it is meant for a file; as `warnings.showwarning`."""
        if file is not None:
            self._showwarning(message, category, filename, lineno, file, line)
            return
        self._log.warn(
            "{filename}:{lineno}: {category}: {warning}",
            warning=message,
            category=f"{category.__module__}.{category.__qualname__}",
            filename=filename,
            lineno=lineno,
        )


globalLogPublisher = LogPublisher()
"""Who is handed the events of every logger that names no other observer."""

globalLogBeginner = LogBeginner(globalLogPublisher, None, sys, warnings)
"""Begins this process's logging."""

loggers.process_observer = globalLogPublisher
