"""`Tunnel`: an HTTP/2 stream as the transport of another protocol (RFC 9113 section 8.5, RFC 8441)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IPushProducer, ITransport
from sennit.http.h2.connection import ErrorCodes

if TYPE_CHECKING:
    from sennit.http.h2.stream import Stream

__all__ = ["Tunnel"]


@implementer(ITransport, IConsumer, IPushProducer)
class Tunnel:
    """A transport over one stream.

    While it is paused nothing is delivered, and the client's window of this stream fills up.

    Args:
        stream: The stream.
        protocol: What is spoken over it.

    Attributes:
        disconnecting: Whether it is being closed.
        protocol: What is spoken over it.
    """

    def __init__(self, stream: Stream, protocol: Any) -> None:
        self._stream = stream
        self.protocol = protocol
        self.disconnecting = False
        self.connected = True
        self._paused = False
        self._waiting: deque[bytes] = deque()
        self._ended = False

    # From the stream

    def deliver(self, data: bytes) -> None:
        """Hand on what arrived, if it is wanted now."""
        if self._paused:
            self._waiting.append(data)
        else:
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        stream = self._stream
        stream.connection.core.consumed(stream.stream_id, len(data))
        if self.connected:
            self.protocol.dataReceived(data)

    def end(self) -> None:
        """Take note that the client sends no more: the protocol's connection is done."""
        self._ended = True
        if not self._waiting:
            self.loseConnection()

    def lost(self, reason: Failure) -> None:
        """Tell the protocol that it is over."""
        if self.connected:
            self.connected = False
            self.disconnecting = True
            self._waiting.clear()
            self.protocol.connectionLost(reason)

    # To the protocol

    def write(self, data: bytes) -> None:
        """Send octets."""
        if not self.disconnecting:
            self._stream.write(bytes(data))

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send octets, given in pieces."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """End the stream once what is written has been sent."""
        if self.disconnecting:
            return
        self.disconnecting = True
        stream = self._stream
        stream.finish_tunnel()
        self.lost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """End the stream now."""
        self.disconnecting = True
        self._stream.connection.reset(self._stream, ErrorCodes.CANCEL)

    def pauseProducing(self) -> None:
        """Deliver nothing until `resumeProducing`."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Deliver again, what waits first."""
        self._paused = False
        while self._waiting and not self._paused:
            self._hand_on(self._waiting.popleft())
        self._stream.connection.flush_soon()
        if self._ended and not self._waiting:
            self.loseConnection()

    def stopProducing(self) -> None:
        """The same as `loseConnection`."""
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer follow the client's pace."""
        self._stream.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Let go of the producer."""
        self._stream.unregisterProducer()

    def getPeer(self) -> Any:
        """Return the client's address."""
        return self._stream.getPeer()

    def getHost(self) -> Any:
        """Return our address."""
        return self._stream.getHost()
