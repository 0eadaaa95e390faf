"""Loggers: where events are made.

A logger that nobody listens to, or whose events are below the level that anyone wants, makes no event: it
neither formats, nor asks the time, nor builds a dictionary of its own.  See `sennit.log.interest`.
"""

from __future__ import annotations

import copyreg
import sys
from contextlib import AbstractContextManager
from time import time
from types import TracebackType
from typing import Any, Protocol, Self

from sennit.core.failure import Failure
from sennit.log import interest
from sennit.log.interfaces import bitbucketLogObserver
from sennit.log.levels import InvalidLogLevelError, LogLevel

__all__ = ["Logger", "Operation", "loggerFor"]

process_observer: Any = bitbucketLogObserver
"""Who is handed the events of loggers that name no observer; `sennit.log.start` puts the publisher here."""


class Operation(Protocol):
    """How a block under `Logger.failuresHandled` went."""

    @property
    def succeeded(self) -> bool:
        """Whether the block ended without an exception."""

    @property
    def failure(self) -> Failure | None:
        """The exception that ended the block, if one did."""

    @property
    def failed(self) -> bool:
        """Whether an exception ended the block."""


class _FailuresHandled:
    """The context manager behind `Logger.failuresHandled` and `Logger.failureHandler`."""

    __slots__ = ("_fields", "_format", "_level", "_logger", "failure", "succeeded")

    def __init__(self, logger: Logger, format: str, level: LogLevel, fields: dict[str, Any]) -> None:
        self._logger = logger
        self._format = format
        self._level = level
        self._fields = fields
        self.failure: Failure | None = None
        self.succeeded = False

    @property
    def failed(self) -> bool:
        return self.failure is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            self.succeeded = True
            return False
        if not isinstance(error, Exception):
            return False
        self.failure = Failure(error, kind, traceback)
        self._logger.failure(self._format, self.failure, self._level, **self._fields)
        return True


class _FailureHandler:
    """A context manager that can be entered over and over, and keeps nothing of how the block went."""

    __slots__ = ("_format", "_level", "_logger")

    def __init__(self, logger: Logger, format: str, level: LogLevel) -> None:
        self._logger = logger
        self._format = format
        self._level = level

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        self._logger.failure(self._format, Failure(error, kind, traceback), self._level)
        return True


class Logger(interest.Gate):
    """Makes events and hands them to an observer.

    As a module's or function's variable it is named for the module.  As a class attribute it is named for the
    class through which it is reached, and gives that class or instance as its events' ``log_source``.

    Args:
        namespace: The name of the part of the program that speaks; by default the calling module's name.
        source: The object that speaks, if it is one.
        observer: Who is handed the events; by default the process-wide publisher.
    """

    def __init__(
        self, namespace: str | None = None, source: object | None = None, observer: Any | None = None
    ) -> None:
        if namespace is None:
            namespace = str(sys._getframe(1).f_globals.get("__name__", "<unknown>"))
        if observer is None:
            observer = process_observer
        self.namespace = namespace
        self.source = source
        self._observer = observer
        # What loggers reached through this one, as a class attribute, found to be wanted, by their namespace.
        self._bound: dict[str, tuple[int, int]] = {}

    @property
    def observer(self) -> Any:
        """Who is handed the events."""
        return self._observer

    @observer.setter
    def observer(self, observer: Any) -> None:
        self._observer = observer
        self._generation = 0
        self._bound.clear()

    def __get__(self, instance: object, owner: type | None = None) -> Logger:
        """Return a logger whose source is the instance, or class, through which it is reached."""
        if owner is None:
            owner = type(instance)
        namespace = f"{owner.__module__}.{owner.__name__}"
        source = owner if instance is None else instance
        kind = self.__class__
        if kind is not Logger:
            return kind(namespace, source, self._observer)
        bound = Logger.__new__(Logger)
        bound.namespace = namespace
        bound.source = source
        bound._observer = self._observer
        bound._bound = {}
        generation, bound._lowest = self._bound.get(namespace, (0, 0))
        bound._generation = generation
        if generation != interest.generation:
            lowest = bound._lowest_wanted()
            self._bound[namespace] = (bound._generation, lowest)
        return bound

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled and copied without what was found out about who listens."""
        state = {**self.__dict__, "_bound": {}}
        state.pop("_generation", None)
        state.pop("_lowest", None)
        return copyreg.__newobj__, (type(self),), state  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.namespace!r}>"

    def _lowest_wanted(self) -> int:
        """Return the rank of the least important level that anyone wants, asking anew."""
        self._generation = interest.generation
        self._lowest = interest.lowest_rank(self._observer, self.namespace)
        return self._lowest

    def emit(self, level: LogLevel, format: str | None = None, **kwargs: object) -> None:
        """Make an event and hand it to the observer.

        Args:
            level: How important it is.
            format: What to say: braces name fields, ``{call()}`` is called when the event is formatted.
            kwargs: The fields.
        """
        given: object = level
        if not isinstance(given, LogLevel):
            self.failure(
                "{logger}.emit() was given {invalidLevel!r}, which is not a log level.",
                failure=Failure(InvalidLogLevelError(level)),
                invalidLevel=level,
                logger=self,
            )
            return
        lowest = self._lowest if self._generation == interest.generation else self._lowest_wanted()
        if level.rank < lowest and "log_trace" not in kwargs:
            return
        kwargs["log_logger"] = self
        kwargs["log_level"] = level
        kwargs["log_namespace"] = self.namespace
        kwargs["log_source"] = self.source
        kwargs["log_format"] = format
        kwargs["log_time"] = time()
        trace: Any = kwargs.get("log_trace")
        if trace is not None:
            trace.append((self, self._observer))
        self._observer(kwargs)

    def failure(
        self,
        format: str,
        failure: Failure | None = None,
        level: LogLevel = LogLevel.critical,
        **kwargs: object,
    ) -> None:
        """Emit an event that carries an exception with its traceback.

        Args:
            format: What the program was doing when it happened.
            failure: The exception; by default the one being handled.
            level: How important it is.
            kwargs: The fields.
        """
        if failure is None:
            failure = Failure()
        self.emit(level, format, log_failure=failure, **kwargs)

    def failuresHandled(
        self, format: str, level: LogLevel = LogLevel.critical, **kwargs: object
    ) -> AbstractContextManager[Operation]:
        """Return a context manager that logs an exception of its block, and ends it there.

        What asks the program to stop (KeyboardInterrupt, SystemExit, a cancellation) is let through.

        Returns:
            A context manager; ``as`` gives an `Operation` that tells how the block went.
        """
        return _FailuresHandled(self, format, level, kwargs)

    def failureHandler(
        self, staticMessage: str, level: LogLevel = LogLevel.critical
    ) -> AbstractContextManager[None]:
        """Return a context manager like that of `failuresHandled`, to be made once and entered often."""
        return _FailureHandler(self, staticMessage, level)


def loggerFor(obj: object) -> Logger:
    """Return the logger that `obj` would have as a class attribute."""
    kind = type(obj)
    return Logger(f"{kind.__module__}.{kind.__name__}", obj)
