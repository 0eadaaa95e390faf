"""Protocols over streams of bytes."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import ILoggingContext, IProtocol, ITransport

__all__ = ["BaseProtocol", "Protocol", "connectionDone"]

connectionDone = Failure(ConnectionDone())
"""The reason of every clean close: one object for all of them, so it carries no traceback."""


class BaseProtocol:
    """What protocols of every kind share.

    Attributes:
        connected: Whether `makeConnection` was called.
        transport: The transport; None before `makeConnection`.  A subclass that needs more than
            `ITransport` declares it, as ``transport: ITCPTransport``.
    """

    connected: int = 0
    transport: ITransport = None  # type: ignore[assignment]  # set before any method that could use it

    def makeConnection(self, transport: Any) -> None:
        """Take the transport and call `connectionMade`."""
        self.connected = 1
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Learn that the transport is there.  To be overridden; the place for a greeting."""


@implementer(IProtocol, ILoggingContext)
class Protocol(BaseProtocol):
    """One end of a conversation over a stream of bytes.

    Attributes:
        factory: The factory that built this protocol; None if none did.
    """

    factory: Any = None

    def logPrefix(self) -> str:
        """Give the class's name, for log lines."""
        return self.__class__.__name__

    def dataReceived(self, data: bytes) -> None:
        """Take bytes from the other side.  To be overridden.

        Args:
            data: Any number of bytes, at least one, cut anywhere.
        """

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Learn that the connection is over.  To be overridden; the place to drop references.

        Args:
            reason: A `ConnectionDone` or a `ConnectionLost` in a Failure.
        """
