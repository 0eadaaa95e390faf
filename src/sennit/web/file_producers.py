"""Producers that send a file, or ranges of it, piece by piece as the client takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from zope.interface import implementer

from sennit.core.interfaces import IPullProducer

__all__ = [
    "MultipleRangeStaticProducer",
    "NoRangeStaticProducer",
    "SingleRangeStaticProducer",
    "StaticProducer",
]


_MOST = 1 << 20
"""How much is sent at once without being read, in octets."""


@implementer(IPullProducer)
class StaticProducer:
    """Sends what its `_pieces` read.

    Args:
        request: The request to write to.
        fileObject: The open file; it is closed at the end.

    Attributes:
        bufferSize: How much is read at once, in octets.
    """

    bufferSize = 1 << 16
    _contiguous = True
    """Whether what is sent is one stretch of the file."""
    _left: int | None = None
    """How much of it is left, None for all up to the file's end."""
    _send_file: Callable[[IO[bytes], int, int], int] | None = None

    def __init__(self, request: Any, fileObject: IO[bytes]) -> None:
        self.request = request
        self.fileObject = fileObject
        self._iterator: Iterator[bytes] | None = None

    def _pieces(self) -> Iterator[bytes]:
        """Read the file from where it stands to its end."""
        while data := self.fileObject.read(self.bufferSize):
            yield data

    def _read(self, size: int) -> Iterator[bytes]:
        """Read `size` octets; less if the file has become shorter."""
        self._left = size
        while (left := self._left or 0) > 0 and (data := self.fileObject.read(min(left, self.bufferSize))):
            self._left = left - len(data)
            yield data

    def start(self) -> None:
        """Begin to send; a body of one piece is sent whole."""
        self._iterator = self._pieces()
        first = next(self._iterator, b"")
        second = next(self._iterator, None)
        request = self.request
        request.write(first)
        if second is None:
            self._finish()
        else:
            request.write(second)
            if self._contiguous and hasattr(self.fileObject, "fileno"):
                self._send_file = getattr(request, "write_file", None)
            request.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Send the next piece."""
        if self.request is None or self._iterator is None:
            return
        if self._send_file is not None and self._sent_directly(self._send_file):
            return
        data = next(self._iterator, None)
        if data is None:
            self.request.unregisterProducer()
            self._finish()
        else:
            self.request.write(data)

    def _sent_directly(self, send: Callable[[IO[bytes], int, int], int]) -> bool:
        """Send of the file, from where it stands, what there is room for; tell whether that was anything."""
        left = self._left
        if left == 0:
            return False
        file = self.fileObject
        at = file.tell()
        sent = send(file, at, _MOST if left is None else min(left, _MOST))
        if not sent:
            return False
        file.seek(at + sent)
        if left is not None:
            self._left = left - sent
        return True

    def _finish(self) -> None:
        request = self.request
        self.stopProducing()
        request.finish()

    def stopProducing(self) -> None:
        """Close the file; nothing more is sent."""
        self.fileObject.close()
        self.request = None
        self._iterator = self._send_file = None


class NoRangeStaticProducer(StaticProducer):
    """Sends a whole file."""


class SingleRangeStaticProducer(StaticProducer):
    """Sends one range of a file.

    Args:
        request: The request to write to.
        fileObject: The open file.
        offset: Where the range begins.
        size: How long it is.
    """

    def __init__(self, request: Any, fileObject: IO[bytes], offset: int, size: int) -> None:
        super().__init__(request, fileObject)
        self.offset = offset
        self.size = size

    def _pieces(self) -> Iterator[bytes]:
        self.fileObject.seek(self.offset)
        return self._read(self.size)


class MultipleRangeStaticProducer(StaticProducer):
    """Sends several ranges of a file, each with a part header before it.

    Args:
        request: The request to write to.
        fileObject: The open file.
        rangeInfo: For each part: what goes before it, where it begins, how long it is.
    """

    _contiguous = False

    def __init__(
        self, request: Any, fileObject: IO[bytes], rangeInfo: Sequence[tuple[bytes, int, int]]
    ) -> None:
        super().__init__(request, fileObject)
        self.rangeInfo = rangeInfo

    def _pieces(self) -> Iterator[bytes]:
        # Small ranges go out together, since many of them may be asked for.
        gathered: list[bytes] = []
        room = self.bufferSize
        for header, offset, left in self.rangeInfo:
            size = left
            gathered.append(header)
            room -= len(header)
            self.fileObject.seek(offset)
            while size > 0 and (data := self.fileObject.read(min(size, max(room, 1)))):
                size -= len(data)
                room -= len(data)
                gathered.append(data)
                if room <= 0:
                    yield b"".join(gathered)
                    gathered = []
                    room = self.bufferSize
        if gathered:
            yield b"".join(gathered)
