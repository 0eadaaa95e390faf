"""Interfaces of stream transports, and of what connects and listens for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zope.interface import Interface

from sennit.core.interfaces.address import IAddress

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = [
    "IConnector",
    "IListeningPort",
    "ISystemHandle",
    "ITCPTransport",
    "ITransport",
    "IUNIXTransport",
]


class ITransport(Interface):
    """One end of a connection that carries bytes in order."""

    def write(data: bytes) -> None:
        """Send bytes, all of them, in order, never blocking; dropped once the connection is lost."""

    def writeSequence(data: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""

    def loseConnection() -> None:
        """Send what is written, then close."""

    def getPeer() -> IAddress:
        """Give the address of the other side."""

    def getHost() -> IAddress:
        """Give the address of this side."""


class ITCPTransport(ITransport):
    """A TCP connection."""

    def loseWriteConnection() -> None:
        """Send what is written, then close our direction only (see `IHalfCloseableProtocol`)."""

    def abortConnection() -> None:
        """Close at once; what is written and not sent is dropped."""

    def getTcpNoDelay() -> bool:
        """Tell whether small segments are sent without delay (``TCP_NODELAY``)."""

    def setTcpNoDelay(enabled: bool) -> None:
        """Set ``TCP_NODELAY``."""

    def getTcpKeepAlive() -> bool:
        """Tell whether the system probes an idle connection (``SO_KEEPALIVE``)."""

    def setTcpKeepAlive(enabled: bool) -> None:
        """Set ``SO_KEEPALIVE``."""

    def getHost() -> IAddress:
        """Give this side's `IPv4Address` or `IPv6Address`."""

    def getPeer() -> IAddress:
        """Give the other side's `IPv4Address` or `IPv6Address`."""


class IUNIXTransport(ITransport):
    """A connection over a UNIX socket."""

    def sendFileDescriptor(descriptor: int) -> None:
        """Send a duplicate of an open descriptor along with the bytes written next.

        The descriptor must stay open until it is sent, and at least one byte must be written for each.
        """


class ISystemHandle(Interface):
    """A transport or port that stands on an object of the operating system."""

    def getHandle() -> Any:
        """Give that object, such as a `socket.socket`; what is done to it is the caller's own risk."""


class IConnector(Interface):
    """Holds one outgoing connection, and can make it again."""

    def stopConnecting() -> None:
        """Give up.

        Raises:
            sennit.core.errors.NotConnectingError: If it is not connecting.
        """

    def disconnect() -> None:
        """Close the connection, or give up making it."""

    def connect() -> None:
        """Connect again, after the connection is lost or has failed."""

    def getDestination() -> IAddress:
        """Give the address it connects to."""


class IListeningPort(Interface):
    """A port that accepts connections or datagrams."""

    def startListening() -> None:
        """Begin.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """

    def stopListening() -> Deferred[None] | None:
        """Stop; connections already accepted go on.

        Returns:
            A Deferred that fires when the port is closed, or None if it is already.
        """

    def getHost() -> IAddress:
        """Give the address it listens on."""
