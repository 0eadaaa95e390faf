"""Interfaces of datagram transports and of the reactors that make them.

A `protocol` here is a `sennit.protocol.AbstractDatagramProtocol`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Interface

from sennit.core.interfaces.address import IAddress
from sennit.core.interfaces.transport import IListeningPort

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = [
    "IMulticastTransport",
    "IReactorMulticast",
    "IReactorUDP",
    "IReactorUNIXDatagram",
    "IUDPTransport",
    "IUNIXDatagramConnectedTransport",
    "IUNIXDatagramTransport",
]


class IUDPTransport(Interface):
    """A UDP port as its protocol sees it."""

    def write(packet: bytes, addr: tuple[str, int] | None) -> None:
        """Send a datagram.

        Args:
            packet: The datagram.
            addr: Where to, as ``(address, port)``, the address in numbers; None on a connected port.

        Raises:
            sennit.core.errors.MessageLengthError: If it is longer than the system sends.
        """

    def connect(host: str, port: int) -> None:
        """Settle on one peer, given by its address in numbers; only it is heard from now on.

        Raises:
            RuntimeError: If a peer was settled on before.
        """

    def getHost() -> IAddress:
        """Give the address of this port."""

    def stopListening() -> Deferred[None] | None:
        """Close the port.

        Returns:
            A Deferred that fires when it is closed, or None if it is already.
        """

    def setBroadcastAllowed(enabled: bool) -> None:
        """Allow or forbid sending to a broadcast address (``SO_BROADCAST``)."""

    def getBroadcastAllowed() -> bool:
        """Tell whether sending to a broadcast address is allowed."""


class IMulticastTransport(IUDPTransport):
    """A UDP port that takes part in multicast groups."""

    def getOutgoingInterface() -> str | int:
        """Tell from which interface multicasts leave: an IPv4 address, or an IPv6 interface's index."""

    def setOutgoingInterface(addr: str | int) -> Deferred[int]:
        """Choose from which interface multicasts leave.

        Returns:
            A Deferred that fires when it is set.
        """

    def getLoopbackMode() -> bool:
        """Tell whether this machine hears its own multicasts."""

    def setLoopbackMode(mode: bool) -> None:
        """Choose whether this machine hears its own multicasts."""

    def getTTL() -> int:
        """Tell over how many hops multicasts go."""

    def setTTL(ttl: int) -> None:
        """Choose over how many hops multicasts go."""

    def joinGroup(addr: str, interface: str = "") -> Deferred[None]:
        """Join a group.

        Args:
            addr: The group's address.
            interface: The local interface's address; empty for the system's choice.

        Returns:
            A Deferred that fires when joined, or fails with `sennit.core.errors.MulticastJoinError`.
        """

    def leaveGroup(addr: str, interface: str = "") -> Deferred[None]:
        """Leave a group; arguments and result as of `joinGroup`."""


class IReactorUDP(Interface):
    """A reactor that speaks UDP."""

    def listenUDP(port: int, protocol: Any, interface: str, maxPacketSize: int) -> IListeningPort:
        """Open a port.

        Args:
            port: The port number; 0 for any that is free.
            protocol: What takes the datagrams.
            interface: The local address; empty for every IPv4 address.
            maxPacketSize: The longest datagram taken, in bytes.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """


class IReactorMulticast(Interface):
    """A reactor that opens UDP ports for multicast."""

    def listenMulticast(
        port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192, listenMultiple: bool = False
    ) -> IListeningPort:
        """Open a port whose transport is an `IMulticastTransport`.

        Args:
            port: The port number; 0 for any that is free.
            protocol: What takes the datagrams.
            interface: The local address; empty for every IPv4 address.
            maxPacketSize: The longest datagram taken, in bytes.
            listenMultiple: Whether other programs may listen on the same port.

        Raises:
            sennit.core.errors.CannotListenError: If the address cannot be had.
        """


class IUNIXDatagramTransport(Interface):
    """A UNIX datagram socket as its protocol sees it."""

    def write(packet: bytes, addr: str) -> None:
        """Send a datagram to the socket at the path `addr`."""

    def getHost() -> IAddress:
        """Give this side's `UNIXAddress`."""


class IUNIXDatagramConnectedTransport(Interface):
    """A UNIX datagram socket with one peer."""

    def write(packet: bytes) -> None:
        """Send a datagram to the peer."""

    def getHost() -> IAddress:
        """Give this side's `UNIXAddress`."""

    def getPeer() -> IAddress:
        """Give the peer's `UNIXAddress`."""


class IReactorUNIXDatagram(Interface):
    """A reactor that opens UNIX datagram sockets."""

    def connectUNIXDatagram(
        address: str, protocol: Any, maxPacketSize: int, mode: int, bindAddress: str | None
    ) -> IUNIXDatagramConnectedTransport:
        """Open a socket with one peer.

        Args:
            address: The path of the peer's socket.
            protocol: A `sennit.protocol.ConnectedDatagramProtocol`.
            maxPacketSize: The longest datagram taken, in bytes.
            mode: The permissions of our socket's file.
            bindAddress: The path of our socket, or None for a socket without a name.
        """

    def listenUNIXDatagram(address: str, protocol: Any, maxPacketSize: int, mode: int) -> IListeningPort:
        """Open a socket.

        Args:
            address: The path of the socket.
            protocol: A `sennit.protocol.DatagramProtocol`.
            maxPacketSize: The longest datagram taken, in bytes.
            mode: The permissions of the socket's file.

        Raises:
            sennit.core.errors.CannotListenError: If the path cannot be had.
        """
