"""Datagram ports: the reactor's way to UDP, multicast and UNIX datagrams.

Each kind is loaded when it is first asked for: most servers have none of them, and start sooner.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from sennit.core.interfaces import IListeningPort
from sennit.reactor.base import ReactorBase

if TYPE_CHECKING:
    from sennit.transport.multicast import MulticastPort
    from sennit.transport.unix_datagram import ConnectedUNIXDatagramPort

__all__ = ["Datagrams"]


class Datagrams(ReactorBase):
    """IReactorUDP, IReactorMulticast, IReactorUNIXDatagram, and adoption of datagram sockets."""

    def listenUDP(
        self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192
    ) -> IListeningPort:
        """Open a UDP port (`sennit.transport.udp.listen_udp`)."""
        from sennit.transport.udp import listen_udp

        return listen_udp(self, port, protocol, interface, maxPacketSize)

    def listenMulticast(
        self,
        port: int,
        protocol: Any,
        interface: str = "",
        maxPacketSize: int = 8192,
        listenMultiple: bool = False,
    ) -> MulticastPort:
        """Open a UDP port for multicast (`sennit.transport.multicast.listen_multicast`)."""
        from sennit.transport.multicast import listen_multicast

        return listen_multicast(self, port, protocol, interface, maxPacketSize, listenMultiple)

    def listenUNIXDatagram(
        self, address: str | bytes, protocol: Any, maxPacketSize: int = 8192, mode: int = 0o666
    ) -> IListeningPort:
        """Open a UNIX datagram socket (`sennit.transport.unix_datagram.listen_unix_datagram`)."""
        from sennit.transport.unix_datagram import listen_unix_datagram

        return listen_unix_datagram(self, address, protocol, maxPacketSize, mode)

    def connectUNIXDatagram(
        self,
        address: str | bytes,
        protocol: Any,
        maxPacketSize: int = 8192,
        mode: int = 0o666,
        bindAddress: str | bytes | None = None,
    ) -> ConnectedUNIXDatagramPort:
        """Open one with a peer (`sennit.transport.unix_datagram.connect_unix_datagram`)."""
        from sennit.transport.unix_datagram import connect_unix_datagram

        return connect_unix_datagram(self, address, protocol, maxPacketSize, mode, bindAddress)

    def adoptDatagramPort(
        self,
        fileDescriptor: int,
        addressFamily: socket.AddressFamily,
        protocol: Any,
        maxPacketSize: int = 8192,
    ) -> IListeningPort:
        """Open a UDP port on a copy of a socket that is bound already."""
        from sennit.transport.udp import adopt_datagram_port

        return adopt_datagram_port(self, fileDescriptor, addressFamily, protocol, maxPacketSize)
