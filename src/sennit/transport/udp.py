"""UDP over IPv4 and IPv6."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any, cast

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import (
    CannotListenError,
    InvalidAddressError,
    UnsupportedAddressFamily,
    UnsupportedSocketType,
)
from sennit.core.interfaces import IUDPTransport
from sennit.transport.datagram import NOBODY, DatagramPort
from sennit.transport.datagram_batch import Batches
from sennit.transport.names import is_ipv4, is_ipv6, socket_address
from sennit.transport.sockets import new_socket

__all__ = ["UDPPort", "adopt_datagram_port", "listen_udp", "udp_address"]


def listen_udp(
    reactor: Any, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192
) -> UDPPort:
    """Open a UDP port.

    Args:
        reactor: The reactor.
        port: The port number; 0 for any that is free.
        protocol: Takes the datagrams (`sennit.protocol.DatagramProtocol`).
        interface: The local IPv4 or IPv6 address; empty for every IPv4 address.  ``"::"`` is every address
            of both families where the system allows it.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.

    Returns:
        The port, which listens.

    Raises:
        CannotListenError: If the address cannot be had.
        InvalidAddressError: If `interface` is not an address.
    """
    listening = UDPPort(port, protocol, interface, maxPacketSize, reactor)
    listening.startListening()
    return listening


def adopt_datagram_port(
    reactor: Any, fileDescriptor: int, addressFamily: int, protocol: Any, maxPacketSize: int = 8192
) -> UDPPort:
    """Open a UDP port on a copy of a socket that is bound already.

    Args:
        reactor: The reactor.
        fileDescriptor: The socket's descriptor; it stays the caller's.
        addressFamily: ``AF_INET`` or ``AF_INET6``.
        protocol: Takes the datagrams.
        maxPacketSize: The longest datagram taken, in bytes.

    Raises:
        UnsupportedAddressFamily: For any other family.
        UnsupportedSocketType: If it is no datagram socket.
    """
    if addressFamily not in {socket.AF_INET, socket.AF_INET6}:
        raise UnsupportedAddressFamily(addressFamily)
    adopted = socket.socket(fileno=os.dup(fileDescriptor))
    if adopted.type != socket.SOCK_DGRAM:
        kind = adopted.type
        adopted.close()
        raise UnsupportedSocketType(kind)
    adopted.setblocking(False)
    port = UDPPort(None, protocol, maxPacketSize=maxPacketSize, reactor=reactor, adopted=adopted)
    port.startListening()
    return port


def udp_address(name: Any) -> IPv4Address | IPv6Address:
    """Make an address of what a UDP socket gives as its name."""
    if len(name) == 2:
        return IPv4Address("UDP", name[0], name[1])
    host, port, flow, scope = name
    return IPv6Address("UDP", host.partition("%")[0], port, flow, scope)


def _short(name: Any) -> tuple[str, int]:
    """Give an address as programs see it: without a flow label, the scope as part of the host."""
    if len(name) == 2:
        two: tuple[str, int] = name
        return two
    host, port, _flow, scope = name
    return (f"{host}%{scope}" if scope and "%" not in host else host), port


@implementer(IUDPTransport)
class UDPPort(Batches, DatagramPort):
    """A UDP port; it listens once `startListening` is called.

    Senders are given to the protocol as ``(address, port)``; the address of one that is only valid on a
    link ends in the link's number (``"fe80::1%2"``, RFC 4007), so that it can be answered.

    Args:
        port: The port number; 0 for any that is free; None for a socket that was adopted.
        proto: Takes the datagrams.
        interface: The local address; empty for every IPv4 address.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        reactor: The reactor; by default the current one.
        adopted: A socket that is bound already.

    Raises:
        InvalidAddressError: If `interface` is not an address.
    """

    kind = "UDP"
    addressFamily: int = socket.AF_INET
    errors_come_later = True

    def __init__(
        self,
        port: int | None,
        proto: Any,
        interface: str = "",
        maxPacketSize: int = 8192,
        reactor: Any = None,
        *,
        adopted: socket.socket | None = None,
    ) -> None:
        super().__init__(proto, maxPacketSize, reactor)
        self.port = port
        self._adopted = adopted
        self._peer: tuple[str, int] | None = None
        # The same, as it was given to `connect`.
        self._peer_named: Any = None
        if adopted is not None:
            interface = adopted.getsockname()[0]
        if is_ipv6(interface):
            self.addressFamily = socket.AF_INET6
        elif interface and not is_ipv4(interface):
            raise InvalidAddressError(interface, "not an IPv4 or IPv6 address.")
        self.interface = interface
        self._senders_differ = self.addressFamily == socket.AF_INET6

    def connect(self, host: str, port: int) -> None:
        """Settle on one peer: only it is heard from now on, and `write` needs no address.

        If nobody listens there, the protocol's ``connectionRefused`` is called after a `write`.

        Args:
            host: The peer's IPv4 or IPv6 address.
            port: Its port number.

        Raises:
            InvalidAddressError: If `host` is not an address of this port's family.
            OSError: What the system says, such as that there is no way there.
            RuntimeError: If a peer was settled on before.
        """
        if self._peer is not None:
            raise RuntimeError("This port has a peer already, and cannot change it.")
        self._check_host(host, "A peer")
        ours = self._open_socket()
        ours.connect(socket_address(host, port)[1])
        self._peer = _short(ours.getpeername())
        self._peer_named = (host, port)
        self._take_peer()
        self._senders_differ = True

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give the address it listens on."""
        return udp_address(self._open_socket().getsockname())

    def doRead(self) -> None:
        """Read what has come, and hand it to the protocol.  The loop calls this."""
        # In Python, whatever is compiled below: who logs finds its port among the calls.
        super().doRead()

    def setBroadcastAllowed(self, enabled: bool) -> None:
        """Allow or forbid to send to a broadcast address."""
        self._open_socket().setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, int(bool(enabled)))

    def getBroadcastAllowed(self) -> bool:
        """Tell whether it is allowed to send to a broadcast address."""
        return bool(self._open_socket().getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST))

    def logPrefix(self) -> str:
        """Say whose port this is in a line of a log."""
        return f"{super().logPrefix()} (UDP)"

    def _make_socket(self) -> socket.socket:
        if self._adopted is not None:
            adopted, self._adopted = self._adopted, None
            with suppress(OSError):
                self._peer = self._peer_named = _short(adopted.getpeername())
                self._has_peer = True
            return adopted
        self._peer = self._peer_named = None
        made = None
        try:
            made = new_socket(self.reactor.loop, self.addressFamily, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
            made.setblocking(False)
            self._prepare(made)
            where: Any = (self.interface, self.port)
            if self.addressFamily == socket.AF_INET6:
                where = socket_address(self.interface, cast("int", self.port))[1]
            made.bind(where)
        except OSError as error:
            if made is not None:
                made.close()
            raise CannotListenError(self.interface, self.port, error) from None
        except BaseException:
            if made is not None:
                made.close()
            raise
        return made

    def _prepare(self, made: socket.socket) -> None:
        """Set options before the socket is bound."""

    def _sender(self, sender: Any) -> Any:
        sender = _short(sender)
        # What others sent before the peer was settled on may still be in the socket's buffer.
        return sender if self._peer is None or sender == self._peer else NOBODY

    def _checked(self, addr: Any) -> Any:
        if self._peer is not None:
            if addr is None or addr[:2] == self._peer or addr[:2] == self._peer_named:  # lists have no hash
                return None
            raise InvalidAddressError(addr, f"This port sends to its peer {self._peer} only.")
        if addr is None:
            raise InvalidAddressError(None, "A port without a peer must be told where to send to.")
        if addr[0] != "<broadcast>" or self.addressFamily != socket.AF_INET:
            self._check_host(addr[0], "A receiver")
        if type(addr) is tuple:
            self._heard = addr
        return addr

    def _check_host(self, host: str, who: str) -> None:
        if is_ipv4(host):
            if self.addressFamily != socket.AF_INET:
                raise InvalidAddressError(host, "An IPv6 port cannot send to an IPv4 address.")
        elif not is_ipv6(host):
            raise InvalidAddressError(host, f"{who} is named by an IP address, not by a host name.")
        elif self.addressFamily != socket.AF_INET6:
            raise InvalidAddressError(host, "An IPv4 port cannot send to an IPv6 address.")

    def _address_text(self) -> str:
        return str(self.getHost().port)
