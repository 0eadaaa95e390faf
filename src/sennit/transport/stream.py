"""One connection: between a transport of the loop and a protocol of the user.

The object is both the protocol that the loop's transport talks to and the transport that the user's
protocol talks to.  Nothing stands between them where it matters: `write` is the loop transport's own
method, and `data_received` does nothing but call ``protocol.dataReceived``, which is looked up at each read
because programs replace it, and the protocol, on live connections.

Invariants:

- `connectionLost` is called once, after `makeConnection`, and nothing is called after it.
- Once nothing more can be sent, `write` is a function that drops what it is given.
- After the loss no reference leads from here to the protocol, so neither waits for the garbage collector.
- The loop's transport is closed when all is sent, never before: what it does with writes after that is
  its own affair, and differs.
- What ends a connection from this side sets the reason first; without one, what the loop says decides.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterable
from typing import IO, Any

from zope.interface import classImplements

from sennit.core import at_work
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    IHalfCloseableProtocol,
    ILoggingContext,
    IPushProducer,
    ISystemHandle,
    ITransport,
)
from sennit.log import Logger
from sennit.transport.consumer import DEFAULT_HIGH_WATER, Consumer
from sennit.transport.gate import Gate
from sennit.transport.sockets import SocketHandle, end_conversation

__all__ = ["Owner", "StreamConnection"]

_log = Logger(__name__)

# Closing with a linger time of 0 sends a reset instead of a FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Owner:
    """What a connection belongs to: a port or a connector."""

    __slots__ = ()

    def protocol_for(self, connection: Any, peer: Any) -> Any:
        """Build the protocol for a connection to the address `peer`; None to close it at once."""
        raise AssertionError("An owner of connections builds their protocols.")

    def connection_refused(self, connection: Any, reason: Failure) -> None:
        """Learn that there is no protocol for the connection, which is being closed."""

    def connection_ended(self, connection: Any, reason: Failure) -> None:
        """Learn that the connection is lost; its protocol knows."""


def _no_sendfile(out: int, source: int, offset: int, count: int) -> int:
    return 0


# Others have it in forms of their own.
_sendfile = os.sendfile if sys.platform == "linux" else _no_sendfile


def drop(data: bytes) -> None:
    """Stand in for ``write`` where nothing can be sent any more."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"Data must be bytes, not {type(data).__name__}.")


def _name_of(protocol: Any) -> str:
    """Give the name of a protocol in lines of a log."""
    prefix = getattr(protocol, "logPrefix", None)
    return type(protocol).__name__ if prefix is None else str(prefix())


def _lost_by(error: BaseException) -> Failure:
    """Give the reason for a connection that an error of the system ended."""
    lost = ConnectionLost()
    lost.__cause__ = error
    return Failure(lost)


class StreamConnection(Consumer):
    """A connection of any kind of stream.

    Attributes:
        write: Send bytes.  A bytearray or memoryview is taken too, and must not change until it is sent.
        protocol: The protocol; may be replaced at any time while the connection lives.
        reactor: The reactor.
        connected: True from the protocol's birth to the connection's loss.
        disconnecting: True after `loseConnection`.
        disconnected: True after the loss.
        sessionno: The number of this connection among those its port accepted.
        is_client: Whether this side made the connection.
    """

    is_client = False

    __slots__ = (
        "__weakref__",
        "_gate",
        "_host",
        "_log_name",
        "_making",
        "_open",
        "_owner",
        "_paused",
        "_peer",
        "_read_ended",
        "_reason",
        "_write_ending",
        "disconnected",
        "protocol",
        "sessionno",
    )

    def __init__(self, reactor: Any, owner: Owner, open: dict[Any, float | None], sessionno: int = 0) -> None:
        self._begin(reactor)
        self.write = drop
        self.protocol: Any = None
        self.disconnected = False
        self.sessionno = sessionno
        self._owner = owner
        self._open = open
        self._reason: Failure | None = None
        self._gate: Gate | None = None
        self._host: Any = None
        self._log_name = ""
        self._peer: Any = None
        self._making = False
        self._paused = False
        self._read_ended = False
        self._write_ending = False

    # What the loop's transport calls.

    def connection_made(self, carrier: Any) -> None:
        """Take the loop's transport, have a protocol built, and introduce them."""
        outer = at_work.begin(self) if at_work.COMPILED else None
        try:
            self._meet(carrier)
        finally:
            if at_work.COMPILED:
                at_work.end(outer)

    def data_received(self, data: bytes) -> None:
        """Hand on what was read."""
        outer = at_work.begin(self) if at_work.COMPILED else None
        try:
            self.protocol.dataReceived(data)
        except BaseException:
            self._user_failed("Error in dataReceived of {culprit!r}", self.protocol)
        finally:
            if at_work.COMPILED:
                at_work.end(outer)

    def eof_received(self) -> bool:
        """Learn that the other side sends no more."""
        self._read_ended = True
        protocol = self.protocol
        if not self.connected or self.disconnecting:
            return True
        if IHalfCloseableProtocol.providedBy(protocol):
            outer = at_work.begin(self) if at_work.COMPILED else None
            try:
                protocol.readConnectionLost()
            except BaseException:
                self._user_failed("Error in readConnectionLost of {culprit!r}", protocol)
            finally:
                if at_work.COMPILED:
                    at_work.end(outer)
        else:
            self._end(Failure(ConnectionDone()))
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Learn that the loop's transport has closed."""
        reason = self._reason
        if reason is None:
            if exc is None:
                reason = Failure(ConnectionDone())
            elif isinstance(exc, ConnectionLost):
                reason = Failure(exc)
            else:
                reason = _lost_by(exc)
        outer = at_work.begin(self) if at_work.COMPILED else None
        try:
            self._lose(reason)
        finally:
            if at_work.COMPILED:
                at_work.end(outer)

    def _meet(self, carrier: Any) -> None:
        self._carrier = carrier
        if self._reason is not None:
            carrier.abort()
            return
        self._open[self] = None
        try:
            peer = self._peer or self._address("peername")
        except OSError as error:
            # It was reset before it came to us.
            self._refuse(_lost_by(error))
            return
        try:
            protocol = self._owner.protocol_for(self, peer)
        except BaseException:
            reason = Failure()
            _log.failure("Error in buildProtocol for {peer}", reason, peer=peer)
            self._refuse(reason)
            return
        if protocol is None:
            self._refuse(Failure(ConnectionDone()))
            return
        self.protocol = protocol
        self.connected = True
        self.write = carrier.write
        self._making = True
        self._before_made()
        try:
            protocol.makeConnection(self)
        except BaseException:
            self._user_failed("Error in connectionMade of {culprit!r}", protocol)
        self._making = False
        held = self._paused or self.disconnecting
        if held or self.reactor.pass_is_due:
            # Loops start to read after this, whatever was asked for meanwhile; and uvloop reads before it
            # calls what is due already, which programs set in order to be the first.
            self._gate = Gate(self)
            self._carrier.set_protocol(self._gate)
            if not held:
                self.reactor.loop.call_soon(self._open_gate)

    # ITransport and its kin.

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""
        try:
            joined = b"".join(data)
        except TypeError:
            raise TypeError("Data must be bytes") from None
        self.write(joined)

    def send_file(self, file: IO[bytes], offset: int, count: int) -> int:
        """Send octets of a file without reading them here (``sendfile``), as many as there is room for now.

        Args:
            file: The open file, one of the system's.
            offset: Where to begin.
            count: How many octets at the most.

        Returns:
            How many are sent; 0 if something else waits to be sent, there is no room, or the file cannot be
            sent so, under TLS for example: then `write` is the way.
        """
        carrier = self._carrier
        if self.disconnecting or not self.connected or self.write != carrier.write:
            return 0
        if hasattr(carrier, "negotiated_protocol") or carrier.get_write_buffer_size():
            return 0
        try:
            return _sendfile(self.fileno(), file.fileno(), offset, count)
        except (OSError, AttributeError):
            # No room, or no such thing; if it is worse, the write that follows tells.
            return 0

    def loseConnection(self) -> None:
        """Send what is written, then close; nothing more is read.

        What is written before all is sent goes out too.  A pull producer is asked until it unregisters.
        """
        if not self.connected or self.disconnecting:
            return
        self.disconnecting = True
        if not self._making:
            self._carrier.pause_reading()
        self.reactor.loop.call_soon(self._close)

    def abortConnection(self) -> None:
        """Close at once with a reset; what was not sent is dropped."""
        if not self.connected or self._reason is not None:
            return
        sock = self._carrier.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        # A receiver in the middle of a read stops delivering, as after `loseConnection`.
        self.disconnecting = True
        self._end(Failure(ConnectionAborted()))

    def loseWriteConnection(self) -> None:
        """Send what is written, then tell the other side that this was all; reading goes on."""
        if self.connected and not self._write_ending:
            self._write_ending = True
            self.reactor.loop.call_soon(self._end_writing)

    def getPeer(self) -> Any:
        """Give the other side's address."""
        if self._peer is None:
            self._peer = self._address("peername")
        return self._peer

    def getHost(self) -> Any:
        """Give this side's address."""
        if self._host is None:
            self._host = self._address("sockname")
        return self._host

    def take_addresses(self, peer: Any, host: Any) -> None:
        """Give other addresses from now on, told by a proxy in front; None leaves one as it is."""
        self._peer = peer or self.getPeer()
        self._host = host or self.getHost()

    def getHandle(self) -> Any:
        """Give the socket, for options; reading or writing it would upset the connection."""
        return self.socket

    def fileno(self) -> int:
        """Give the number of the descriptor; -1 after the loss."""
        sock = None if self.disconnected else self.socket
        return -1 if sock is None else sock.fileno()

    # ITLSTransport.

    def startTLS(self, contextFactory: Any, normal: bool = True) -> None:
        """Go on under TLS, after everything written before.

        What was received and not handed on is dropped, as is what a line receiver has in its buffer: it came
        before TLS, so anybody may have sent it (RFC 3207, section 5).

        Args:
            contextFactory: The TLS settings, in any form that `sennit.tls.TLSMemoryBIOFactory` takes.
            normal: True to be the client where this side made the connection, and the server where it
                accepted it; False to be the other.
        """
        if self.connected and not self.disconnecting:
            self.reactor.start_tls(self, contextFactory, self.is_client == bool(normal))

    @property
    def negotiatedProtocol(self) -> bytes | None:
        """The protocol that ALPN chose (RFC 7301); there is no such attribute without TLS."""
        chosen: bytes | None = self._carrier.negotiated_protocol()
        return chosen

    def lift(self, carrier: Any, protocol: Any) -> StreamConnection:
        """Set this connection on another carrier, and give the loop's to a new connection below it.

        Args:
            carrier: What carries this connection from now on, in a loop's vocabulary.
            protocol: The protocol of the new connection.

        Returns:
            The new connection.
        """
        self.getPeer()
        self.getHost()
        self.send_gathered()
        below = self._carrier
        raw = type(self)(self.reactor, Owner(), {}, self.sessionno)
        raw._carrier = below
        raw._over = self._over
        raw.protocol = protocol
        raw.connected = True
        raw.write = below.write
        self._carrier = carrier
        self._gate = None
        if self.write == below.write:
            self.write = carrier.write
        below.set_write_buffer_limits(DEFAULT_HIGH_WATER)
        below.set_protocol(raw)
        if self._paused:
            below.resume_reading()
        return raw

    # IPushProducer: this connection as the source of what it reads.

    def pauseProducing(self) -> None:
        """Read no more until `resumeProducing`."""
        if self.connected:
            self._paused = True
            self._carrier.pause_reading()

    def resumeProducing(self) -> None:
        """Read again."""
        if not self.connected or self.disconnecting:
            return
        self._paused = False
        if self._read_ended:
            return
        if self._gate is None:
            self._carrier.resume_reading()
        else:
            self.reactor.loop.call_soon(self._open_gate)

    @property
    def is_reading(self) -> bool:
        """Whether what arrives is handed on."""
        ended = self.disconnecting or self._read_ended or self._reason is not None
        return self.connected and not self._paused and not ended

    def stopProducing(self) -> None:
        """Close, as `loseConnection`."""
        self.loseConnection()

    def stopReading(self) -> None:
        """The same as `pauseProducing`."""
        self.pauseProducing()

    def startReading(self) -> None:
        """The same as `resumeProducing`."""
        self.resumeProducing()

    def stopConsuming(self) -> None:
        """Close, as `loseConnection`: the producer gives up."""
        self.unregisterProducer()
        self.loseConnection()

    # IHalfCloseableDescriptor: what a layer above may call in the loop's stead.

    def readConnectionLost(self, reason: Failure) -> None:
        """Treat the connection as one whose other side sends no more."""
        if self.connected:
            self.eof_received()

    def writeConnectionLost(self, reason: Failure) -> None:
        """Treat the connection as one whose other side takes no more."""
        if self.connected:
            self._end(reason)

    def connectionLost(self, reason: Failure) -> None:
        """Close at once, and give the protocol `reason`."""
        if self.connected:
            self._end(reason)

    @property
    def socket(self) -> Any:
        """The socket, as `getHandle` gives it without TLS; None where there is none."""
        sock = self._carrier.get_extra_info("socket")
        return None if sock is None else SocketHandle(sock, self._let_go)

    def _let_go(self) -> None:
        if self.connected:
            self._end(Failure(ConnectionDone()))

    # ILoggingContext.

    def logPrefix(self) -> str:
        """Say who this is in a line of a log."""
        return self.logstr

    @property
    def logstr(self) -> str:
        """The protocol's prefix and which of its connections this is."""
        return f"{self._log_name or _name_of(self.protocol)},{self._log_suffix()}"

    def _log_suffix(self) -> str:
        return str(self.sessionno)

    def __repr__(self) -> str:
        name = self._log_name or type(self if self.protocol is None else self.protocol).__name__
        return f"<{name} #{self.sessionno}>"

    # The end.

    def reactor_stopped(self) -> None:
        """Be lost because the reactor stops."""
        if self.connected:
            self._reason = Failure(ConnectionLost())
            # The loop may not turn again for long.
            self.shut_down()
            self._carrier.abort()
            self._lose(self._reason)
        elif self._carrier is not None:
            self._carrier.abort()

    def discard(self) -> None:
        """Close as soon as the loop brings its transport; nobody wants this connection any more."""
        if self._carrier is None:
            self._reason = Failure(ConnectionAborted())

    def shut_down(self) -> None:
        """End the conversation, whoever else may have a copy of the descriptor."""
        end_conversation(self.socket)

    def _refuse(self, reason: Failure) -> None:
        self._reason = reason
        self._carrier.abort()
        self._owner.connection_refused(self, reason)

    def _end(self, reason: Failure) -> None:
        """Drop what was not sent and close; the loss follows in the loop's next turn."""
        if self._reason is None:
            self._reason = reason
        self.write = drop
        self._abort_carrier()

    def _lose(self, reason: Failure) -> None:
        self._open.pop(self, None)
        protocol = self.protocol
        if protocol is None or not self.connected:
            return
        self.connected = False
        self.disconnected = True
        self.write = drop
        self._gate = None
        self._stop_producer()
        self._log_name = type(protocol).__name__
        self.protocol = None
        self._before_loss()
        try:
            protocol.connectionLost(reason)
        except BaseException:
            self._report("Error in connectionLost of {culprit!r}", protocol)
        self._owner.connection_ended(self, reason)

    def _before_made(self) -> None:
        """Get ready for the protocol that was built."""

    def _before_loss(self) -> None:
        """Do what must be done while the descriptor is still open."""

    def _close(self) -> None:
        self.send_gathered()
        if not self.connected or (self.producer is not None and not self.streamingProducer):
            return
        if self._carrier.get_write_buffer_size():
            # Not the loop's task: asyncio's transports cannot be written to once they are closing.
            self._drain()
        else:
            self.write = drop
            self._carrier.close()

    def _end_writing(self) -> None:
        self.send_gathered()
        if not self.connected or (self.producer is not None and not self.streamingProducer):
            return
        if self._carrier.get_write_buffer_size():
            # `_drained` goes on from here.
            self._drain()
        elif self.write is not drop:
            self.write = drop
            try:
                self._carrier.write_eof()
            except OSError as error:
                self._end(_lost_by(error))
                return
            protocol = self.protocol
            if IHalfCloseableProtocol.providedBy(protocol):
                try:
                    protocol.writeConnectionLost()
                except BaseException:
                    self._user_failed("Error in writeConnectionLost of {culprit!r}", protocol)

    def _drained(self) -> None:
        # In the loop's next turn: its transports may not be closed within ``resume_writing``.
        if self.disconnecting:
            self.reactor.loop.call_soon(self._close)
        elif self._write_ending:
            self.reactor.loop.call_soon(self._end_writing)

    def _producer_gone(self) -> None:
        self._drained()

    def _write_ended(self) -> bool:
        return self.write is drop

    def _open_gate(self) -> None:
        gate = self._gate
        if gate is None or self._paused or not self.connected or self.disconnecting:
            return
        self._gate = None
        self._carrier.set_protocol(self)
        if gate.data:
            self.data_received(gate.data)
        if gate.ended:
            self.eof_received()
        elif self.connected and not (self._paused or self.disconnecting):
            self._carrier.resume_reading()

    def _user_failed(self, message: str, culprit: object) -> None:
        reason = Failure()
        _log.failure(message, reason, culprit=culprit)
        if self.connected:
            self._end(reason)

    def _report(self, message: str, culprit: object) -> None:
        _log.failure(message, Failure(), culprit=culprit)

    def _address(self, which: str) -> Any:
        raise AssertionError("Each kind of connection makes its own addresses.")


classImplements(
    StreamConnection,
    ITransport,
    IConsumer,
    IPushProducer,
    IHalfCloseableDescriptor,
    ISystemHandle,
    ILoggingContext,
)
