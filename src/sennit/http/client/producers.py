"""Bodies of requests: from bytes, from a file, from an iterable."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any

from zope.interface import implementer

from sennit import task
from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import CancelledError, Deferred, succeed
from sennit.core.failure import Failure
from sennit.http.backpressure import Backpressure
from sennit.http.client.interfaces import UNKNOWN_LENGTH, IBodyProducer
from sennit.task import NotPaused, TaskFinished, TaskStopped

__all__ = ["AsyncBody", "BytesBody", "FileBodyProducer", "body_producer", "can_repeat"]


def body_producer(body: Any) -> Any:
    """Return an `IBodyProducer` for a body in any of the forms that `Client.request` takes.

    Raises:
        TypeError: If it has none of them.
    """
    if body is None or IBodyProducer.providedBy(body):
        return body
    if isinstance(body, str):
        return BytesBody(body.encode("utf-8"))
    if isinstance(body, bytes | bytearray | memoryview):
        return BytesBody(bytes(body))
    if hasattr(body, "__aiter__"):
        return AsyncBody(body)
    if hasattr(body, "read"):
        return FileBodyProducer(body)
    raise TypeError(f"A body is bytes, text, a file, an asynchronous iterable or an IBodyProducer: {body!r}")


def can_repeat(body: Any) -> bool:
    """Tell whether a body can be sent twice."""
    return body is None or isinstance(body, str | bytes | bytearray | memoryview)


@implementer(IBodyProducer)
class BytesBody:
    """Produces a body that is here already.

    Args:
        data: The body.
    """

    __slots__ = ("_data", "length")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """Write it."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Do nothing: all is written."""

    def resumeProducing(self) -> None:
        """Do nothing: all is written."""

    def stopProducing(self) -> None:
        """Do nothing: all is written."""


@implementer(IBodyProducer)
class FileBodyProducer:
    """Produces a body from a file, in pieces, and closes the file.

    Args:
        inputFile: The file, open for reading bytes; one that can seek has a known length.
        cooperator: What gives turns: ``cooperate(iterator)``.
        readSize: How many octets to read at a time.

    Attributes:
        length: How many octets there are from where the file stands, or `UNKNOWN_LENGTH`.
    """

    def __init__(self, inputFile: Any, cooperator: Any = task, readSize: int = 65536) -> None:
        self._inputFile = inputFile
        self._cooperate = cooperator.cooperate
        self._readSize = readSize
        self._task: Any = None
        self.length = self._determineLength(inputFile)

    def _determineLength(self, fObj: Any) -> int | str:
        """Return how much there is to read from where a file stands."""
        try:
            seek, tell = fObj.seek, fObj.tell
        except AttributeError:
            return UNKNOWN_LENGTH
        try:
            here = tell()
            seek(0, os.SEEK_END)
            end = tell()
            seek(here, os.SEEK_SET)
        except OSError:
            # A pipe has the methods, and cannot.
            return UNKNOWN_LENGTH
        length: int = end - here
        return length

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """Write the file to a consumer.

        Returns:
            A Deferred that fires when it is written, or fails as reading does.
        """
        self._task = self._cooperate(self._writeloop(consumer))
        done: Deferred[Any] = Deferred(lambda _: self.stopProducing())
        # Nobody waits for the end of what was stopped.
        done.addErrback(lambda reason: Deferred() if reason.check(CancelledError) else reason)

        def ended(result: Any) -> None:
            if not isinstance(result, Failure):
                done.callback(None)
            elif not result.check(TaskStopped):
                close = getattr(self._inputFile, "close", None)
                if close is not None:
                    close()
                done.errback(result)

        self._task.whenDone().addBoth(ended)
        return done

    def _writeloop(self, consumer: Any) -> Any:
        """Write a piece in each turn."""
        left = self.length
        while True:
            # No more than was announced, though the file may grow.
            size = self._readSize if isinstance(left, str) else min(self._readSize, left)
            data = self._inputFile.read(size) if size else b""
            if not data:
                self._inputFile.close()
                return
            if not isinstance(left, str):
                left -= len(data)
            consumer.write(data)
            yield None

    def pauseProducing(self) -> None:
        """Write nothing until `resumeProducing`."""
        if self._task is not None:
            with suppress(TaskFinished):
                self._task.pause()

    def resumeProducing(self) -> None:
        """Go on."""
        if self._task is not None:
            with suppress(TaskFinished, NotPaused):
                self._task.resume()

    def stopProducing(self) -> None:
        """Write nothing more, and close the file; the Deferred of `startProducing` does not fire."""
        self._inputFile.close()
        if self._task is not None:
            with suppress(TaskFinished):
                self._task.stop()


@implementer(IBodyProducer)
class AsyncBody(Backpressure):
    """Produces a body from an asynchronous iterable of bytes, at the transport's pace.

    Args:
        source: The iterable.
        length: How many octets it gives; None if that is not known.
    """

    def __init__(self, source: AsyncIterable[bytes], length: int | None = None) -> None:
        super().__init__()
        self._source: AsyncIterator[bytes] = aiter(source)
        self.length: int | str = UNKNOWN_LENGTH if length is None else length
        self._running: Deferred[None] | None = None

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """Write what the iterable gives."""
        self._running = ensureDeferred(self._run(consumer))
        return self._running

    async def _run(self, consumer: Any) -> None:
        async for piece in self._source:
            consumer.write(piece)
            if self._room is not None:
                await self._flowing()

    def stopProducing(self) -> None:
        """Write nothing more."""
        if self._running is not None:
            self._running.addErrback(lambda _: None)
            self._running.cancel()
