"""The TLS layer as Twisted's programs know it: a protocol wrapper that a factory builds.

The work is done by a `TLSLayer`.  For the methods that are called for every message the wrapper has the
layer's own, as attributes, unless a subclass has others: nothing more stands between the transport and the
program.  What the wrapper does not know it asks of the transport below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zope.interface import directlyProvides, implementer, providedBy

from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    IHalfCloseableProtocol,
    INegotiated,
    IPushProducer,
)
from sennit.protocol.stream import connectionDone
from sennit.protocol.wrapping import ProtocolWrapper
from sennit.tls.layer import TLSLayer

__all__ = ["BufferingTLSTransport", "TLSMemoryBIOProtocol"]


@implementer(INegotiated, IConsumer, IPushProducer, IHalfCloseableProtocol, IHalfCloseableDescriptor)
class TLSMemoryBIOProtocol(ProtocolWrapper):
    """One end of a TLS connection, between a transport and a protocol.

    Args:
        factory: The `TLSMemoryBIOFactory` that builds it.
        wrappedProtocol: The program's protocol.
        _connectWrapped: Whether to call its ``makeConnection``; False if it is connected already.

    Attributes:
        layer: What does the work.
    """

    def __init__(self, factory: Any, wrappedProtocol: Any, _connectWrapped: bool = True) -> None:
        self.layer = TLSLayer(
            wrappedProtocol,
            factory.clock,
            None if factory.clock is None else factory.handshake_timeout,
            factory.shutdown_timeout,
        )
        self.factory = factory
        self._connect_wrapped = _connectWrapped
        # True until anything was made of the engine: it can still be another one.
        self._fresh = False

    # IProtocol: what the transport below calls.

    def makeConnection(self, transport: Any) -> None:
        """Take the transport, connect the program's protocol, and begin the handshake."""
        layer = self.layer
        layer.use(self.factory.engine_for(self))
        kind = type(self)
        if kind.dataReceived is TLSMemoryBIOProtocol.dataReceived:
            self.dataReceived = layer.dataReceived  # type: ignore[method-assign]  # a shorter way
        if kind.write is TLSMemoryBIOProtocol.write:
            self.write = layer.write  # type: ignore[method-assign]  # a shorter way
        self._provide(providedBy(transport))
        layer.transport = transport
        layer.connected = True
        self.factory.registerProtocol(self)
        if self._connect_wrapped:
            self._fresh = True
            self.wrappedProtocol.makeConnection(self)
            self._fresh = False
        layer.begin()

    def _provide(self, declared: Any) -> None:
        """Provide what the transport does; connections of one port all provide the same."""
        factory = self.factory
        known, provided = factory.provided
        if known is declared:
            self.__provides__ = provided
        else:
            directlyProvides(self, declared)
            factory.provided = (declared, self.__provides__)

    def dataReceived(self, bytes: bytes) -> None:
        """Decrypt, and hand on."""
        self.layer.dataReceived(bytes)

    def readConnectionLost(self, reason: Failure | None = None) -> None:
        """Learn that the transport below has nothing more to read."""
        self.layer.readConnectionLost()

    def writeConnectionLost(self, reason: Failure | None = None) -> None:
        """Learn that the transport below takes no more."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the program's protocol, with the reason that TLS has for it."""
        if self.layer.disconnected:
            return
        self.factory.unregisterProtocol(self)
        self.layer.connectionLost(reason)

    # ITransport and its kin: what the program's protocol calls.

    def write(self, bytes: bytes) -> None:
        """Send bytes; a bytearray or memoryview must not change until it is sent."""
        self.layer.write(bytes)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""
        self.write(b"".join(iovec))

    def loseConnection(self) -> None:
        """Send what is written, then close, as `TLSLayer.loseConnection`."""
        self.layer.loseConnection()

    def abortConnection(self) -> None:
        """Close at once; what was not sent is dropped."""
        self.layer.abortConnection()

    def loseWriteConnection(self) -> None:
        """Send what is written, then a close_notify, as `TLSLayer.loseWriteConnection`."""
        self.layer.loseWriteConnection()

    def failVerification(self, reason: Failure) -> None:
        """Close at once because the other side is not who it should be, as `TLSLayer.failVerification`."""
        self.layer.failVerification(reason)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer feed this connection, as `TLSLayer.registerProducer`."""
        self.layer.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Take the producer out."""
        self.layer.unregisterProducer()

    def stopConsuming(self) -> None:
        """Take no more from the producer, and close."""
        self.layer.stopConsuming()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks for push producers, as `TLSLayer.set_write_buffer_limits`."""
        self.layer.set_write_buffer_limits(high, low)

    def pauseProducing(self) -> None:
        """Hand on nothing until `resumeProducing`."""
        self.layer.pauseProducing()

    def resumeProducing(self) -> None:
        """Hand on again."""
        self.layer.resumeProducing()

    def stopProducing(self) -> None:
        """Close, as `loseConnection`."""
        self.layer.loseConnection()

    def getHandle(self) -> Any:
        """Give the TLS connection: pyOpenSSL's, or an object that answers as that does.

        Who asks in `connectionMade`, before the handshake, gets pyOpenSSL's where that is installed.
        """
        if self._fresh:
            self._fresh = False
            engine = self.factory.openssl_engine_for(self)
            if engine is not None:
                self.layer.use(engine)
        return self.layer.getHandle()

    def getPeerCertificate(self) -> Any:
        """Give the other side's certificate as `OpenSSL.crypto.X509`; None if it showed none."""
        return self.layer.getPeerCertificate()

    def get_peer_certificate_der(self) -> bytes | None:
        """Give the other side's certificate (DER); None if it showed none."""
        return self.layer.get_peer_certificate_der()

    @property
    def negotiatedProtocol(self) -> bytes | None:
        """The protocol that ALPN chose (RFC 7301); None if none, or before the handshake is done."""
        return self.layer.negotiatedProtocol

    # What the layer knows.

    @property
    def transport(self) -> Any:
        """The transport below."""
        return self.layer.transport

    @transport.setter
    def transport(self, transport: Any) -> None:
        self.layer.transport = transport

    @property
    def wrappedProtocol(self) -> Any:
        """The program's protocol; None when the connection is over."""
        return self.layer.wrappedProtocol

    @wrappedProtocol.setter
    def wrappedProtocol(self, protocol: Any) -> None:
        self.layer.wrappedProtocol = protocol

    protocol = wrappedProtocol

    @property
    def connected(self) -> bool:  # type: ignore[override]  # an attribute elsewhere, and only read here
        """True from the protocol's birth to the connection's loss."""
        return self.layer.connected

    @property
    def disconnecting(self) -> bool:  # type: ignore[override]  # as connected
        """True after `loseConnection`."""
        return self.layer.disconnecting

    @property
    def disconnected(self) -> bool:
        """True after the loss."""
        return self.layer.disconnected

    @property
    def producer(self) -> Any:
        """The producer that is registered, or None."""
        return self.layer.producer

    @property
    def streamingProducer(self) -> bool:
        """Whether the producer pushes."""
        return self.layer.streamingProducer


class BufferingTLSTransport(TLSMemoryBIOProtocol):
    """The layer under the name of Twisted's variant that gathers small writes: ours always does."""

    def writeSequence(self, sequence: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""
        self.write(b"".join(sequence))
