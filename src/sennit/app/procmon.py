"""Keeps programs running: starts each, and again when it ends; logs what they say.

A program that ends sooner than ``threshold`` seconds after its start is started again later and later, from
``minRestartDelay`` up to ``maxRestartDelay`` seconds.  To stop it SIGTERM is sent, and SIGKILL after
``killTime`` seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sennit.app.service import Service
from sennit.core import errors as error
from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.framing.basic import LineReceiver
from sennit.log import Logger
from sennit.protocol import ProcessProtocol

__all__ = ["DummyTransport", "LineLogger", "LoggingProtocol", "ProcessMonitor", "Program", "transport"]


class DummyTransport:
    """Stands for a transport where a protocol is only given data."""

    disconnecting = 0


transport = DummyTransport()


class LineLogger(LineReceiver):
    """Logs each line of one of a program's streams.

    Attributes:
        tag: The program's name.
        stream: ``"stdout"`` or ``"stderr"``.
        service: The monitor, in whose log the lines are.
    """

    tag: str | None = None
    stream: str | None = None
    delimiter = b"\n"
    service: Any = None

    def lineReceived(self, line: bytes) -> None:
        """Log a line."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = repr(line)
        self.service.log.info("[{tag}] {line}", tag=self.tag, line=text, stream=self.stream)


class LoggingProtocol(ProcessProtocol):
    """Logs what a program says, and tells its monitor when it ends.

    Attributes:
        service: The monitor.
        name: The program's name.
    """

    service: Any = None
    name: str = ""
    _ended = False

    def connectionMade(self) -> None:
        """Take the program's streams."""
        self._output = self._logger("stdout")
        self._errors = self._logger("stderr")

    def _logger(self, stream: str) -> LineLogger:
        made = LineLogger()
        made.tag, made.stream, made.service = self.name, stream, self.service
        made.makeConnection(transport)
        return made

    @property
    def output(self) -> LineLogger:
        """What logs the standard output."""
        return self._output

    @property
    def empty(self) -> bool:
        """Whether no part of a line is left."""
        rest = self._output.clearLineBuffer()
        self._output.dataReceived(rest)
        return not rest

    def outReceived(self, data: bytes) -> None:
        """Log the lines of standard output."""
        self._output.dataReceived(data)

    def errReceived(self, data: bytes) -> None:
        """Log the lines of standard error."""
        self._errors.dataReceived(data)

    def processEnded(self, reason: Failure) -> None:
        """Log what is left without the end of a line, and tell the monitor."""
        for logger in (self._output, self._errors):
            rest = logger.clearLineBuffer()
            if rest:
                logger.lineReceived(rest)
        self.service._monitoredProcessExited(self.name, reason)


@dataclass
class Program:
    """A program, and as whom and where it runs.

    Attributes:
        args: The program, and its arguments after its name.
        uid: The user; None for this process's.
        gid: The group; None for this process's.
        env: Its environment.
        cwd: The directory; None for this process's.
    """

    args: Sequence[str]
    uid: int | None = None
    gid: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None


class ProcessMonitor(Service):
    """Keeps programs running while it runs.

    Args:
        reactor: The reactor; None for the current one.

    Attributes:
        threshold: Seconds that a program has to run for its end to be no failure to start.
        killTime: Seconds that a program has to end after SIGTERM.
        minRestartDelay: Seconds before a program that failed to start is started again.
        maxRestartDelay: Seconds that this delay, which doubles, grows to.
        protocols: The protocols of the programs that run, by name.
        delay: The seconds before the next start, by name.
        timeStarted: When a program was started, by name.
        murder: The timers for SIGKILL, by name.
        restart: The timers for the next start, by name.
    """

    threshold: float = 1
    killTime: float = 5
    minRestartDelay: float = 1
    maxRestartDelay: float = 3600
    log = Logger()
    program_class = Program

    def __init__(self, reactor: Any = None) -> None:
        self._reactor = reactor
        self._processes: dict[str, Program] = {}
        self.protocols: dict[str, LoggingProtocol] = {}
        self.delay: dict[str, float] = {}
        self.timeStarted: dict[str, float] = {}
        self.murder: dict[str, Any] = {}
        self.restart: dict[str, Any] = {}

    @property
    def _clock(self) -> Any:
        if self._reactor is None:
            self._reactor = current_reactor()
        return self._reactor

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.update(protocols={}, delay={}, timeStarted={}, murder={}, restart={}, _reactor=None)
        return state

    def addProcess(
        self,
        name: str,
        args: Sequence[str],
        uid: int | None = None,
        gid: int | None = None,
        env: Mapping[str, str] = {},
        cwd: str | None = None,
    ) -> None:
        """Add a program; start it if this service runs.

        Args:
            name: What it is called here.
            args: The program, and its arguments after its name.
            uid: The user it runs as; None for this process's.
            gid: The group it runs as; None for this process's.
            env: Its environment.
            cwd: The directory it runs in; None for this process's.

        Raises:
            KeyError: If there is one of that name.
        """
        if name in self._processes:
            raise KeyError(f"remove {name} first")
        self._processes[name] = self.program_class(args, uid, gid, env, cwd)
        self.delay[name] = self.minRestartDelay
        if self.running:
            self.startProcess(name)

    def removeProcess(self, name: str) -> None:
        """Stop a program and forget it.

        Raises:
            KeyError: If there is none of that name.
        """
        self.stopProcess(name)
        del self._processes[name]

    def startService(self) -> None:
        """Start all programs."""
        super().startService()
        for name in list(self._processes):
            self.startProcess(name)

    def stopService(self) -> None:
        """Stop all programs, and start none of them again."""
        super().stopService()
        for timer in self.restart.values():
            if timer.active():
                timer.cancel()
        for name in list(self._processes):
            self.stopProcess(name)

    def connectionLost(self, name: str) -> None:
        """Take note that a program has ended.

        Args:
            name: What it is called here.
        """
        self._monitoredProcessExited(name)

    def _monitoredProcessExited(self, name: str, reason: Failure | None = None) -> None:
        timer = self.murder.pop(name, None)
        if timer is not None and timer.active():
            timer.cancel()
        del self.protocols[name]
        if reason is not None and reason.check(error.ProcessTerminated) and name in self._processes:
            self.log.info("{name} has ended: {why}", name=name, why=reason.getErrorMessage())
        if not self.running or name not in self._processes:
            return
        if self._clock.seconds() - self.timeStarted[name] < self.threshold:
            delay = self.delay[name]
            self.delay[name] = min(self.delay[name] * 2, self.maxRestartDelay)
        else:
            delay = 0
            self.delay[name] = self.minRestartDelay
        self.restart[name] = self._clock.callLater(delay, self.startProcess, name)

    def startProcess(self, name: str) -> None:
        """Start a program, unless it runs.

        Args:
            name: What it is called here.
        """
        if name in self.protocols:
            return
        program = self._processes[name]
        protocol = self.protocols[name] = LoggingProtocol()
        protocol.service = self
        protocol.name = name
        self.timeStarted[name] = self._clock.seconds()
        try:
            self._clock.spawnProcess(
                protocol,
                program.args[0],
                program.args,
                uid=program.uid,
                gid=program.gid,
                env=program.env,
                path=program.cwd,
            )
        except OSError as reason:
            # Such as too many processes: as if it had ended at once.
            failure = Failure(reason)
            self.log.failure("Cannot start {name}", failure, name=name)
            self._monitoredProcessExited(name, failure)

    def _forceStopProcess(self, proc: Any) -> None:
        with suppress(error.ProcessExitedAlready):
            proc.signalProcess("KILL")

    def stopProcess(self, name: str) -> None:
        """Tell a program to end, and kill it if it does not.

        Args:
            name: What it is called here.

        Raises:
            KeyError: If there is none of that name.
        """
        if name not in self._processes:
            raise KeyError(f"Unrecognized process name: {name}")
        protocol = self.protocols.get(name)
        if protocol is None:
            return
        program = protocol.transport
        assert program is not None
        try:
            program.signalProcess("TERM")
        except error.ProcessExitedAlready:
            return
        self.murder[name] = self._clock.callLater(self.killTime, self._forceStopProcess, program)

    def restartAll(self) -> None:
        """Stop all programs; they are started again as they end."""
        for name in list(self._processes):
            self.stopProcess(name)

    def __repr__(self) -> str:
        lines = [_described(name, program) for name, program in sorted(self._processes.items())]
        return f"<{type(self).__name__} {' '.join(lines)}>"


def _described(name: str, program: Program) -> str:
    whom = f"({program.uid}:{program.gid})" if program.uid is not None or program.gid is not None else ""
    return f"{name!r}{whom}: {program.args!r}"
