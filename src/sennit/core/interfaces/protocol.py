"""Interfaces of protocols and of the factories that build them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

from sennit.core.interfaces.address import IAddress

if TYPE_CHECKING:
    from sennit.core.failure import Failure
    from sennit.core.interfaces.transport import IConnector, ITransport

__all__ = [
    "IClientFactory",
    "IFileDescriptorReceiver",
    "IHalfCloseableProtocol",
    "IHandshakeListener",
    "ILoggingContext",
    "IProtocol",
    "IProtocolFactory",
]


class ILoggingContext(Interface):
    """Something that names itself in the log while it runs."""

    def logPrefix() -> str:
        """Give a short name for log lines."""


class IProtocol(Interface):
    """One end of a conversation over a stream of bytes."""

    def dataReceived(data: bytes) -> None:
        """Take bytes from the other side: any number of them, cut anywhere."""

    def connectionLost(reason: Failure) -> None:
        """Learn that the connection is over; the last call the protocol gets.

        Args:
            reason: A `sennit.core.errors.ConnectionDone` or `sennit.core.errors.ConnectionLost` in a Failure.
        """

    def makeConnection(transport: ITransport) -> None:
        """Take the transport and begin: calls `connectionMade`."""

    def connectionMade() -> None:
        """Learn that the transport is there; a client or a greeting server writes first here."""


class IProtocolFactory(Interface):
    """Builds a protocol for each connection."""

    def buildProtocol(addr: IAddress) -> IProtocol | None:
        """Build the protocol for a connection.

        Args:
            addr: The address of the other side.

        Returns:
            The protocol, or None to have the connection closed at once.
        """

    def doStart() -> None:
        """Note one more port or connector that uses this factory."""

    def doStop() -> None:
        """Note one port or connector less."""


class IClientFactory(IProtocolFactory):
    """Builds the protocol for a connection that a connector makes, and follows the connector's fortunes."""

    def startedConnecting(connector: IConnector) -> None:
        """Learn that a connect has begun."""

    def clientConnectionFailed(connector: IConnector, reason: Failure) -> None:
        """Learn that it failed; `connector.connect()` tries again."""

    def clientConnectionLost(connector: IConnector, reason: Failure) -> None:
        """Learn that the connection is over; `connector.connect()` makes it again."""


class IHalfCloseableProtocol(Interface):
    """A protocol that can go on when one direction of its connection is closed."""

    def readConnectionLost() -> None:
        """Learn that the other side sends no more; without this interface the connection closes instead."""

    def writeConnectionLost() -> None:
        """Learn that we can send no more: after `loseWriteConnection`, or by the other side's doing."""


class IHandshakeListener(Interface):
    """A protocol that wants to know when its TLS handshake is done."""

    def handshakeCompleted() -> None:
        """Learn that the handshake succeeded: the peer's certificate can be asked for."""


class IFileDescriptorReceiver(Interface):
    """A protocol that takes file descriptors, sent over a UNIX socket."""

    def fileDescriptorReceived(descriptor: int) -> None:
        """Take a descriptor; it is the protocol's to close from now on."""
