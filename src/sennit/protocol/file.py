"""A file object as a transport."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zope.interface import implementer

from sennit.core.interfaces import ITransport

__all__ = ["FileWrapper"]


@implementer(ITransport)
class FileWrapper:
    """Writes what it is given to a file; the other side is a file too, and says nothing.

    Args:
        file: An object with `write` and `close`.

    Attributes:
        closed: Whether the file is closed.
        disconnecting: Whether it waits for its producer to finish before it closes.
    """

    closed: int = 0
    disconnecting: int = 0
    producer: Any = None
    streamingProducer: int = 0

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, data: bytes) -> None:
        """Write to the file; an error goes to `handleException`."""
        try:
            self.file.write(data)
        except Exception:
            self.handleException()

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Write several byte strings as if joined."""
        self.write(b"".join(iovec))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write here; one that must be asked is asked once now."""
        self.producer = producer
        self.streamingProducer = streaming
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Forget the producer; close now if that was waiting for it."""
        self.producer = None
        if self.disconnecting:
            self.loseConnection()

    def stopConsuming(self) -> None:
        """Forget the producer and close."""
        self.unregisterProducer()
        self.loseConnection()

    def loseConnection(self) -> None:
        """Close the file; an error goes to `handleException`."""
        self.closed = 1
        try:
            self.file.close()
        except Exception:
            self.handleException()

    def getPeer(self) -> Any:
        """Say that the other side is a file."""
        return "file", "file"

    def getHost(self) -> Any:
        """Say that this side is a file."""
        return "file"

    def handleException(self) -> None:
        """Learn of the error that is being handled, from the file; do nothing.  To be overridden."""

    def resumeProducing(self) -> None:
        """Do nothing: a file sends nothing by itself."""

    def pauseProducing(self) -> None:
        """Do nothing."""

    def stopProducing(self) -> None:
        """Close the file."""
        self.loseConnection()
