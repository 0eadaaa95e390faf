"""A producer that sends a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IProducer

__all__ = ["FileSender"]


@implementer(IProducer)
class FileSender:
    """Sends a file to a consumer, at the consumer's pace.

    Attributes:
        CHUNK_SIZE: How many bytes to read at a time.
        lastSent: The last byte sent; empty if none was.
        deferred: What `beginFileTransfer` returned, until it fires.
    """

    CHUNK_SIZE: int = 2**14
    lastSent: Any = ""
    deferred: Deferred[Any] | None = None
    file: Any = None
    consumer: Any = None
    transform: Callable[[bytes], bytes] | None = None

    def beginFileTransfer(
        self, file: Any, consumer: IConsumer, transform: Callable[[bytes], bytes] | None = None
    ) -> Deferred[Any]:
        """Begin.

        Args:
            file: The file, open for reading bytes; it is not closed.
            consumer: What takes the bytes.
            transform: What to make of each piece before it is sent.

        Returns:
            A Deferred that fires with the last byte when all is written, and fails when the file cannot be
            read or the consumer wants no more.
        """
        self.file = file
        self.consumer = consumer
        self.transform = transform
        deferred: Deferred[Any] = Deferred()
        self.deferred = deferred
        self.consumer.registerProducer(self, False)
        return deferred

    def resumeProducing(self) -> None:
        """Write the next piece, or finish."""
        try:
            chunk = self._next_piece()
        except Exception:
            failure = Failure()
            self.consumer.unregisterProducer()
            self._finish(lambda deferred: deferred.errback(failure))
            return
        if chunk:
            self.consumer.write(chunk)
            self.lastSent = chunk[-1:]
            return
        self.consumer.unregisterProducer()
        self._finish(lambda deferred: deferred.callback(self.lastSent))

    def _next_piece(self) -> bytes:
        """Read and transform; pass over what becomes nothing, for only a write brings us here again."""
        while self.file and (chunk := self.file.read(self.CHUNK_SIZE)):
            piece: bytes = chunk if self.transform is None else self.transform(chunk)
            if piece:
                return piece
        return b""

    def pauseProducing(self) -> None:
        """Do nothing: it writes only when asked."""

    def stopProducing(self) -> None:
        """Give up."""
        self._finish(
            lambda deferred: deferred.errback(Failure(Exception("Consumer asked us to stop producing")))
        )

    def _finish(self, fire: Callable[[Deferred[Any]], object]) -> None:
        self.file = None
        deferred, self.deferred = self.deferred, None
        if deferred is not None:
            fire(deferred)
