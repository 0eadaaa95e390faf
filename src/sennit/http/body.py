"""`RequestBody`: a request's body as it arrives, for whoever does not want to wait for all of it.

Pieces that nobody has taken yet wait here, and whoever brings them is told how many octets that is, so that
it reads no more than is wanted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import IO

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.codes import REQUEST_ENTITY_TOO_LARGE
from sennit.http.errors import RemoteProtocolError

__all__ = ["RequestBody"]

_PIECE = 65536


def _unheeded(queued: int, taken: int) -> None:
    """Stand in where nobody waits to bring more."""


class RequestBody:
    """A body, piece by piece: ``async for piece in request.body``.

    It can be gone through once.

    Args:
        flow: Called with the octets that wait and those just taken, whenever either changes.
        limit: How many octets it may have; None for no limit of its own.

    Attributes:
        complete: Whether all of it has arrived.
        received: How many octets have.
        limit: How many octets it may have.
    """

    __slots__ = ("_error", "_flow", "_pieces", "_queued", "_waiting", "complete", "limit", "received")

    def __init__(self, flow: Callable[[int, int], object] = _unheeded, limit: int | None = None) -> None:
        self._flow = flow
        self._pieces: deque[bytes] = deque()
        self._queued = 0
        self._waiting: Deferred[None] | None = None
        self._error: Failure | None = None
        self.complete = False
        self.received = 0
        self.limit = limit

    @classmethod
    def of_file(cls, file: IO[bytes]) -> AsyncIterator[bytes]:
        """Return a body that has arrived already, as an iterator of its pieces."""

        async def pieces() -> AsyncIterator[bytes]:
            while piece := file.read(_PIECE):
                yield piece

        return pieces()

    def feed(self, data: bytes) -> None:
        """Add a piece.

        Raises:
            RemoteProtocolError: If the body becomes too large; `fail` is then to be called with it.
        """
        if self._error is not None or not data:
            return
        self.received += len(data)
        if self.limit is not None and self.received > self.limit:
            raise RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE)
        self._pieces.append(data)
        self._queued += len(data)
        self._flow(self._queued, 0)
        self._wake()

    def end(self) -> None:
        """Take note that all of it has arrived."""
        self.complete = True
        self._wake()

    def fail(self, reason: Failure) -> None:
        """Take note that the rest will not arrive; what waits is thrown away."""
        if self._error is None and not self.complete:
            self._error = reason
            self._pieces.clear()
            self._queued = 0
            self._wake()

    def take_all(self) -> list[bytes]:
        """Return what waits, and let it count as not taken: whoever asks sees to that."""
        pieces = list(self._pieces)
        self._pieces.clear()
        self._queued = 0
        return pieces

    def discard(self) -> None:
        """Throw away what waits, and what is to come."""
        self._pieces.clear()
        taken, self._queued = self._queued, 0
        self._flow(0, taken)
        self._flow = _unheeded

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    @property
    def waiting(self) -> int:
        """How many octets wait to be taken."""
        return self._queued

    def __aiter__(self) -> RequestBody:
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece, as soon as it is there.

        Raises:
            RemoteProtocolError: If the body is too large.
            ConnectionLost: If the client is gone.
            RuntimeError: If another call waits already.
        """
        pieces = self._pieces
        while not pieces:
            if self._error is not None:
                self._error.raiseException()
            if self.complete:
                raise StopAsyncIteration
            if self._waiting is not None:
                raise RuntimeError("Somebody waits for this body's next piece already: one reader at a time.")
            self._waiting = Deferred(self._gave_up)
            await self._waiting
        piece = pieces.popleft()
        size = len(piece)
        self._queued -= size
        self._flow(self._queued, size)
        return piece

    def _gave_up(self, waiting: Deferred[None]) -> None:
        self._waiting = None

    async def read(self, limit: int | None = None) -> bytes:
        """Return all that is left.

        Args:
            limit: How many octets it may be; None for what `limit` says.

        Raises:
            RemoteProtocolError: If it is more, or the body is too large.
            ConnectionLost: If the client is gone.
        """
        pieces = []
        size = 0
        async for piece in self:
            size += len(piece)
            if limit is not None and size > limit:
                raise RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE)
            pieces.append(piece)
        return b"".join(pieces)
