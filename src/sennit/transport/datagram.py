"""Datagram ports of every kind: reading, sending, waiting to send, closing.

We read and send on our own socket and let the loop only watch it.  Measured on loopback this costs less
than the loops' datagram transports: those of asyncio read one datagram a turn, and uvloop's copies what it
sends.  It also tells the caller at once what the system says to a datagram, which those transports do not.

A wake-up reads up to `READS_PER_TURN` datagrams.  What the system does not take at once waits in a queue
that is bounded; datagrams beyond it are dropped, as any network may do, and counted.

libuv stops to watch a descriptor when poll(2) reports an error for it, as it does for the refusals that
come back to a socket with one peer.  For such sockets the watch is renewed after every error.
"""

from __future__ import annotations

import errno
import socket
from abc import abstractmethod
from collections import deque
from typing import Any

from sennit.core.errors import MessageLengthError, NotListeningError
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.transport.listening import Listening

__all__ = ["DEFAULT_SEND_QUEUE", "NOBODY", "QUEUE_OVERHEAD", "READS_PER_TURN", "DatagramPort"]

_log = Logger()

READS_PER_TURN = 64
"""How many datagrams are read before others have their turn."""

DEFAULT_SEND_QUEUE = 256 * 1024
"""How many bytes of datagrams may wait to be sent."""

QUEUE_OVERHEAD = 64
"""How many bytes more than its length a datagram counts for while it waits."""

# Nobody is there (any more) to take a datagram for the one peer.
_REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, errno.ENOTCONN})
# The system is out of room, and does not say when there is some (send(2)).
_NO_ROOM = frozenset({errno.ENOBUFS, errno.ENOMEM})

NOBODY = object()
"""Stands for a sender that is not to be heard."""


class DatagramPort(Listening):
    """A socket that sends and receives datagrams for one protocol.

    Args:
        protocol: Takes the datagrams.
        maxPacketSize: The longest datagram taken, in bytes; longer ones are cut to it.
        reactor: The reactor; by default the current one.

    Attributes:
        protocol: The protocol; may be replaced at any time.
        send_queue_limit: How many bytes of datagrams may wait while the socket's buffer is full; each
            counts `QUEUE_OVERHEAD` bytes more than its length.
        dropped: How many datagrams were dropped on their way out: there was no room, or the port closed.
    """

    socketType: int = socket.SOCK_DGRAM
    protocol: Any = None
    maxPacketSize: int = 8192
    send_queue_limit: int = DEFAULT_SEND_QUEUE
    dropped: int = 0
    # Whether the system learns of a refusal from the network, after the datagram is gone.
    errors_come_later = False

    def __init__(self, protocol: Any, maxPacketSize: int = 8192, reactor: Any = None) -> None:
        super().__init__(reactor)
        self.protocol = protocol
        self.maxPacketSize = maxPacketSize
        self._waiting: deque[tuple[bytes, Any]] = deque()
        self._waiting_bytes = 0
        # An address that is good and need not be looked at: mostly the last sender.
        self._heard: Any = NOBODY
        self._has_peer = False
        # Whether `_sender` has a say about the senders that the system gives.
        self._senders_differ = False
        self._watched = False
        self._sendto: Any = self._drop

    def startListening(self) -> None:
        """Open the port, and introduce it to the protocol.

        Raises:
            CannotListenError: If the address cannot be had.
        """
        if not self.connected:
            self._start(self._make_socket())

    def doRead(self) -> None:
        """Read what has come, and hand it to the protocol.  The loop calls this."""
        reading = self.socket
        if reading is None:
            return
        receive, size = reading.recvfrom, self.maxPacketSize
        for count in range(READS_PER_TURN):
            try:
                datagram, sender = receive(size)
            except (BlockingIOError, InterruptedError):
                if not count:
                    # Woken up by an error that a `write` has met meanwhile.
                    self._watch_again()
                return
            except OSError as error:
                self._refused(error)
            else:
                if self._senders_differ:
                    sender = self._sender(sender)
                    if sender is NOBODY:
                        continue
                self._heard = NOBODY if sender is None else sender
                try:
                    self._deliver(datagram, sender)
                except BaseException:
                    self._user_failed("Error in datagramReceived of {protocol!r}")
            if self.socket is not reading:
                return

    def write(self, datagram: bytes, addr: Any = None) -> None:
        """Send a datagram.

        If the socket's buffer is full it waits, behind others; if too many wait it is dropped.  On a port
        that is closed it is dropped.

        Args:
            datagram: The datagram.
            addr: Where to; None on a port with one peer.

        Raises:
            InvalidAddressError: If the address is not one that this port can send to.
            MessageLengthError: If the datagram is longer than the system sends.
            OSError: What else the system says.
        """
        if addr is not self._heard:
            addr = self._checked(addr)
        if self._waiting:
            self._wait(datagram, addr)
            return
        try:
            self._sendto(datagram, addr)
        except (BlockingIOError, InterruptedError):
            self._wait(datagram, addr)
        except OSError as error:
            self._send_failed(datagram, addr, error)

    def writeSequence(self, seq: Any, addr: Any = None) -> None:
        """Send a datagram that is given in pieces."""
        self.write(b"".join(seq), addr)

    @property
    def send_queue_size(self) -> int:
        """How many bytes wait to be sent, by the count of `send_queue_limit`."""
        return self._waiting_bytes

    @property
    def _served(self) -> Any:
        return self.protocol

    def _start(self, made: socket.socket) -> None:
        self.socket = made
        plain = self._way_out(made)
        self._sendto = self._send_to_peer if self._has_peer else plain
        self._begun()
        self._announce()
        try:
            self.protocol.makeConnection(self)
        except BaseException:
            self._close()
            self.connected = False
            self._open.pop(self, None)
            if self.protocol.transport is self:
                self.protocol.transport = None
            self._leave()
            raise
        if self.socket is made:
            self._watched = True
            self.reactor.loop.add_reader(made.fileno(), self.doRead)

    @abstractmethod
    def _make_socket(self) -> socket.socket:
        """Make the socket, bound and non-blocking.

        Raises:
            CannotListenError: If the address cannot be had.
        """

    def _way_out(self, made: socket.socket) -> Any:
        """Give the function that sends a datagram to an address."""
        return made.sendto

    @abstractmethod
    def _checked(self, addr: Any) -> Any:
        """Give the address in the form that the socket takes, None for the one peer.

        Raises:
            InvalidAddressError: If it is not one that this port can send to.
        """

    def _sender(self, sender: Any) -> Any:
        """Give the sender in the form that the protocol takes, or `NOBODY` if it is not to be heard."""
        return sender

    def _deliver(self, datagram: bytes, sender: Any) -> None:
        self.protocol.datagramReceived(datagram, sender)

    def _open_socket(self) -> socket.socket:
        if self.socket is None:
            raise NotListeningError
        return self.socket

    def _take_peer(self) -> None:
        """Send to the one peer that the socket was connected to."""
        self._has_peer = True
        self._heard = NOBODY
        self._sendto = self._send_to_peer

    def _send_to_peer(self, datagram: bytes, _addr: Any) -> None:
        assert self.socket is not None
        self.socket.send(datagram)

    def _drop(self, _datagram: bytes, _addr: Any) -> None:
        self.dropped += 1

    def _send_failed(self, datagram: bytes, addr: Any, error: OSError) -> None:
        if error.errno == errno.EMSGSIZE:
            raise MessageLengthError("message too long") from None
        if error.errno in _NO_ROOM:
            self.dropped += 1
        elif error.errno in _REFUSED and (self._has_peer or self.errors_come_later):
            # The answer to an earlier datagram came in the place of this one's sending.
            self._refused(error)
            try:
                self._sendto(datagram, addr)
            except OSError:
                self.dropped += 1
        else:
            raise error

    def _refused(self, error: OSError) -> None:
        """Learn of an error that belongs to no call."""
        self._watch_again()
        if self._has_peer and error.errno in _REFUSED:
            self.reactor.loop.call_soon(self._tell_refused)
        else:
            _log.debug("An error came to {port!r}: {error}", port=self, error=error)

    def _tell_refused(self) -> None:
        if self.socket is None:
            return
        try:
            self.protocol.connectionRefused()
        except BaseException:
            self._user_failed("Error in connectionRefused of {protocol!r}")

    def _user_failed(self, message: str) -> None:
        _log.failure(message, Failure(), protocol=self.protocol)

    def _watch_again(self) -> None:
        if self._has_peer and self._watched and self.socket is not None:
            loop, number = self.reactor.loop, self.socket.fileno()
            loop.remove_reader(number)
            loop.add_reader(number, self.doRead)
            if self._waiting:
                loop.remove_writer(number)
                loop.add_writer(number, self._flush)

    # What waits to be sent.

    def _wait(self, datagram: bytes, addr: Any) -> None:
        size = len(datagram) + QUEUE_OVERHEAD
        if self._waiting_bytes + size > self.send_queue_limit or self.socket is None:
            self.dropped += 1
            return
        if not self._waiting:
            self.reactor.loop.add_writer(self.socket.fileno(), self._flush)
        self._waiting.append((bytes(datagram), addr))
        self._waiting_bytes += size

    def _flush(self) -> None:
        waiting = self._waiting
        while waiting:
            datagram, addr = waiting[0]
            try:
                self._sendto(datagram, addr)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                try:
                    self._send_failed(datagram, addr, error)
                except (OSError, MessageLengthError):
                    self.dropped += 1
            waiting.popleft()
            self._waiting_bytes -= len(datagram) + QUEUE_OVERHEAD
        if self.socket is not None:
            self.reactor.loop.remove_writer(self.socket.fileno())

    def _close(self) -> None:
        closing = self.socket
        if closing is None:
            return
        loop = self.reactor.loop
        if self._waiting and not loop.is_closed():
            self._flush()
            if self._waiting:
                loop.remove_writer(closing.fileno())
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        if self._watched:
            self._watched = False
            if not loop.is_closed():
                loop.remove_reader(closing.fileno())
        self.socket = None
        self._sendto = self._drop
        self._has_peer = False
        closing.close()
