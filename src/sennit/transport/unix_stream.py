"""What listens, connects and carries a conversation on UNIX sockets.

A connection whose protocol takes file descriptors (IFileDescriptorReceiver), or that sends one, changes
over to a carrier of our own, see `sennit.transport.descriptors`.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.addresses import UNIXAddress
from sennit.core.errors import BadFileError, CannotListenError, NotListeningError
from sennit.core.interfaces import (
    IClientFactory,
    IFileDescriptorReceiver,
    IProtocolFactory,
    ITLSTransport,
    IUNIXTransport,
)
from sennit.log import Logger
from sennit.transport.accepting import Acceptor, accept
from sennit.transport.connector import Attempt, StreamConnector
from sennit.transport.descriptors import DescriptorCarrier
from sennit.transport.port import StreamPort
from sennit.transport.shared import socket_source
from sennit.transport.socket_file import SocketFile
from sennit.transport.stream import StreamConnection

if TYPE_CHECKING:
    from sennit.core.filesystem_lock import FilesystemLock
    from sennit.transport.credentials import PeerCredentials

__all__ = [
    "UNIXClient",
    "UNIXConnection",
    "UNIXConnector",
    "UNIXPort",
    "UNIXServer",
]

_log = Logger()


@implementer(IUNIXTransport, ITLSTransport)
class UNIXConnection(StreamConnection):
    """A connection over a UNIX socket."""

    __slots__ = ("__dict__",)

    def sendFileDescriptor(self, descriptor: int) -> None:
        """Send a copy of an open descriptor.

        At least one byte must be written for each, before or after it in the same turn of the loop; else
        the connection is lost with `FileDescriptorOverrun`.

        Args:
            descriptor: The descriptor; it must stay open until it is sent.
        """
        if not self.connected or self._write_ended():
            return
        carrier = self._carrier
        if not isinstance(carrier, DescriptorCarrier):
            carrier = self._change_carrier()
        carrier.send_descriptor(descriptor)

    def get_peer_credentials(self) -> PeerCredentials:
        """Give the process, user and group of the other side (unix(7), SO_PEERCRED).

        Raises:
            OSError: If the system does not tell.
        """
        size = struct.calcsize("3i")
        option = getattr(socket, "SO_PEERCRED", None)
        if option is None:
            raise OSError("This system does not tell the credentials of the other side.")
        from sennit.transport.credentials import PeerCredentials

        return PeerCredentials(*struct.unpack("3i", self.socket.getsockopt(socket.SOL_SOCKET, option, size)))

    def getTcpNoDelay(self) -> bool:
        """Say no: there is nothing to delay."""
        return False

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Do nothing: there is nothing to delay."""

    def getTcpKeepAlive(self) -> bool:
        """Tell the socket's option; it has no effect."""
        return bool(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Set the socket's option; it has no effect."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(bool(enabled)))

    def descriptor_received(self, descriptor: int) -> None:
        """Hand on a descriptor from the other side."""
        protocol = self.protocol
        if not self.connected or not IFileDescriptorReceiver.providedBy(protocol):
            os.close(descriptor)
            if self.connected:
                _log.warn(
                    "{protocol!r} does not provide IFileDescriptorReceiver: a descriptor was closed",
                    protocol=protocol,
                )
            return
        try:
            protocol.fileDescriptorReceived(descriptor)
        except BaseException:
            self._user_failed("Error in fileDescriptorReceived of {culprit!r}", protocol)

    def _before_made(self) -> None:
        if IFileDescriptorReceiver.providedBy(self.protocol):
            self._change_carrier()

    def _before_loss(self) -> None:
        # Only an open socket knows its names.
        self.getPeer()
        self.getHost()

    def _change_carrier(self) -> DescriptorCarrier:
        self.send_gathered()
        carrier = DescriptorCarrier(self.reactor.loop, self._carrier, self)
        if self.write == self._carrier.write:
            self.write = carrier.write
        self._carrier = carrier
        if self._gate is not None:
            carrier.set_protocol(self._gate)
        if self._draining or (self.producer is not None and not self.streamingProducer):
            carrier.set_write_buffer_limits(high=0)
        elif self._high_water is not None:
            self._set_limits()
        return carrier

    def _address(self, which: str) -> UNIXAddress:
        try:
            name = self._carrier.get_extra_info(which)
        except (AttributeError, OSError):
            name = None
        return UNIXAddress(name or None)


class UNIXClient(UNIXConnection):
    """A connection over a UNIX socket that we made."""

    __slots__ = ()
    is_client = True

    @property
    def connector(self) -> Any:
        """The connector."""
        return self._owner

    def _log_suffix(self) -> str:
        return "client"


class UNIXServer(UNIXConnection):
    """A connection over a UNIX socket that a port accepted."""

    __slots__ = ()

    @property
    def server(self) -> Any:
        """The port."""
        return self._owner

    def _log_suffix(self) -> str:
        return f"{self.sessionno},{os.fsdecode(self.getHost().name or b'')}"

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]} on {os.fsdecode(self.getHost().name or b'')}>"


class UNIXPort(StreamPort):
    """A port on a UNIX socket; it listens once `startListening` is called.

    Args:
        fileName: The path of the socket; None for a socket that was adopted.
        factory: Builds a protocol for each connection.
        backlog: How many connections may wait to be accepted.
        mode: The permissions of the socket's file.
        reactor: The reactor; by default the current one.
        wantPID: Keep a lock beside it.
        adopted: A socket that listens already.

    Attributes:
        transport: The class of the connections.
        lockFile: The lock, while it is held.
    """

    kind = "UNIX"
    addressFamily = socket.AF_UNIX
    socketType = socket.SOCK_STREAM
    transport: type[UNIXServer] = UNIXServer
    lockFile: FilesystemLock | None = None

    def __init__(
        self,
        fileName: str | bytes | None,
        factory: IProtocolFactory,
        backlog: int = 50,
        mode: int = 0o666,
        reactor: Any = None,
        wantPID: bool = False,
        *,
        adopted: socket.socket | None = None,
    ) -> None:
        super().__init__(factory, backlog, reactor)
        if adopted is not None:
            fileName = adopted.getsockname() or b""
        self.port = os.fsencode(fileName or b"")
        self.mode = mode
        self.wantPID = wantPID
        self._adopted = adopted
        self._file = SocketFile(self.port)

    def getHost(self) -> UNIXAddress:
        """Give the address it listens on."""
        if self.socket is None:
            raise NotListeningError("This port does not listen, so it has no address.")
        return UNIXAddress(self.port or None)

    def _listening_socket(self) -> socket.socket:
        if self._adopted is not None:
            adopted, self._adopted = self._adopted, None
            return adopted
        source = socket_source()
        if source is None:
            return self.make_listening_socket()
        try:
            return source.unix(self.port, self.mode, self.backlog, lock=self.wantPID)
        except OSError as error:
            raise CannotListenError(None, self.port, error) from None

    def make_listening_socket(self) -> socket.socket:
        """Make the socket, whoever else may have one for this place.

        Raises:
            CannotListenError: If the address cannot be had, or the lock is held.
        """
        self._lock()
        listening = None
        try:
            listening = self.createInternetSocket()
            self._file.bind(listening, self.mode)
            listening.listen(self.backlog)
        except OSError as error:
            if listening is not None:
                listening.close()
            self._after_close()
            raise CannotListenError(None, self.port, error) from None
        made: socket.socket = listening
        return made

    def _accept(self, listening: socket.socket) -> Acceptor:
        return accept(self.reactor.loop, listening, self._connection, max(1, self.backlog))

    def _connection(self) -> UNIXServer:
        return self.transport(self.reactor, self, self._open, self.next_session())

    def _address_text(self) -> str:
        return repr(os.fsdecode(self.port))

    def _name_text(self) -> str:
        return os.fsdecode(self.port)

    def _lock(self) -> None:
        if not self.wantPID or not self._file.exists_in_files:
            return
        from sennit.core.filesystem_lock import FilesystemLock

        lock = FilesystemLock(os.fsdecode(self.port) + ".lock")
        if not lock.lock():
            raise CannotListenError(None, self.port, "Cannot acquire lock.")
        self.lockFile = lock
        if not lock.clean:
            # Who held the lock is gone, so nobody listens there.
            self._file.path.unlink(missing_ok=True)

    def _after_close(self) -> None:
        self._file.remove()
        lock, self.lockFile = self.lockFile, None
        if lock is not None:
            lock.unlock()


class UNIXConnector(StreamConnector):
    """Holds a connection over a UNIX socket, and can make it again.

    Args:
        address: The path of the socket.
        factory: Builds the protocol, and hears of failure and loss.
        timeout: Seconds for an attempt; None or 0 for no limit.
        reactor: The reactor; by default the current one.
        checkPID: Ask the lock beside the socket first.
    """

    def __init__(
        self,
        address: str | bytes,
        factory: IClientFactory,
        timeout: float | None,
        reactor: Any = None,
        checkPID: bool = False,
    ) -> None:
        super().__init__(factory, timeout, reactor)
        self.address = os.fsencode(address)
        self.checkPID = checkPID

    def getDestination(self) -> UNIXAddress:
        """Give the address it connects to."""
        return UNIXAddress(self.address)

    def _attempt(self) -> Attempt:
        return _UNIXAttempt(self)


class _UNIXAttempt(Attempt):
    """Asks the lock if it should, then connects."""

    connector: UNIXConnector

    def _get_ready(self) -> None:
        self._prepare(socket.AF_UNIX)

    def _begin(self) -> None:
        address = self.connector.address
        if self.connector.checkPID and not _is_locked(os.fsdecode(address)):
            raise BadFileError(string=f"No process holds the lock of {os.fsdecode(address)!r}.")
        self._connect(socket.AF_UNIX, address)

    def _make_connection(self) -> UNIXClient:
        return UNIXClient(self.reactor, self.connector, self._open)


def _is_locked(path: str) -> bool:
    from sennit.core.filesystem_lock import isLocked

    return isLocked(path + ".lock")
