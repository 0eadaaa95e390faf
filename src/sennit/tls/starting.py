"""TLS in the middle of a stream: what ``startTLS`` of a connection does.

The connection that the program holds stays the program's transport, with its protocol and its producer; it is
lifted off the loop's transport and set on the plaintext of a TLS layer.  Below the layer a new connection
takes the loop's transport over.  So from top to bottom: protocol, connection, `Plaintext`, layer, raw
connection, loop.

What was read before and not handed on is plaintext that anybody can have put there.  It is dropped, as is
what a line receiver has in its buffer (RFC 3207, section 5: whatever was learnt before TLS is forgotten).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import alsoProvides, implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    INegotiated,
    IProtocolNegotiationFactory,
)
from sennit.protocol.factory import Factory
from sennit.protocol.stream import Protocol, connectionDone
from sennit.tls.factory import TLSMemoryBIOFactory
from sennit.tls.layer import TLSLayer
from sennit.transport.gate import Gate

__all__ = ["Plaintext", "start_tls"]


def start_tls(connection: Any, contextFactory: Any, is_client: bool, reactor: Any) -> None:
    """Put TLS under a connection.

    Args:
        connection: A `sennit.transport.stream.StreamConnection` that is open.
        contextFactory: The TLS settings.
        is_client: Which end this is.
        reactor: The connection's reactor.
    """
    program = connection.protocol
    factory = TLSMemoryBIOFactory(contextFactory, is_client, _Negotiating(program), clock=reactor)
    plaintext = Plaintext(connection)
    layer = plaintext.layer = TLSLayer(
        plaintext, reactor, factory.handshake_timeout, factory.shutdown_timeout
    )
    layer.use(factory.engine_for(layer))
    clear = getattr(program, "clearLineBuffer", None)
    if clear is not None:
        clear()
    plaintext.write = layer.write
    writing_paused = connection._over
    raw = connection.lift(plaintext, layer)
    connection.TLS = True
    connection.getHandle = layer.getHandle
    connection.getPeerCertificate = layer.getPeerCertificate
    alsoProvides(connection, INegotiated)
    if connection._paused:
        layer._paused = True
    layer.makeConnection(raw)
    layer.registerProducer(plaintext, True)
    layer._producer_paused = writing_paused
    if connection._high_water is not None:
        connection._set_limits()


class _Negotiating(Factory):
    """The factory that the layer asks what to negotiate: the one of the program's protocol.

    Args:
        protocol: The program's protocol.
    """

    noisy = False

    def __init__(self, protocol: Any) -> None:
        factory = getattr(protocol, "factory", None)
        if IProtocolNegotiationFactory.providedBy(factory):
            self.acceptableProtocols = factory.acceptableProtocols
            alsoProvides(self, IProtocolNegotiationFactory)


@implementer(IHandshakeListener)
class Plaintext(Protocol):
    """A transport of a loop, to the connection above; a protocol, to the TLS layer below.

    Args:
        connection: The connection above.
    """

    layer: TLSLayer
    write: Callable[[bytes], None]

    def __init__(self, connection: Any) -> None:
        # The connection, or what stands for it while it is paused.
        self._above: Any = connection
        self._half_closes = IHalfCloseableProtocol.providedBy(connection.protocol)
        if self._half_closes:
            alsoProvides(self, IHalfCloseableProtocol)

    # What the layer calls.

    def dataReceived(self, data: bytes) -> None:
        """Hand on plaintext."""
        self._above.data_received(data)

    def readConnectionLost(self) -> None:
        """Hand on the end of the other side's direction."""
        self._above.eof_received()

    def writeConnectionLost(self) -> None:
        """Do nothing: the connection has asked for it, and knows."""

    def handshakeCompleted(self) -> None:
        """Hand on that the handshake is complete."""
        listener = self._connection().protocol
        if IHandshakeListener.providedBy(listener):
            listener.handshakeCompleted()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Hand on the loss with its reason."""
        connection = self._connection()
        if connection._reason is None:
            connection._reason = reason
        above, self._above = self._above, None
        above.connection_lost(None)

    def pauseProducing(self) -> None:
        """Hand on that too much waits."""
        self._above.pause_writing()

    def resumeProducing(self) -> None:
        """Hand on that there is room."""
        self._above.resume_writing()

    def stopProducing(self) -> None:
        """Do nothing: the loss follows."""

    # What the connection calls, as on any transport of a loop.

    def close(self) -> None:
        """Send what is written, and close."""
        self.layer.loseConnection()

    def abort(self) -> None:
        """Close at once; whoever wants a reset has set that on the socket."""
        self.layer.drop()

    def pause_reading(self) -> None:
        """Hand on nothing."""
        self.layer.pauseProducing()

    def resume_reading(self) -> None:
        """Hand on again."""
        self.layer.resumeProducing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks at which the connection is told to wait."""
        self.layer.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Tell how much waits to be encrypted."""
        return self.layer._queued

    def write_eof(self) -> None:
        """Close our direction."""
        self.layer.loseWriteConnection()

    def set_protocol(self, protocol: Any) -> None:
        """Have another object stand above: a gate, or the connection below another layer of TLS."""
        self._above = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Ask the loop's transport."""
        return self.layer.transport._carrier.get_extra_info(name, default)

    def negotiated_protocol(self) -> bytes | None:
        """Give the protocol that ALPN chose."""
        return self.layer.negotiatedProtocol

    def _connection(self) -> Any:
        above = self._above
        return above._connection if isinstance(above, Gate) else above
