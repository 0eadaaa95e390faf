"""Child processes of a simulated host: programs that exist only as what they say and how they end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.errors import ProcessDone, ProcessExitedAlready, ProcessTerminated
from sennit.core.failure import Failure
from sennit.core.interfaces import IProcessTransport
from sennit.log import Logger
from sennit.process.standard import StandardStreams

if TYPE_CHECKING:
    from sennit.sim.host import Host

__all__ = ["Outcome", "Program", "SimulatedProcess"]

_log = Logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program comes to.

    Attributes:
        status: Its exit status.
        output: What it writes to its standard output.
        errors: What it writes to its standard error.
        after: How many seconds it takes; None if it runs until it is killed.
        killed_by: The number of the signal that ends it, instead of a status; None for none.
    """

    status: int = 0
    output: bytes = b""
    errors: bytes = b""
    after: float | None = 0.1
    killed_by: int | None = None


Program = Callable[[Sequence[str]], Outcome]
"""Says what a program comes to that is called with some arguments."""


@implementer(IProcessTransport)
class SimulatedProcess(StandardStreams):
    """A process.

    Args:
        host: Whose it is.
        protocol: What converses with it.
        outcome: What it comes to.
        pid: Its number.

    Attributes:
        written: What was written to its standard input.
    """

    disconnecting = False

    def __init__(self, host: Host, protocol: Any, outcome: Outcome, pid: int) -> None:
        self.host = host
        self.loop = host.loop
        self.proto = protocol
        self.outcome = outcome
        self.pid: int | None = pid
        self.written = b""
        self._open = {0, 1, 2}
        self.loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._tell(self.proto.makeConnection, self)
        for descriptor, data in ((1, self.outcome.output), (2, self.outcome.errors)):
            if data:
                self.loop.call_later(0.0, self._said, descriptor, data)
        if self.outcome.after is not None:
            self.loop.call_later(self.outcome.after, self._end, self.outcome.status, self.outcome.killed_by)

    def _tell(self, method: Callable[..., object], *args: Any) -> None:
        try:
            method(*args)
        except Exception:
            _log.failure("Error in {method!r}", method=method)

    def _said(self, descriptor: int, data: bytes) -> None:
        if descriptor in self._open and self.pid is not None:
            self._tell(self.proto.childDataReceived, descriptor, data)

    def _end(self, status: int, killed_by: int | None = None) -> None:
        if self.pid is None:
            return
        self.pid = None
        error: Exception
        if killed_by is not None:
            error = ProcessTerminated(None, killed_by, killed_by)
        elif status:
            error = ProcessTerminated(status, None, status << 8)
        else:
            error = ProcessDone(0)
        reason = Failure(error)
        self._tell(self.proto.processExited, reason)
        for descriptor in sorted(self._open):
            self._lose(descriptor)
        self._tell(self.proto.processEnded, reason)

    def _lose(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.discard(descriptor)
            self._tell(self.proto.childConnectionLost, descriptor)

    def write(self, data: bytes) -> None:
        """Write to its standard input."""
        self.writeToChild(0, data)

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """Write to its standard input."""
        self.writeToChild(0, b"".join(seq))

    def writeToChild(self, childFD: int, data: bytes) -> None:
        """Write to one of its descriptors."""
        self.written += data

    def closeChildFD(self, childFD: int) -> None:
        """Close one of its descriptors."""
        self.loop.call_soon(self._lose, childFD)

    def loseConnection(self) -> None:
        """Close all of its descriptors."""
        for descriptor in sorted(self._open):
            self.closeChildFD(descriptor)

    def signalProcess(self, signalID: str | int) -> None:
        """Send it a signal, which ends it.

        Raises:
            ProcessExitedAlready: If it has ended.
        """
        if self.pid is None:
            raise ProcessExitedAlready
        number = signalID if isinstance(signalID, int) else getattr(signal, f"SIG{signalID.upper()}")
        self.loop.call_soon(self._end, 0, int(number))
