"""Datagrams over UNIX sockets, named by a path or abstract (beginning with NUL).

They arrive whole and in order, and the sender hears at once whether anyone is there.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import UNIXAddress
from sennit.core.errors import CannotListenError, InvalidAddressError
from sennit.core.failure import Failure
from sennit.core.interfaces import IUNIXDatagramConnectedTransport, IUNIXDatagramTransport
from sennit.transport.datagram import DatagramPort
from sennit.transport.socket_file import SocketFile

__all__ = [
    "ConnectedUNIXDatagramPort",
    "UNIXDatagramPort",
    "connect_unix_datagram",
    "listen_unix_datagram",
]


def listen_unix_datagram(
    reactor: Any, address: str | bytes, protocol: Any, maxPacketSize: int = 8192, mode: int = 0o666
) -> UNIXDatagramPort:
    """Open a UNIX datagram socket.

    Args:
        reactor: The reactor.
        address: The path of the socket; a name that begins with NUL is abstract (Linux).
        protocol: Takes the datagrams (`sennit.protocol.DatagramProtocol`).
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        mode: The permissions of the socket's file.

    Returns:
        The port, which listens.

    Raises:
        CannotListenError: If the path cannot be had.
    """
    port = UNIXDatagramPort(address, protocol, maxPacketSize, mode, reactor)
    port.startListening()
    return port


def connect_unix_datagram(
    reactor: Any,
    address: str | bytes,
    protocol: Any,
    maxPacketSize: int = 8192,
    mode: int = 0o666,
    bindAddress: str | bytes | None = None,
) -> ConnectedUNIXDatagramPort:
    """Open a UNIX datagram socket with one peer.

    If that cannot be done, the protocol's ``connectionFailed`` hears why before this returns.

    Args:
        reactor: The reactor.
        address: The path of the peer's socket.
        protocol: Takes the datagrams (`sennit.protocol.ConnectedDatagramProtocol`).
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        mode: The permissions of our socket's file.
        bindAddress: The path of our socket; None for a socket without a name, which cannot be answered.

    Returns:
        The port.
    """
    port = ConnectedUNIXDatagramPort(address, protocol, maxPacketSize, mode, bindAddress, reactor)
    port.startListening()
    return port


class _Port(DatagramPort):
    """What both kinds share: a name of our own, or none."""

    kind = "UNIXDatagram"
    addressFamily = socket.AF_UNIX

    def __init__(
        self, own: str | bytes | None, proto: Any, maxPacketSize: int, mode: int, reactor: Any
    ) -> None:
        super().__init__(proto, maxPacketSize, reactor)
        self.mode = mode
        self._own = None if own is None else os.fsencode(own)
        self._file = None if self._own is None else SocketFile(self._own)

    def getHost(self) -> UNIXAddress:
        """Give the address of this side."""
        self._open_socket()
        return UNIXAddress(self._own)

    def logPrefix(self) -> str:
        """Say whose port this is in a line of a log."""
        return f"{super().logPrefix()} (UNIX)"

    def _make_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            if self._file is not None:
                self._file.bind(made, self.mode)
        except OSError as error:
            self._discard(made)
            raise CannotListenError(None, self._own, error) from None
        except BaseException:
            self._discard(made)
            raise
        return made

    def _discard(self, made: socket.socket) -> None:
        made.close()
        if self._file is not None:
            self._file.remove()

    def _leave(self) -> None:
        if self._file is not None:
            self._file.remove()

    def _address_text(self) -> str:
        return repr(None if self._own is None else os.fsdecode(self._own))


@implementer(IUNIXDatagramTransport)
class UNIXDatagramPort(_Port):
    """A UNIX datagram socket; it listens once `startListening` is called.

    Senders are given to the protocol by their paths as text, abstract names as bytes, and None for a sender
    without a name.

    Args:
        addr: The path of the socket.
        proto: Takes the datagrams.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        mode: The permissions of the socket's file.
        reactor: The reactor; by default the current one.
    """

    def __init__(
        self,
        addr: str | bytes,
        proto: Any,
        maxPacketSize: int = 8192,
        mode: int = 0o666,
        reactor: Any = None,
    ) -> None:
        super().__init__(addr, proto, maxPacketSize, mode, reactor)
        self.port = addr

    def write(self, datagram: bytes, address: str | bytes) -> None:  # type: ignore[override]  # the contract
        """Send a datagram.

        Args:
            datagram: The datagram.
            address: The path of the receiver's socket.

        Raises:
            MessageLengthError: If the datagram is longer than the system sends.
            OSError: What else the system says, such as that there is nobody.
        """
        super().write(datagram, address)

    def _checked(self, addr: Any) -> Any:
        if addr is None:
            raise InvalidAddressError(None, "A sender without a name cannot be answered.")
        return addr


@implementer(IUNIXDatagramConnectedTransport)
class ConnectedUNIXDatagramPort(_Port):
    """A UNIX datagram socket with one peer.

    Args:
        addr: The path of the peer's socket.
        proto: Takes the datagrams, without their sender.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        mode: The permissions of our socket's file.
        bindAddress: The path of our socket; None for a socket without a name.
        reactor: The reactor; by default the current one.
    """

    def __init__(
        self,
        addr: str | bytes,
        proto: Any,
        maxPacketSize: int = 8192,
        mode: int = 0o666,
        bindAddress: str | bytes | None = None,
        reactor: Any = None,
    ) -> None:
        super().__init__(bindAddress, proto, maxPacketSize, mode, reactor)
        self.remoteaddr = addr

    def startListening(self) -> None:
        """Open the socket and connect it; the protocol's ``connectionFailed`` hears if that fails."""
        if self.connected:
            return
        try:
            made = self._make_socket()
        except (CannotListenError, OSError):
            self.protocol.connectionFailed(Failure())
            return
        self._start(made)

    def write(self, datagram: bytes) -> None:  # type: ignore[override]  # the peer is known
        """Send a datagram to the peer; if it is gone, the protocol's ``connectionRefused`` is called.

        Raises:
            MessageLengthError: If the datagram is longer than the system sends.
        """
        super().write(datagram)

    def writeSequence(self, seq: Any) -> None:  # type: ignore[override]  # the peer is known
        """Send a datagram that is given in pieces."""
        self.write(b"".join(seq))

    def getPeer(self) -> UNIXAddress:
        """Give the peer's address."""
        return UNIXAddress(self.remoteaddr)

    def _make_socket(self) -> socket.socket:
        made = super()._make_socket()
        try:
            made.connect(self.remoteaddr)
        except BaseException:
            self._discard(made)
            raise
        self._has_peer = True
        return made

    def _checked(self, addr: Any) -> Any:
        return None

    def _deliver(self, datagram: bytes, sender: Any) -> None:
        self.protocol.datagramReceived(datagram)
