"""A child process as its protocol sees it, whatever it is connected by.

Invariants:

- `processExited` is called once, when the status has been taken; `processEnded` once, after it and after the
  last of our descriptors is closed; nothing is called after it.
- `pid` is a number as long as it is ours to signal: from the start to the taking of the status.
- Whatever the protocol raises is logged; the process goes on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from sennit.core.errors import (
    ConnectionDone,
    ConnectionLost,
    ProcessDone,
    ProcessExitedAlready,
    ProcessTerminated,
)
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.process.reaping import (
    ExitWatch,
    abandoned,
    reap_abandoned,
    registerReapProcessHandler,
    unregisterReapProcessHandler,
    watch_exit,
)
from sennit.process.standard import StandardStreams
from sennit.transport.consumer import Consumer
from sennit.transport.pipes import PipeReader, PipeWriter
from sennit.transport.registry import open_things
from sennit.transport.stream import drop

__all__ = ["Child", "ChildReader", "ChildWriter", "Pipe"]

_log = Logger()

_DONE = Failure(ConnectionDone())

_FAILED = 1 << 8
"""The status of a process that ended with exit code 1."""


class ChildReader:
    """What one of the child's descriptors writes.

    Args:
        child: The child.
        name: The descriptor's number in the child.
        descriptor: Our end; closed at the end.
    """

    __slots__ = ("_child", "_name", "_reader")

    def __init__(self, child: Child, name: int, descriptor: int) -> None:
        self._child = child
        self._name = name
        self._reader = PipeReader(child.reactor.loop, descriptor, self._deliver, self._ended)
        self._reader.start()

    def pauseProducing(self) -> None:
        """Read no more until `resumeProducing`."""
        self._reader.pause_reading()

    def resumeProducing(self) -> None:
        """Read again."""
        self._reader.resume_reading()

    def loseConnection(self) -> None:
        """Close our end; the child hears of it when it writes."""
        if not self._reader.closed:
            self._reader.close()
            self._child.reactor.loop.call_soon(self._ended, None)

    close_now = loseConnection

    def fileno(self) -> int:
        """Return our end's number; -1 when it is closed."""
        return -1 if self._reader.closed else self._reader.descriptor

    def _deliver(self, data: bytes) -> None:
        try:
            self._child.childDataReceived(self._name, data)
        except BaseException:
            _log.failure("Error in childDataReceived of {culprit!r}", culprit=self._child.proto)
            self.loseConnection()

    def _ended(self, error: OSError | None) -> None:
        self._child.pipe_closed(self._name, error)


class ChildWriter(Consumer):
    """What goes to one of the child's descriptors.

    Args:
        child: The child.
        name: The descriptor's number in the child.
        descriptor: Our end; closed at the end.
    """

    __slots__ = ("_child", "_name")

    def __init__(self, child: Child, name: int, descriptor: int) -> None:
        super().__init__(child.reactor)
        self._child = child
        self._name = name
        self._carrier = PipeWriter(child.reactor.loop, descriptor, self)
        self.write = self._carrier.write
        self.connected = True

    def loseConnection(self) -> None:
        """Close when all is written, also what is written until the loop's next turn."""
        if self.connected and not self.disconnecting:
            self.disconnecting = True
            self.reactor.loop.call_soon(self._close)

    def close_now(self) -> None:
        """Close, and drop what was not written."""
        self._carrier.abort()

    def reader_gone(self) -> bool:
        """Have it closed."""
        return True

    def write_ended(self, error: OSError | None) -> None:
        """Take leave of the producer, and tell the child's protocol."""
        self.connected = False
        self.write = drop
        self._stop_producer()
        self._child.pipe_closed(self._name, error)

    def _close(self) -> None:
        if self.producer is None or self.streamingProducer:
            self._carrier.close()

    def _write_ended(self) -> bool:
        return self.write is drop

    def _producer_gone(self) -> None:
        if self.disconnecting:
            self.reactor.loop.call_soon(self._close)

    def _drained(self) -> None:
        """Do nothing: the writer closes by itself."""

    def _user_failed(self, message: str, culprit: object) -> None:
        self._report(message, culprit)
        self._carrier.abort()

    def _report(self, message: str, culprit: object) -> None:
        _log.failure(message, culprit=culprit)


Pipe = ChildReader | ChildWriter


class Child(StandardStreams):
    """What processes on pipes and processes on terminals have in common: their start and their end.

    Args:
        reactor: The reactor.
        proto: The protocol.

    Attributes:
        pid: The process's number; None once it has ended.
        status: Its status as `os.waitpid` gives it; -1 as long as it runs.
        pipes: Our open ends, by the descriptors' numbers in the child.
    """

    pid: int | None = None
    status: int | None = -1

    def __init__(self, reactor: Any, proto: Any) -> None:
        self.reactor = reactor
        self.proto: Any = proto
        self.pipes: dict[int, Pipe] = {}
        self._watch: ExitWatch | None = None
        self._reason: Failure | None = None
        # Between the taking of the status and the return of processExited.
        self._exiting = False
        self._abandoned = False

    def _begin(self, pid: int | None) -> None:
        """Go on as the process `pid`; or, with None, as one that failed before it was its program."""
        open_things(self.reactor)[self] = None
        reap_abandoned()
        if pid is None:
            self.reactor.loop.call_soon(self._exited, _FAILED)
        else:
            self.pid = pid
            registerReapProcessHandler(pid, self)
            self._watch = watch_exit(self.reactor.loop, pid, self.reapProcess)
        self._tell(self.proto.makeConnection, self)

    def reapProcess(self) -> None:
        """Take the status, if the process has exited."""
        pid = self.pid
        if pid is None:
            return
        status: int | None
        try:
            reaped, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            # Somebody else took it, or the system was told to keep none (SIGCHLD ignored).
            status = None
        else:
            if not reaped:
                return
        self.pid = None
        unregisterReapProcessHandler(pid, self)
        abandoned.discard(self)
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        self._exited(status)

    def signalProcess(self, signalID: str | int) -> None:
        """Send a signal.

        Args:
            signalID: Its number, or its name with or without ``SIG``.

        Raises:
            ProcessExitedAlready: If the process has exited.
            ValueError: If there is no signal of that name.
        """
        number = _signal_number(signalID)
        if self.pid is None:
            raise ProcessExitedAlready
        try:
            if self._watch is not None:
                self._watch.signal(number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            raise ProcessExitedAlready from None

    def signal_group(self, signalID: str | int) -> None:
        """Send a signal to the process and all others of its group.

        Args:
            signalID: As for `signalProcess`.

        Raises:
            ProcessExitedAlready: If the process has exited.
            ValueError: If its group is ours too, or there is no signal of that name.
        """
        number = _signal_number(signalID)
        if self.pid is None:
            raise ProcessExitedAlready
        group = os.getpgid(self.pid)
        if group == os.getpgrp():
            raise ValueError(
                "The process is in our own group: start it with process_group=0, or on a terminal."
            )
        os.killpg(group, number)

    def childDataReceived(self, name: int, data: bytes) -> None:
        """Hand on what the child wrote.

        Args:
            name: The descriptor's number in the child.
            data: What it wrote.
        """
        self.proto.childDataReceived(name, data)

    def pipe_closed(self, name: int, error: OSError | None) -> None:
        """Learn that our end of a descriptor is closed."""
        self.childConnectionLost(name, _lost(error))

    def childConnectionLost(self, childFD: int, reason: Failure) -> None:
        """Forget a descriptor that is closed."""
        self.pipes.pop(childFD, None)
        self.maybeCallProcessEnded()

    def maybeCallProcessEnded(self) -> None:
        """Tell the protocol that all is over, if it is."""
        reason = self._reason
        if reason is None or self._exiting or self.pipes or self.proto is None:
            return
        proto, self.proto = self.proto, None
        open_things(self.reactor).pop(self, None)
        self._tell(proto.processEnded, reason)

    def reactor_stopped(self) -> None:
        """Let go of the descriptors and the process, which goes on without us; nobody is told of its exit."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        if self.pid is not None:
            self._abandoned = True
            abandoned.add(self)
        for pipe in list(self.pipes.values()):
            pipe.close_now()

    def write(self, data: bytes) -> None:
        """Write to the child's standard input; dropped when that is closed."""
        pipe = self.pipes.get(0)
        if isinstance(pipe, ChildWriter):
            pipe.write(data)
        else:
            drop(data)

    def writeSequence(self, seq: Any) -> None:
        """Write several byte strings to the child's standard input as if joined."""
        self.write(b"".join(seq))

    def writeToChild(self, childFD: int, data: bytes) -> None:
        """Write to one of the child's descriptors.

        Args:
            childFD: Its number in the child.
            data: What to write.

        Raises:
            KeyError: If it is not, or no more, one that we write to.
        """
        pipe = self.pipes[childFD]
        if not isinstance(pipe, ChildWriter):
            raise KeyError(childFD)
        pipe.write(data)

    def closeChildFD(self, childFD: int) -> None:
        """Close our end of one of the child's descriptors, when what was written is sent; once is enough.

        Args:
            childFD: Its number in the child.
        """
        pipe = self.pipes.get(childFD)
        if pipe is not None:
            pipe.loseConnection()

    def pauseProducing(self) -> None:
        """Read nothing from the child until `resumeProducing`; it waits when its pipes are full."""
        for pipe in self.pipes.values():
            if isinstance(pipe, ChildReader):
                pipe.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        for pipe in self.pipes.values():
            if isinstance(pipe, ChildReader):
                pipe.resumeProducing()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer feed the child's standard input, at the pace at which the child reads.

        Args:
            producer: An `IPushProducer` or `IPullProducer`; stopped at once if that input is closed.
            streaming: True if it pushes, False if it is to be asked for each piece.

        Raises:
            RuntimeError: If another is registered.
        """
        pipe = self.pipes.get(0)
        if isinstance(pipe, ChildWriter):
            pipe.registerProducer(producer, streaming)
        else:
            producer.stopProducing()

    def unregisterProducer(self) -> None:
        """Take the producer out; a close that waited for it comes now."""
        pipe = self.pipes.get(0)
        if isinstance(pipe, ChildWriter):
            pipe.unregisterProducer()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} pid={self.pid} status={self.status}>"

    def _exited(self, status: int | None) -> None:
        self.status = status
        self._reason = Failure(_outcome(status))
        if self._abandoned:
            self.proto = None
        self._exiting = True
        if self.proto is not None:
            self._tell(self.proto.processExited, self._reason)
        self._exiting = False
        self.maybeCallProcessEnded()

    def _tell(self, method: Callable[[Any], object], argument: object) -> None:
        try:
            method(argument)
        except BaseException:
            _log.failure("Error in {method!r}", method=method)


def _lost(error: OSError | None) -> Failure:
    if error is None:
        return _DONE
    lost = ConnectionLost(str(error))
    lost.__cause__ = error
    return Failure(lost)


def _outcome(status: int | None) -> ProcessDone | ProcessTerminated:
    if status is None:
        return ProcessTerminated()
    if os.WIFSIGNALED(status):
        return ProcessTerminated(signal=os.WTERMSIG(status), status=status)
    code = os.WEXITSTATUS(status)
    return ProcessTerminated(code, status=status) if code else ProcessDone(status)


def _signal_number(signal_id: str | int) -> int:
    if isinstance(signal_id, int):
        return signal_id
    name = signal_id if signal_id.startswith("SIG") else f"SIG{signal_id}"
    try:
        return signal.Signals[name]
    except KeyError:
        raise ValueError(f"There is no signal {signal_id!r} here.") from None
