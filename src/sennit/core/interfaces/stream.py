"""Interfaces of reactors that make stream connections."""

from __future__ import annotations

import socket
from typing import Any

from zope.interface import Interface

from sennit.core.interfaces.protocol import IClientFactory, IProtocolFactory
from sennit.core.interfaces.transport import IConnector, IListeningPort
from sennit.values import Settings

__all__ = ["Binding", "IReactorSocket", "IReactorTCP", "IReactorTCP2", "IReactorUNIX"]


class Binding(Settings):
    """The local end that a socket is bound to, as a value.

    Args:
        address: The local address; empty for any.
        port: The port number; 0 for any that is free.
        reuseAddress: Whether the address may be in use by connections that are closing (``SO_REUSEADDR``).
        reusePort: Whether other sockets may be bound to the same port (``SO_REUSEPORT``).
    """

    address: str = ""
    port: int = 0
    reuseAddress: bool = False
    reusePort: bool = False


class IReactorTCP(Interface):
    """A reactor that speaks TCP."""

    def listenTCP(
        port: int | Binding, factory: IProtocolFactory, backlog: int = 50, interface: str = ""
    ) -> IListeningPort:
        """Accept connections.

        Args:
            port: The port number; 0 for any that is free.  Or the whole local end.
            factory: Builds a protocol for each connection.
            backlog: How many connections may wait to be accepted.
            interface: The local IPv4 or IPv6 address; empty for every IPv4 address.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """

    def connectTCP(
        host: str,
        port: int,
        factory: IClientFactory,
        timeout: float = 30.0,
        bindAddress: tuple[str, int] | Binding | None = None,
    ) -> IConnector:
        """Make a connection.

        Args:
            host: A name, or an IPv4 or IPv6 address.
            port: The port number.
            factory: Builds the protocol, and hears of failure and loss.
            timeout: Seconds until the attempt fails.
            bindAddress: The local ``(host, port)``, or None for any.
        """


class IReactorTCP2(IReactorTCP):
    """A reactor that also listens on IPv4 and IPv6 at once."""

    def listenTCP(
        port: int | Binding, factory: IProtocolFactory, backlog: int = 50, interface: str | None = None
    ) -> IListeningPort:
        """Accept connections.

        Args:
            port: The port number; 0 for any that is free.
            factory: Builds a protocol for each connection.
            backlog: How many connections may wait to be accepted.
            interface: The local address; None for every address of both families.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """

    def connectTCP(
        host: str,
        port: int,
        factory: IClientFactory,
        timeout: float = 30.0,
        bindAddress: tuple[str, int] | Binding | None = None,
    ) -> IConnector:
        """Make a connection, as `IReactorTCP.connectTCP`."""


class IReactorUNIX(Interface):
    """A reactor that speaks over UNIX sockets."""

    def connectUNIX(
        address: str, factory: IClientFactory, timeout: float = 30, checkPID: bool = False
    ) -> IConnector:
        """Make a connection.

        Args:
            address: The path of the socket.
            factory: Builds the protocol, and hears of failure and loss.
            timeout: Seconds until the attempt fails.
            checkPID: Whether to ask the lock file beside the socket if its server still lives.
        """

    def listenUNIX(
        address: str, factory: IProtocolFactory, backlog: int = 50, mode: int = 0o666, wantPID: bool = False
    ) -> IListeningPort:
        """Accept connections.

        Args:
            address: The path of the socket.
            factory: Builds a protocol for each connection.
            backlog: How many connections may wait to be accepted.
            mode: The permissions of the socket's file.
            wantPID: Whether to keep a lock file beside it with this process's identity.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """


class IReactorSocket(Interface):
    """A reactor that takes over sockets made elsewhere.

    Each call duplicates the descriptor; the caller keeps the one it gave, and closes it.
    """

    def adoptStreamPort(
        fileDescriptor: int, addressFamily: socket.AddressFamily, factory: IProtocolFactory
    ) -> IListeningPort:
        """Accept connections on a socket that is bound and listening.

        Raises:
            sennit.core.errors.UnsupportedAddressFamily: If the family is none of ours.
            sennit.core.errors.UnsupportedSocketType: If it is no stream socket.
        """

    def adoptStreamConnection(
        fileDescriptor: int, addressFamily: socket.AddressFamily, factory: IProtocolFactory
    ) -> None:
        """Run a protocol on a socket that is connected.

        Raises:
            sennit.core.errors.UnsupportedAddressFamily: If the family is none of ours.
            sennit.core.errors.UnsupportedSocketType: If it is no stream socket.
        """

    def adoptDatagramPort(
        fileDescriptor: int, addressFamily: socket.AddressFamily, protocol: Any, maxPacketSize: int
    ) -> IListeningPort:
        """Receive on a datagram socket that is bound.

        Args:
            fileDescriptor: The socket's descriptor.
            addressFamily: ``AF_INET`` or ``AF_INET6``.
            protocol: A `sennit.protocol.DatagramProtocol`.
            maxPacketSize: The longest datagram taken, in bytes.

        Raises:
            sennit.core.errors.UnsupportedAddressFamily: If the family is none of ours.
            sennit.core.errors.UnsupportedSocketType: If it is no datagram socket.
        """
