"""The server's side of a data connection (RFC 959 section 3.2), in both directions, and of waiting for one.

One factory serves one connection.  It takes the first that comes from the host that the control connection
comes from, and no other: who guesses a passive port gets nothing, and doesn't take it from its owner
(RFC 2577 section 5).  A connection on which nothing moves for too long is dropped.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IHandshakeListener
from sennit.framing.policies import TimeoutMixin
from sennit.ftp.addresses import same_host
from sennit.ftp.facts import list_line
from sennit.ftp.paths import as_octets, as_text
from sennit.ftp.refusals import PortConnectionError, TransferAbortedError
from sennit.protocol import ClientFactory, Protocol, connectionDone

__all__ = ["DTP", "ASCIIConsumerWrapper", "DTPFactory", "TextConsumer"]


class ASCIIConsumerWrapper:
    """Writes text with this system's line ends to a consumer, with the network's.

    Args:
        cons: The consumer.
    """

    def __init__(self, cons: Any) -> None:
        self.cons = cons
        self.registerProducer = cons.registerProducer
        self.unregisterProducer = cons.unregisterProducer

    def write(self, bytes: bytes) -> None:
        """Write to the consumer."""
        self.cons.write(bytes.replace(b"\n", b"\r\n"))


class TextConsumer:
    """Writes text with the network's line ends to a consumer, with this system's.

    Args:
        cons: The consumer.
    """

    def __init__(self, cons: Any) -> None:
        self.cons = cons
        self.registerProducer = cons.registerProducer
        self._held = b""

    def write(self, data: bytes) -> None:
        """Write to the consumer; a CR at the end waits for what follows."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        data = (
            data.removesuffix(b"\r").replace(b"\r\n", b"\n") if self._held else data.replace(b"\r\n", b"\n")
        )
        if data:
            self.cons.write(data)

    def unregisterProducer(self) -> None:
        """Write what waits, and tell the consumer."""
        if self._held:
            self.cons.write(self._held)
        self.cons.unregisterProducer()


@implementer(IConsumer, IHandshakeListener)
class DTP(Protocol, TimeoutMixin):
    """A server's data connection.

    Attributes:
        isConnected: Whether it is there.
        pi: The control connection, a `sennit.ftp.server.FTP`.
        factory: What waited for it.
    """

    isConnected: bool = False
    pi: Any = None
    factory: Any = None
    transport: Any
    _consumer: Any = None
    _received: Deferred[Any] | None = None
    _closed: Deferred[None] | None = None
    _lost: Failure | None = None
    _timed_out = False
    _handshaking = False

    def callLater(self, period: float, func: Any) -> Any:
        """Have the factory's clock call."""
        return self.factory.callLater(period, func)

    def connectionMade(self) -> None:
        """Tell who waits that it is there; begin TLS if data is protected."""
        self.isConnected = True
        self.setTimeout(self.factory.idle_timeout)
        # Nothing that comes before somebody takes it is read.
        self.transport.pauseProducing()
        context = self.factory.context
        if context is not None:
            # Whoever connected, the server is the server of TLS (RFC 4217 section 7).
            self._handshaking = True
            self.transport.startTLS(context, not self.factory.active)
        self.factory.data_connected(self)

    def handshakeCompleted(self) -> None:
        """Close if there was nothing to send: a handshake that is broken off is no end of a file."""
        self._handshaking = False
        if self._closed is not None:
            self.transport.loseConnection()

    def dataReceived(self, bytes: bytes) -> None:
        """Write to the consumer."""
        self.resetTimeout()
        if self._consumer is None:
            self.transport.abortConnection()
            return
        try:
            self._consumer.write(bytes)
        except Exception:
            self._end_receiving(Failure())
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who receives, and who waits for the end."""
        self.setTimeout(None)
        self.isConnected = False
        self._lost = reason
        self._end_receiving(None if self._is_whole(reason) else Failure(TransferAbortedError()))
        closed, self._closed = self._closed, None
        if closed is not None:
            self._tell(closed)

    def _is_whole(self, reason: Failure) -> bool:
        return not self._timed_out and reason.check(ConnectionDone) is not None

    def _tell(self, closed: Deferred[None]) -> None:
        assert self._lost is not None
        if self._is_whole(self._lost):
            closed.callback(None)
        else:
            closed.errback(TransferAbortedError())

    def _end_receiving(self, failure: Failure | None) -> None:
        consumer, self._consumer = self._consumer, None
        received, self._received = self._received, None
        if consumer is not None:
            try:
                consumer.unregisterProducer()
            except Exception:
                failure = failure or Failure()
        if received is not None:
            if failure is None:
                received.callback(None)
            else:
                received.errback(failure)

    def registerConsumer(self, cons: Any) -> Deferred[Any]:
        """Receive: write what comes to a consumer.

        Returns:
            A Deferred that fires when the client has sent all, and fails if it has not.
        """
        assert self._consumer is None
        received: Deferred[Any] = Deferred()
        self._consumer = cons
        self._received = received
        cons.registerProducer(self, True)
        if self._lost is not None:
            self._end_receiving(None if self._is_whole(self._lost) else Failure(TransferAbortedError()))
        else:
            self.transport.resumeProducing()
        return received

    def write(self, data: bytes) -> None:
        """Send."""
        self.resetTimeout()
        self.transport.write(data)

    def sendLine(self, line: bytes) -> None:
        """Send a line; its end is added."""
        self.write(line + b"\r\n")

    def sendListResponse(self, name: str | bytes, response: Any) -> None:
        """Send a file's line in LIST.

        Args:
            name: The file's name.
            response: What the shell says of it.
        """
        self.sendLine(as_octets(list_line(as_text(name), response, self.pi.now())))

    def finish(self) -> Deferred[None]:
        """Close when all is sent.

        Returns:
            A Deferred that fires when the client has all, and fails if it has not.
        """
        closed: Deferred[None] = Deferred(lambda _: self.abort())
        if self._lost is not None:
            self._tell(closed)
        else:
            self._closed = closed
            self.transport.resumeProducing()
            if not self._handshaking:
                self.transport.loseConnection()
        return closed

    def abort(self) -> None:
        """Drop the connection."""
        if self._lost is None and self.transport is not None:
            self._timed_out = True
            self.transport.abortConnection()

    def timeoutConnection(self) -> None:
        """Drop the connection: nothing has moved."""
        self.abort()

    # As a consumer, for who sends

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write, at the client's pace."""
        self.transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Take note that it has written all."""
        self.transport.unregisterProducer()

    # As a producer, for who receives

    def pauseProducing(self) -> None:
        """Read no more from the client for now."""
        self.setTimeout(None)
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read on."""
        self.setTimeout(self.factory.idle_timeout)
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """Read no more at all: what is received can't be kept."""
        self.abort()


class DTPFactory(ClientFactory[DTP]):
    """Waits for one data connection.

    Args:
        pi: The control connection.
        peerHost: The host that it may come from; None for any.
        reactor: What measures time; None for the current one.

    Attributes:
        peerCheck: Whether it has to come from that host.
        active: Whether it is made from here.
        context: The settings of TLS if data is protected, or None.
        idle_timeout: Seconds after which the connection is dropped if nothing moves; None for never.
        deferred: Fires with the `DTP` when it is there; fails with `PortConnectionError` if it will not be.
    """

    noisy = False
    peerCheck: bool = True
    active: bool = False
    context: Any = None
    idle_timeout: float | None = None
    protocol = DTP

    def __init__(self, pi: Any, peerHost: str | None = None, reactor: Any = None) -> None:
        self.pi = pi
        self.peerHost = peerHost
        self.deferred: Deferred[Any] = Deferred()
        self.delayedCall: Any = None
        self._reactor = reactor
        self._built = False

    def buildProtocol(self, addr: Any) -> DTP | None:
        """Build a `DTP` for the first connection that comes from the right host."""
        host = getattr(addr, "host", None)
        if self.peerCheck and self.peerHost and host is not None and not same_host(host, self.peerHost):
            return None
        if self._built or self.deferred.called:
            return None
        self._built = True
        self.cancelTimeout()
        made = self.protocol()
        made.factory = self
        made.pi = self.pi
        self.pi.dtpInstance = made
        return made

    def data_connected(self, made: DTP) -> None:
        """Take note that the connection is there."""
        if not self.deferred.called:
            self.deferred.callback(made)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Take note that it could not be made."""
        self._fail(reason)

    def stopFactory(self) -> None:
        """Wait no more."""
        self.cancelTimeout()

    def setTimeout(self, seconds: float) -> None:
        """Wait no longer than this."""
        self.delayedCall = self.callLater(seconds, self.timeoutFactory)

    def callLater(self, seconds: float, func: Any) -> Any:
        """Have a function called, by the reactor that measures time."""
        return (self._reactor or current_reactor()).callLater(seconds, func)

    def cancelTimeout(self) -> None:
        """Wait as long as it takes."""
        if self.delayedCall is not None and self.delayedCall.active():
            self.delayedCall.cancel()
        self.delayedCall = None

    def timeoutFactory(self) -> None:
        """Wait no more: it took too long."""
        self._fail(TimeoutError("The data connection took too long to come."))

    def _fail(self, reason: Any) -> None:
        if not self.deferred.called:
            self.cancelTimeout()
            self.deferred.errback(PortConnectionError(reason))
