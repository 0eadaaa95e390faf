"""A base for descriptors that programs read and write themselves, watched by the reactor.

A subclass brings ``fileno``, ``doRead`` and ``writeSomeData``, and sets ``connected`` when there is something
to write to.  What is written waits here until the reactor finds room.  Our own transports are not made of
this: the loop writes for them.

The connection ends by what ``doWrite`` returns, and so in the reactor, never within a call of the program's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    ILoggingContext,
    IPushProducer,
    IReadWriteDescriptor,
    ITransport,
)
from sennit.twisted.internet.main import CONNECTION_LOST

__all__ = ["FileDescriptor"]

_NOTHING: Final = b""


@implementer(
    IPushProducer, IReadWriteDescriptor, IConsumer, ITransport, IHalfCloseableDescriptor, ILoggingContext
)
class FileDescriptor:
    """A descriptor that is watched for reading, and for writing while something waits to be written.

    Args:
        reactor: What watches it; by default the current reactor.

    Attributes:
        connected: Whether it can be written to.
        disconnecting: Whether it ends when all is written.
        disconnected: Whether it has ended.
        producer: The producer that is registered, or None.
        streamingProducer: Whether it pushes.
        producerPaused: Whether it waits for room.
        bufferSize: How many bytes may wait before a push producer is paused.
        SEND_LIMIT: How many bytes are handed to `writeSomeData` at most, unless one write brought more.
    """

    connected: Any = 0
    disconnected: Any = 0
    disconnecting: Any = 0
    producer: Any = None
    streamingProducer: Any = False
    producerPaused: Any = False
    bufferSize = 2**16
    SEND_LIMIT = 2**17
    # What `doWrite` is at, and how far; what came after waits in the list.
    dataBuffer: bytes = _NOTHING
    offset = 0
    _write_ending = False
    _write_ended = False

    def __init__(self, reactor: Any = None) -> None:
        self.reactor = current_reactor() if reactor is None else reactor
        self._later: list[bytes] = []
        self._later_size = 0

    # What a subclass brings.

    def fileno(self) -> int:
        """Return the descriptor's number; -1 where there is none."""
        return -1

    def doRead(self) -> Any:
        """Read; the descriptor is ready."""
        raise AssertionError(f"{type(self).__name__} is watched for reading, so it needs a doRead method.")

    def writeSomeData(self, data: bytes) -> Any:
        """Write as much of `data` as there is room for.

        Returns:
            How many bytes were written, or the error that ends the connection.
        """
        raise AssertionError(f"{type(self).__name__} is written to, so it needs a writeSomeData method.")

    def getHost(self) -> Any:
        """Return the address of this end."""
        raise AssertionError(f"{type(self).__name__} has no address; it needs a getHost method.")

    def getPeer(self) -> Any:
        """Return the address of the other end."""
        raise AssertionError(f"{type(self).__name__} has no address; it needs a getPeer method.")

    def logPrefix(self) -> str:
        """Say who this is in a line of a log."""
        return "-"

    # ITransport.

    def write(self, data: bytes) -> None:
        """Write when there is room.

        Raises:
            TypeError: If it is text.
        """
        self.writeSequence([data])

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Write several byte strings when there is room.

        Raises:
            TypeError: If one is text.
        """
        pieces: list[Any] = list(iovec)
        for piece in pieces:
            if isinstance(piece, str):
                raise TypeError("Only bytes can be written to a descriptor; encode the text.")
        if not self.connected or not pieces or self._write_ended:
            return
        self._later += pieces
        self._later_size += sum(map(len, pieces))
        waiting = len(self.dataBuffer) - self.offset + self._later_size
        if self.producer is not None and self.streamingProducer and waiting > self.bufferSize:
            self.producerPaused = True
            self.producer.pauseProducing()
        self.startWriting()

    def loseConnection(self, _connDone: Failure | None = None) -> None:
        """End when all is written, and the producer has ended."""
        if not self.connected or self.disconnecting:
            return
        reason = Failure(ConnectionDone()) if _connDone is None else _connDone
        self._reason = reason
        self.stopReading()
        self.disconnecting = 1
        if self._write_ended:
            self.stopWriting()
            self.reactor.callLater(0, self.connectionLost, reason)
        else:
            self.startWriting()

    def loseWriteConnection(self) -> None:
        """Close our direction when all is written."""
        self._write_ending = True
        self.startWriting()

    # IReadWriteDescriptor and IHalfCloseableDescriptor.

    def doWrite(self) -> Any:
        """Write what waits, as far as there is room.

        Returns:
            None to go on, or the reason for the end.
        """
        left = len(self.dataBuffer) - self.offset
        if left < self.SEND_LIMIT and self._later:
            self.dataBuffer = b"".join([self.dataBuffer[self.offset :], *self._later])
            self.offset = 0
            self._later = []
            self._later_size = 0
        written = self.writeSomeData(self.dataBuffer[self.offset :] if self.offset else self.dataBuffer)
        if isinstance(written, (BaseException, Failure)):
            return written
        if written < 0:
            return CONNECTION_LOST
        self.offset += written
        if self.offset < len(self.dataBuffer) or self._later:
            return None
        self.dataBuffer = _NOTHING
        self.offset = 0
        self.stopWriting()
        if self.producer is not None and (not self.streamingProducer or self.producerPaused):
            self.producerPaused = False
            self.producer.resumeProducing()
        elif self.disconnecting:
            return self._postLoseConnection()
        elif self._write_ending and not self._write_ended:
            self._write_ended = True
            return self._closeWriteConnection()
        return None

    def _postLoseConnection(self) -> Any:
        """Return the reason for the end, all being written; subclasses take their leave here."""
        return self._reason

    def _closeWriteConnection(self) -> Any:
        """Close our direction, all being written; subclasses know how."""

    def connectionLost(self, reason: Failure) -> None:
        """Learn that this is the end; a subclass closes here what it has open."""
        self.disconnected = 1
        self.connected = 0
        producer, self.producer = self.producer, None
        if producer is not None:
            producer.stopProducing()
        self.stopReading()
        self.stopWriting()

    def readConnectionLost(self, reason: Failure) -> None:
        """Learn that nothing more is to be read: the end, unless a subclass knows better."""
        self.connectionLost(reason)

    def writeConnectionLost(self, reason: Failure) -> None:
        """Learn that nothing more can be written: the end, unless a subclass knows better."""
        self.connectionLost(reason)

    def startReading(self) -> None:
        """Have `doRead` called whenever there is something to read."""
        self.reactor.addReader(self)

    def stopReading(self) -> None:
        """Have it called no more."""
        self.reactor.removeReader(self)

    def startWriting(self) -> None:
        """Have `doWrite` called whenever there is room."""
        self.reactor.addWriter(self)

    def stopWriting(self) -> None:
        """Have it called no more."""
        self.reactor.removeWriter(self)

    # IPushProducer: as the source of what it reads.

    def pauseProducing(self) -> None:
        """Read no more until `resumeProducing`."""
        self.stopReading()

    def resumeProducing(self) -> None:
        """Read again."""
        if self.connected and not self.disconnecting:
            self.startReading()

    def stopProducing(self) -> None:
        """End, as `loseConnection`."""
        self.loseConnection()

    # IConsumer.

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write here.

        Args:
            producer: An `IPushProducer` or `IPullProducer`; after the end it is stopped at once.
            streaming: Whether it pushes.

        Raises:
            RuntimeError: If another is registered.
        """
        if self.producer is not None:
            raise RuntimeError(
                f"Cannot register producer {producer!r}: {self.producer!r} is still registered.  "
                "Call unregisterProducer() first."
            )
        if self.disconnected:
            producer.stopProducing()
            return
        self.producer = producer
        self.streamingProducer = streaming
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Take the producer out; an end that waited for it comes now."""
        self.producer = None
        if self.connected and self.disconnecting:
            self.startWriting()

    def stopConsuming(self) -> None:
        """End: the producer has nothing more, or what it has is not wanted."""
        self.unregisterProducer()
        self.loseConnection()
