"""Protocols with child processes."""

from __future__ import annotations

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IProcessProtocol, IProcessTransport
from sennit.protocol.stream import BaseProtocol

__all__ = ["ProcessProtocol"]


@implementer(IProcessProtocol)
class ProcessProtocol(BaseProtocol):
    """Converses with a child process over its standard streams, and any others it was given."""

    transport: IProcessTransport = None  # type: ignore[assignment]  # set before any method that could use it

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Take what the child wrote: calls `outReceived` or `errReceived` for its standard streams.

        Args:
            childFD: The descriptor in the child.
            data: What was written.
        """
        if childFD == 1:
            self.outReceived(data)
        elif childFD == 2:
            self.errReceived(data)

    def outReceived(self, data: bytes) -> None:
        """Take what the child wrote to its standard output.  To be overridden."""

    def errReceived(self, data: bytes) -> None:
        """Take what the child wrote to its standard error.  To be overridden."""

    def childConnectionLost(self, childFD: int) -> None:
        """Learn that one of the child's descriptors is closed; calls the method for a standard stream."""
        if childFD == 0:
            self.inConnectionLost()
        elif childFD == 1:
            self.outConnectionLost()
        elif childFD == 2:
            self.errConnectionLost()

    def inConnectionLost(self) -> None:
        """Learn that the child's standard input is closed.  To be overridden."""

    def outConnectionLost(self) -> None:
        """Learn that the child's standard output is closed.  To be overridden."""

    def errConnectionLost(self) -> None:
        """Learn that the child's standard error is closed.  To be overridden."""

    def processExited(self, reason: Failure) -> None:
        """Learn that the child has exited; more output may come.  To be overridden."""

    def processEnded(self, reason: Failure) -> None:
        """Learn that the child has exited and its streams are closed.  To be overridden.

        Args:
            reason: A `ProcessDone` or a `ProcessTerminated` in a Failure.
        """
