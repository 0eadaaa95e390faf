"""The TLS layer: a protocol to the transport below, a transport to the program's protocol.

It works over any transport, another TLS layer among them, and holds no socket.  Its life:

- The program's protocol is connected at once; what it writes waits for the handshake.
- After the handshake, each read is decrypted and handed on record by record.
- The end has two halves, one for each direction, each told by a close_notify (RFC 8446, section 6.1).  A
  stream that ends without it was cut off: that is a `ConnectionLost`, where a complete one ends with
  `ConnectionDone`.  From TLS 1.3 on one direction may stay open; before, both end together.
- An error of TLS itself is sent to the other side as an alert, and is the reason that the protocol is told.

Invariants:

- Nothing that was received before `connectionLost` is handed on after it, or after `loseConnection`.
- A protocol that pauses the transport gets nothing until it resumes; at most one read of ciphertext waits.
- The handshake is never paused: a protocol that begins paused is still secured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import classImplements

from sennit.core.current import current_reactor
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IHandshakeListener,
    IPushProducer,
    ITransport,
)
from sennit.log import Logger
from sennit.protocol.stream import connectionDone
from sennit.tls.bridge import x509_from_der
from sennit.tls.engine import RECORD, Engine
from sennit.tls.sending import Sender, end_of_turn

__all__ = ["CONNECTION_LOST", "TLSLayer"]

_log = Logger(__name__)

CONNECTION_LOST = Failure(ConnectionLost("the stream ended without close_notify"))
"""The reason of every stream that was cut off: it ended, but its TLS did not."""

_CUT_OFF_EARLY = Failure(ConnectionLost("the stream ended before the TLS handshake did"))


class TLSLayer(Sender):
    """One end of a TLS connection, between a transport and a protocol.

    Args:
        protocol: The program's protocol.
        clock: The `IReactorTime` for timers and for the end of a turn; None for the current reactor.
        handshake_timeout: Seconds until the handshake is given up; None for never.
        shutdown_timeout: Seconds to wait for the other side's close_notify after ours; None for as long as
            it takes.

    Attributes:
        disconnected: True after the loss.
        wrappedProtocol: The program's protocol; may be replaced while the connection lives.
    """

    __slots__ = (
        "__weakref__",
        "_end_held",
        "_feed",
        "_handshake_timeout",
        "_held",
        "_our_end_sent",
        "_over",
        "_paused",
        "_read",
        "_reason",
        "_shutdown_timeout",
        "_their_end_come",
        "_timer",
        "disconnected",
        "wrappedProtocol",
    )

    _feed: Callable[[bytes], Any]
    _read: Callable[[int], bytes]

    def __init__(
        self,
        protocol: Any,
        clock: Any | None = None,
        handshake_timeout: float | None = None,
        shutdown_timeout: float | None = None,
    ) -> None:
        super().__init__(clock)
        self.wrappedProtocol = protocol
        self.disconnected = False
        self._handshake_timeout = handshake_timeout
        self._shutdown_timeout = shutdown_timeout
        self._paused = False
        # TLS is over, cleanly or not; what still comes is dropped.
        self._over = False
        self._our_end_sent = False
        self._their_end_come = False
        self._reason: Failure | None = None
        self._timer: Any = None
        # Plaintext that was decrypted before its time, to get at what follows it.
        self._held = b""
        self._end_held = False

    def use(self, engine: Engine) -> None:
        """Take the engine; before anything else is called."""
        self._engine = engine
        self._feed = engine.feed
        self._read = engine.read
        self._encrypt = engine.encrypt
        self._take = engine.take

    # IProtocol: what the transport below calls.

    def makeConnection(self, transport: Any, face: Any = None) -> None:
        """Take the transport, connect the program's protocol, and begin the handshake.

        Args:
            transport: The transport below.
            face: What the program's protocol gets as its transport; this layer by default.
        """
        self.transport = transport
        self.connected = True
        self.wrappedProtocol.makeConnection(self if face is None else face)
        self.begin()

    def begin(self) -> None:
        """Begin the handshake."""
        if not self._over and self.connected:
            self._start_timer(self._handshake_timeout)
            if not self._engine.server:
                self._shake()

    def dataReceived(self, bytes: bytes) -> None:
        """Decrypt, and hand on."""
        if self._over:
            return
        self._feed(bytes)
        if self._inside:
            # Called from within the program's own dataReceived: the loop further out goes on with it.
            return
        if self._shaken or (self._shake() and self._engine.more()):
            self._deliver()

    def readConnectionLost(self) -> None:
        """Learn that the transport below has nothing more to read."""
        if self._over:
            return
        clean = self._their_end_come or self.disconnecting
        if clean and not self.disconnecting and self._stays_half_open():
            return
        if not clean:
            self._cut_off()
        else:
            self._lose_below()

    def writeConnectionLost(self) -> None:
        """Learn that the transport below takes no more."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the program's protocol, with the reason that TLS has for it."""
        if self.disconnected:
            return
        if self._reason is not None:
            reason = self._reason
        elif reason.check(ConnectionDone):
            if not (self._their_end_come or self.disconnecting):
                reason = CONNECTION_LOST if self._shaken else _CUT_OFF_EARLY
        elif (
            self._their_end_come
            and self._our_end_sent
            and reason.check(ConnectionLost)
            and not reason.check(ConnectionAborted)
        ):
            # Both have said all: how the transport went after that takes nothing away.
            reason = connectionDone
        # A failure refers to the frames it came through, and they to us.
        self._reason = None
        self.connected = False
        self.disconnected = True
        self._stop()
        self._engine.finished()
        self._has_valve = False
        self._soon = None
        self._stop_producer()
        protocol, self.wrappedProtocol = self.wrappedProtocol, None
        protocol.connectionLost(reason)

    def getPeer(self) -> Any:
        """Give the address of the other side."""
        return self.transport.getPeer()

    def getHost(self) -> Any:
        """Give the address of this side."""
        return self.transport.getHost()

    # ITransport and its kin: what the program's protocol calls.

    def loseConnection(self) -> None:
        """Send what is written, then close; nothing more is handed on.

        What is written before all is sent goes out too.  The transport is let go when the other side has
        answered our close_notify, or has taken longer than the factory's ``shutdown_timeout``.
        """
        if self.disconnecting or not self.connected:
            return
        self.disconnecting = True
        if self._over:
            return
        self._held = b""
        if self._paused and self._shaken:
            # Their close_notify comes behind what was not read.
            self._below("resumeProducing")
        if not self._flush_due:
            self._schedule()

    def abortConnection(self) -> None:
        """Close at once; what was not sent is dropped."""
        if self.connected and not self.disconnected:
            self._stop()
            self._abort_below()

    def drop(self) -> None:
        """Close at once, and leave it to the transport how."""
        if self.connected:
            self._stop()
            self._take_valve()
            self.transport.connectionLost(Failure(ConnectionAborted()))

    def loseWriteConnection(self) -> None:
        """Send what is written, then a close_notify; reading goes on where the version of TLS allows it."""
        if self.connected and not self._write_ending:
            self._write_ending = True
            if not self._flush_due:
                self._schedule()

    def failVerification(self, reason: Failure) -> None:
        """Close at once because the other side is not who it should be.

        Args:
            reason: What the protocol is told.
        """
        if self._reason is None:
            self._reason = reason
        self.abortConnection()

    def pauseProducing(self) -> None:
        """Hand on nothing until `resumeProducing`."""
        if self.connected and not self.disconnecting:
            self._paused = True
            if self._shaken:
                self._below("pauseProducing")

    def resumeProducing(self) -> None:
        """Hand on again."""
        if not self.connected or self.disconnecting or not self._paused:
            return
        self._paused = False
        if not self._shaken or self._over:
            return
        if self._held or self._end_held or self._engine.more():
            soon = self._soon_or_now()
            soon(self._resume_reading)
        else:
            self._below("resumeProducing")

    def stopProducing(self) -> None:
        """Close, as `loseConnection`."""
        self.loseConnection()

    def getHandle(self) -> Any:
        """Give the TLS connection: pyOpenSSL's, or an object that answers as that does."""
        return self._engine.handle()

    def getPeerCertificate(self) -> Any:
        """Give the other side's certificate as `OpenSSL.crypto.X509`; None if it showed none.

        Raises:
            MissingExtraError: If there is one and pyOpenSSL is not installed.
        """
        found = self._engine.peer_certificate()
        return None if found is None else x509_from_der(found)

    def get_peer_certificate_der(self) -> bytes | None:
        """Give the other side's certificate (DER); None if it showed none."""
        return self._engine.peer_certificate()

    @property
    def negotiatedProtocol(self) -> bytes | None:
        """The protocol that ALPN chose (RFC 7301); None if none, or before the handshake is done."""
        return self._engine.negotiated_protocol()

    # The handshake.

    def _shake(self) -> bool:
        """Take the handshake as far as it goes; tell whether it is complete, and all is well."""
        try:
            self._engine.handshake()
        except self._engine.want:
            self._send()
            return False
        except Exception as error:
            self._fail(error)
            return False
        if self._over:
            return False
        self._shaken = True
        self._stop_timer()
        if self._paused:
            self._below("pauseProducing")
        if IHandshakeListener.providedBy(self.wrappedProtocol):
            self._inside = True
            try:
                self.wrappedProtocol.handshakeCompleted()
            finally:
                self._inside = False
        if self._ended():
            return False
        self._flush()
        self._send()
        if self.producer is not None or self.disconnecting or self._write_ending:
            self._flushed()
        return not self._ended()

    def _ended(self) -> bool:
        """Tell whether TLS is over, also if it was not a moment ago."""
        return self._over

    # Reading.

    def _deliver(self) -> None:
        """Hand on what can be decrypted, until the protocol pauses or there is no more."""
        self._inside = True
        try:
            if self._held and not self._paused:
                held, self._held = self._held, b""
                self.wrappedProtocol.dataReceived(held)
            if self._end_held and not self._paused and not self._over:
                self._end_held = False
                self._their_end()
                if self._ended():
                    return
            while not self._paused or self.disconnecting:
                try:
                    data = self._read(RECORD)
                except self._engine.want:
                    break
                except self._engine.end:
                    data = b""
                except Exception as error:
                    self._fail(error)
                    return
                if not data:
                    self._their_end()
                    if self._over:
                        return
                    break
                if not self.disconnecting:
                    self.wrappedProtocol.dataReceived(data)
                if self._over:
                    return
                if not self._engine.more():
                    break
        finally:
            self._inside = False
        if self._queue:
            self._flush()
            if self.producer is not None:
                self._flushed()
        else:
            self._send()

    def _resume_reading(self) -> None:
        if self._paused or self._over or self.disconnecting:
            return
        try:
            self._deliver()
        except BaseException:
            self._user_failed("Error in dataReceived of {culprit!r}", self.wrappedProtocol)
        if not self._paused and not self._over:
            self._below("resumeProducing")

    def _their_end(self) -> None:
        """Their close_notify has come."""
        if self._their_end_come:
            return
        self._their_end_come = True
        if self.disconnecting:
            if self._our_end_sent:
                self._lose_below()
            return
        protocol = self.wrappedProtocol
        if IHalfCloseableProtocol.providedBy(protocol):
            protocol.readConnectionLost()
            if self._engine.half_closes() or self._over:
                return
        self._flush()
        if not self._over:
            self._send_our_end()
            self._lose_below()

    def _stays_half_open(self) -> bool:
        return IHalfCloseableProtocol.providedBy(self.wrappedProtocol) and self._engine.half_closes()

    # The end.

    def _close(self) -> None:
        """Go on with an end of ours: of both directions, or of writing."""
        if self._over or not self.connected:
            return
        if self._queue or (self.producer is not None and not self.streamingProducer):
            return
        if self._producer_paused and self._below_paused and self.producer is not None:
            # What it writes when it is told to go on goes out too: `_flushed` comes back here then.
            return
        if not self._shaken:
            if self.disconnecting:
                self._lose_below()
            return
        if not self._our_end_sent:
            self._send_our_end()
            if self._write_ending and not self._tell_write_lost():
                return
        if not self.disconnecting:
            return
        if self._their_end_come:
            self._lose_below()
        else:
            self._start_timer(self._shutdown_timeout)

    def _tell_write_lost(self) -> bool:
        """Tell a protocol that cares; tell whether the connection lives on."""
        protocol = self.wrappedProtocol
        if IHalfCloseableProtocol.providedBy(protocol):
            try:
                protocol.writeConnectionLost()
            except BaseException:
                self._user_failed("Error in writeConnectionLost of {culprit!r}", protocol)
        return not self._over

    def _send_our_end(self) -> None:
        self._write_over = True
        if self._our_end_sent:
            return
        self._hold()
        if not self._over:
            self._our_end_sent = True
            self._engine.shutdown()
            self._send()

    def _hold(self) -> None:
        """Decrypt what waits for a paused protocol: our close_notify must not come before it is read."""
        held = [self._held]
        while not (self._their_end_come or self._end_held) and self._engine.more():
            try:
                data = self._read(RECORD)
            except self._engine.want:
                break
            except self._engine.end:
                data = b""
            except Exception as error:
                self._fail(error)
                return
            if not data:
                self._their_end_come = self.disconnecting
                self._end_held = not self.disconnecting
                break
            held.append(data)
        self._held = b"" if self.disconnecting else b"".join(held)

    def _fail(self, error: BaseException) -> None:
        """TLS itself has failed: say so to both sides."""
        if self._reason is None:
            self._reason = Failure(self._engine.failure(error))
        self._stop()
        self._send()
        if self._below_paused:
            self._abort_below()
        else:
            self._lose_below()

    def _cut_off(self) -> None:
        """The stream has ended and TLS has not."""
        if self._reason is None:
            self._reason = CONNECTION_LOST if self._shaken else _CUT_OFF_EARLY
        self._stop()
        self._abort_below()

    def _user_failed(self, message: str, culprit: object) -> None:
        reason = Failure()
        _log.failure(message, reason, culprit=culprit)
        if self.connected:
            if self._reason is None:
                self._reason = reason
            self._stop()
            self._abort_below()

    def _stop(self) -> None:
        """Do nothing more on our own."""
        self._over = self._write_over = True
        self._queue.clear()
        self._queued = 0
        self._held = b""
        self._stop_timer()

    def _lose_below(self) -> None:
        """Close the transport, once it has sent what it has."""
        self._over = self._write_over = True
        self._stop_timer()
        self._take_valve()
        self.transport.loseConnection()

    def _abort_below(self) -> None:
        self._take_valve()
        abort = getattr(self.transport, "abortConnection", None)
        if abort is not None:
            abort()
            return
        if self._reason is None:
            self._reason = Failure(ConnectionAborted())
        self.transport.loseConnection()

    def _below(self, method: str) -> None:
        """Call a method of the transport, if it has it."""
        found = getattr(self.transport, method, None)
        if found is not None:
            found()

    # Time.

    def _soon_or_now(self) -> Callable[[Callable[[], None]], Any]:
        soon = self._soon
        if soon is None:
            soon = self._soon = end_of_turn(self.clock)
        return soon or _now

    def _start_timer(self, seconds: float | None) -> None:
        if seconds is None or self._timer is not None:
            return
        clock = self.clock
        if clock is None:
            try:
                clock = current_reactor()
            except RuntimeError:
                return
        self._timer = clock.callLater(seconds, self._timed_out)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _timed_out(self) -> None:
        self._timer = None
        if not self._shaken:
            self._reason = Failure(ConnectionLost("the TLS handshake took too long"))
            self.abortConnection()
        else:
            self._lose_below()


def _now(function: Callable[[], None]) -> None:
    function()


classImplements(TLSLayer, ITransport, IConsumer, IPushProducer, IHalfCloseableProtocol)
