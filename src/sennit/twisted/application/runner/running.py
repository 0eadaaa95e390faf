"""Runs a reactor: begins the log, keeps the file with the process's number, kills the process that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import kill
from signal import SIGTERM
from sys import stderr
from typing import Any

from sennit.log import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)
from sennit.twisted.application.runner.leaving import ExitStatus, exit
from sennit.twisted.application.runner.pidfile import (
    AlreadyRunningError,
    InvalidPIDFileError,
    NoPIDFound,
    nonePIDFile,
)

__all__ = ["Runner"]


def _nothing(**_: Any) -> None:
    """Do nothing."""


class Runner:
    """Runs a reactor.

    Args:
        reactor: The reactor.
        pidFile: The file for the process's number.
        kill: Whether to kill the process that the file names, and exit, instead.
        defaultLogLevel: The lowest level that is logged.
        logFile: The stream that events are logged to.
        fileLogObserverFactory: Makes the observer for that stream.
        whenRunning: Called once the reactor runs.
        whenRunningArguments: Its keyword arguments.
        reactorExited: Called once it has stopped.
        reactorExitedArguments: Its keyword arguments.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        pidFile: Any = nonePIDFile,
        kill: bool = False,
        defaultLogLevel: Any = LogLevel.info,
        logFile: Any = stderr,
        fileLogObserverFactory: Callable[[Any], Any] = textFileLogObserver,
        whenRunning: Callable[..., None] = _nothing,
        whenRunningArguments: Mapping[str, Any] | None = None,
        reactorExited: Callable[..., None] = _nothing,
        reactorExitedArguments: Mapping[str, Any] | None = None,
    ) -> None:
        self._reactor = reactor
        self._pidFile = pidFile
        self._kill = kill
        self._defaultLogLevel = defaultLogLevel
        self._logFile = logFile
        self._fileLogObserverFactory = fileLogObserverFactory
        self._whenRunning = whenRunning
        self._whenRunningArguments = dict(whenRunningArguments or {})
        self._reactorExited = reactorExited
        self._reactorExitedArguments = dict(reactorExitedArguments or {})

    def run(self) -> None:
        """Run the reactor until it stops.

        Raises:
            SystemExit: If another process was killed instead, or one runs already.
        """
        self.killIfRequested()
        try:
            with self._pidFile:
                self.startLogging()
                self.startReactor()
                self.reactorExited()
        except AlreadyRunningError:
            exit(ExitStatus.EX_CONFIG, "Already running.")

    def killIfRequested(self) -> None:
        """Kill the process that the file names, if that was asked for.

        Raises:
            SystemExit: If it was.
        """
        if not self._kill:
            return
        status = ExitStatus.EX_OK
        message: str | None = None
        if self._pidFile is nonePIDFile:
            status, message = ExitStatus.EX_USAGE, "No PID file specified."
        else:
            try:
                pid = self._pidFile.read()
            except (NoPIDFound, OSError):
                status, message = ExitStatus.EX_IOERR, "Unable to read PID file."
            except InvalidPIDFileError:
                status, message = ExitStatus.EX_DATAERR, "Invalid PID file."
            else:
                self.startLogging()
                self._log.info("Terminating process: {pid}", pid=pid)
                kill(pid, SIGTERM)
        exit(status) if message is None else exit(status, message)

    def startLogging(self) -> None:
        """Begin to log to the stream."""
        observer = self._fileLogObserverFactory(self._logFile)
        predicate = LogLevelFilterPredicate(defaultLogLevel=self._defaultLogLevel)
        globalLogBeginner.beginLoggingTo([FilteringLogObserver(observer, [predicate])])

    def startReactor(self) -> None:
        """Run the reactor."""
        self._reactor.callWhenRunning(self.whenRunning)
        self._log.info("Starting reactor...")
        self._reactor.run()

    def whenRunning(self) -> None:
        """Call what was to be called once the reactor runs."""
        self._whenRunning(**self._whenRunningArguments)

    def reactorExited(self) -> None:
        """Call what was to be called once the reactor has stopped."""
        self._reactorExited(**self._reactorExitedArguments)
