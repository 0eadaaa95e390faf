"""What stands between a body producer and the transport: it counts or makes chunks (RFC 9112 section 7.1)."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IPushProducer
from sennit.http.client.errors import ExcessWrite, WrongBodyLength
from sennit.log import Logger

__all__ = ["ChunkedEncoder", "LengthEnforcingConsumer", "TransportProxyProducer"]

_log = Logger(namespace="sennit.http.client")
_LAST_CHUNK = b"0\r\n\r\n"


@implementer(IPushProducer)
class TransportProxyProducer:
    """What a body's protocol has for a transport: it can pause, resume and close, until the body has ended.

    Args:
        producer: The connection's transport.

    Attributes:
        paused: Whether reading was paused by this way, and not resumed.
    """

    disconnecting = False
    paused = False

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def stopProxying(self) -> None:
        """Let go of the transport: the connection goes on to other things."""
        self._producer = None

    def stopProducing(self) -> None:
        """Read nothing more and close."""
        if self._producer is not None:
            self._producer.stopProducing()

    def pauseProducing(self) -> None:
        """Read nothing until `resumeProducing`."""
        if self._producer is not None:
            self.paused = True
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        if self._producer is not None:
            self.paused = False
            self._producer.resumeProducing()

    def loseConnection(self) -> None:
        """Close the connection; the body ends as it would if the server had."""
        if self._producer is not None:
            self._producer.loseConnection()

    def abortConnection(self) -> None:
        """Drop the connection."""
        if self._producer is not None:
            drop(self._producer)

    def getPeer(self) -> Any:
        """Return the server's address, None once the body has ended."""
        return None if self._producer is None else self._producer.getPeer()

    def getHost(self) -> Any:
        """Return our address, None once the body has ended."""
        return None if self._producer is None else self._producer.getHost()


def drop(transport: Any) -> None:
    """Abort a connection, or close it where it cannot be aborted."""
    getattr(transport, "abortConnection", transport.loseConnection)()


def stop(producer: Any) -> None:
    """Stop a body producer; what it raises is logged."""
    try:
        producer.stopProducing()
    except Exception:
        _log.failure("Buggy body producer: stopProducing raised", producer=producer)


@implementer(IConsumer)
class LengthEnforcingConsumer:
    """Takes as many octets as were announced, and no others.

    Args:
        producer: The body producer, stopped when it writes too much.
        consumer: The transport.
        finished: The Deferred of the producer's ``startProducing``: it fails when too much is written.
    """

    def __init__(self, producer: Any, consumer: Any, finished: Deferred[Any]) -> None:
        self._length: int | None = producer.length
        self._producer = producer
        self._consumer = consumer
        self._finished = finished

    def write(self, data: bytes) -> None:
        """Send a piece.

        Raises:
            ExcessWrite: If the body had ended.
        """
        remaining = self._length
        if remaining is None:
            stop(self._producer)
            raise ExcessWrite
        if len(data) <= remaining:
            self._length = remaining - len(data)
            self._consumer.write(data)
            return
        # What came so far stays; no octet of the excess may be taken for a request.
        self._length = None
        finished = self._finished
        stop(self._producer)
        if not finished.called:
            finished.errback(Failure(WrongBodyLength("too many bytes written")))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer follow the transport's pace."""
        self._consumer.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Let go of it."""
        self._consumer.unregisterProducer()

    def end(self) -> None:
        """Take no more.

        Raises:
            WrongBodyLength: If less came than was announced.
        """
        remaining, self._length = self._length, None
        if remaining:
            raise WrongBodyLength("too few bytes written")

    # The name by which it is known to subclasses and tests.
    _noMoreWritesExpected = end


@implementer(IConsumer)
class ChunkedEncoder:
    """Makes chunks.

    Args:
        transport: Where they go.
    """

    def __init__(self, transport: Any) -> None:
        self.transport: Any = transport
        self._ended = False

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer follow the transport's pace."""
        self.transport.registerProducer(producer, streaming)

    def write(self, data: bytes) -> None:
        """Send a piece as a chunk; an empty one is passed over, as it would end the body.

        Raises:
            ExcessWrite: If the body had ended.
        """
        if self._ended:
            raise ExcessWrite
        if data:
            self.transport.writeSequence((b"%x\r\n" % len(data), data, b"\r\n"))

    def unregisterProducer(self) -> None:
        """End the body."""
        self.write_end()
        self.transport.unregisterProducer()

    def write_end(self) -> None:
        """Send the last chunk."""
        if not self._ended:
            self._ended = True
            self.transport.write(_LAST_CHUNK)

    def _allowNoMoreWrites(self) -> None:
        self._ended = True
