"""Protocols over datagrams."""

from __future__ import annotations

from typing import Any, cast

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import ILoggingContext, IUDPTransport
from sennit.protocol.factory import logger_of

__all__ = ["AbstractDatagramProtocol", "ConnectedDatagramProtocol", "DatagramProtocol"]


class AbstractDatagramProtocol:
    """What protocols over datagrams of every kind share: one protocol for one port.

    Attributes:
        transport: The port's transport; None while there is none.
        numPorts: How many ports use this protocol: none or one, except by way of `doStart`.
        noisy: Whether to log when it starts and stops.
    """

    transport: IUDPTransport = None  # type: ignore[assignment]  # set before any method that could use it
    numPorts: int = 0
    noisy: bool = True

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the port."""
        return {**self.__dict__, "transport": None, "numPorts": 0}

    def doStart(self) -> None:
        """Note the port, and call `startProtocol`."""
        if self.numPorts == 0 and self.noisy:
            logger_of(self).info(
                "{protocol} starting on {transport}", protocol=self, transport=self.transport
            )
        if self.numPorts == 0:
            self.startProtocol()
        self.numPorts += 1

    def doStop(self) -> None:
        """Note that the port is closed, and call `stopProtocol`."""
        assert self.numPorts > 0, "A protocol was stopped that had not started."
        self.numPorts -= 1
        self.transport = None  # type: ignore[assignment]  # as the class's own None
        if self.numPorts == 0:
            if self.noisy:
                logger_of(self).info("Stopping protocol {protocol}", protocol=self)
            self.stopProtocol()

    def startProtocol(self) -> None:
        """Learn that the transport is there.  To be overridden."""

    def stopProtocol(self) -> None:
        """Learn that the port is closed.  To be overridden."""

    def makeConnection(self, transport: Any) -> None:
        """Take the transport, and start."""
        assert cast("Any", self.transport) is None, "This protocol has a transport."
        self.transport = transport
        self.doStart()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        """Take a datagram.  To be overridden.

        Args:
            datagram: Its bytes; it may be empty.
            addr: The sender: ``(address, port)`` for UDP, the path for a UNIX socket.
        """


@implementer(ILoggingContext)
class DatagramProtocol(AbstractDatagramProtocol):
    """A protocol over UDP, or over a UNIX datagram socket."""

    def logPrefix(self) -> str:
        """Give the class's name, for log lines."""
        return self.__class__.__name__

    def connectionRefused(self) -> None:
        """Learn that nobody listens at the address the port is connected to.  To be overridden."""


class ConnectedDatagramProtocol(DatagramProtocol):
    """A protocol over a UNIX datagram socket with one peer."""

    def datagramReceived(self, datagram: bytes) -> None:  # type: ignore[override]  # the peer is known
        """Take a datagram.  To be overridden."""

    def connectionFailed(self, failure: Failure) -> None:
        """Learn that the socket could not be connected.  To be overridden."""
