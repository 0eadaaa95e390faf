"""`ClientResponse`: a response to a coroutine, its body read piece by piece or whole.

What is not read is not received for long: past a little of it reading stops, so that a body of any size takes
up the same memory.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.client.errors import (
    BodyTooLargeError,
    PhaseTimeoutError,
    PotentialDataLoss,
    ResponseDone,
    ResponseFailed,
    WrapperError,
)
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.headers import Headers
from sennit.http.status_errors import Error
from sennit.protocol import Protocol, connectionDone

__all__ = ["BodyStream", "ClientResponse", "plain_reason"]

_HIGH = 262144
_CHARSET = re.compile(rb"charset\s*=\s*\"?([A-Za-z0-9._:\-]+)", re.IGNORECASE)


def plain_reason(error: BaseException) -> BaseException:
    """Return what a coroutine is to be told: a time limit that has passed, rather than what came of it."""
    if isinstance(error, WrapperError):
        for each in error.reasons:
            inner = plain_reason(each.value)
            if isinstance(inner, PhaseTimeoutError):
                return inner
    return error


class BodyStream(Protocol):
    """Keeps a little of a body for whoever reads it.

    Attributes:
        ended: Why nothing more will come; None while something may.
    """

    transport: Any = None

    def __init__(self, finished: Callable[[], object]) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._waiter: Deferred[None] | None = None
        self._finished = finished
        self.ended: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        """Keep a piece."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _HIGH and not self._paused:
            self._paused = True
            self.transport.pauseProducing()
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note the end."""
        if self.ended is None:
            self.ended = reason
            self._finished()
            self._wake()

    def fail(self, error: Exception) -> None:
        """End it in the middle, and drop what it comes from."""
        if self.ended is None:
            self.ended = Failure(error)
            self.transport.abortConnection()
            self._finished()
            self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)

    async def next_piece(self) -> bytes:
        """Return the next piece, empty at the end.

        Raises:
            ResponseFailed: If the body did not come whole.
        """
        while not self._pieces:
            if self.ended is not None:
                error = plain_reason(self.ended.value)
                if isinstance(error, ResponseDone | PotentialDataLoss):
                    return b""
                raise error
            if self._waiter is not None:
                raise RuntimeError("A body is read by one task at a time.")
            self._waiter = Deferred()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if self._paused and self._size <= _HIGH // 2:
            self._paused = False
            self.transport.resumeProducing()
        return piece

    def abandon(self) -> None:
        """Take nothing more."""
        self._pieces.clear()
        self._size = 0
        if self.ended is None:
            self.fail(ResponseFailed([Failure(RuntimeError("The response was closed before its end."))]))


class ClientResponse:
    """A response.

    ``async for`` gives its body in pieces; `read`, `text` and `json` give it whole.  Left by ``async with``,
    or by `close`, it lets go of its connection.

    Attributes:
        status: The status code.
        reason: The reason phrase; empty in HTTP/2.
        headers: The fields.
        version: ``"HTTP/1.0"``, ``"HTTP/1.1"`` or ``"HTTP/2.0"``.
        url: The URL that was asked for in the end.
        history: The responses that led here by redirection, the oldest first.
        length: The body's length as sent, None if that is not known.
    """

    def __init__(
        self,
        response: Any,
        stream: BodyStream,
        url: str,
        history: tuple[ClientResponse, ...],
        most: int | None,
    ) -> None:
        self.status: int = response.code
        self.reason: str = response.phrase.decode("latin-1")
        self.headers: Headers = response.headers
        name, major, minor = response.version
        self.version = f"{name.decode('ascii')}/{major}.{minor}"
        self.url = url
        self.history = history
        self.length: int | None = None if response.length == UNKNOWN_LENGTH else response.length
        self._response = response
        self._stream = stream
        self._most = most
        self._body: bytes | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} {self.url}>"

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def trailers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The fields that followed the body, once it is read."""
        original = self._response
        while hasattr(original, "original"):
            original = original.original
        trailers: tuple[tuple[bytes, bytes], ...] = original.trailers
        return trailers

    def header(self, name: str, default: str | None = None) -> str | None:
        """Return the last value of a field."""
        values = self.headers.getRawHeaders(name)
        return values[-1] if values else default

    def raise_for_status(self) -> Self:
        """Return this if the status is below 400.

        Raises:
            Error: If it is not.
        """
        if not self.ok:
            raise Error(self.status, self._response.phrase or None)
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[bytes]:
        while piece := await self._stream.next_piece():
            yield piece

    async def read(self, limit: int | None = -1) -> bytes:
        """Return the whole body.

        Args:
            limit: How many octets it may have; None for no limit; the client's limit if not given.

        Raises:
            BodyTooLargeError: If it has more; the connection is dropped.
            ResponseFailed: If the body did not come whole.
        """
        if self._body is None:
            most = self._most if limit == -1 else limit
            pieces, size = [], 0
            async for piece in self:
                pieces.append(piece)
                size += len(piece)
                if most is not None and size > most:
                    self.close()
                    raise BodyTooLargeError(f"The body is larger than {most} octets.")
            self._body = b"".join(pieces)
        return self._body

    async def text(self, encoding: str | None = None) -> str:
        """Return the body as text.

        Args:
            encoding: Its encoding; None for what the response says, else UTF-8.  What does not decode becomes
                U+FFFD.
        """
        body = await self.read()
        if encoding is None:
            found = _CHARSET.search((self.header("content-type") or "").encode("latin-1", "replace"))
            encoding = found[1].decode("ascii") if found else "utf-8"
        try:
            return body.decode(encoding, "replace")
        except LookupError:
            return body.decode("utf-8", "replace")

    async def json(self) -> Any:
        """Return what the body's JSON stands for.

        Raises:
            ValueError: If it is none.
        """
        return json.loads(await self.read())

    async def lines(self, limit: int = 1 << 20) -> AsyncIterator[bytes]:
        """Give the body's lines, without their ends.

        Args:
            limit: How many octets a line may have.

        Raises:
            BodyTooLargeError: If one has more.
        """
        held = b""
        async for piece in self:
            *lines, held = (held + piece).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
            if len(held) > limit:
                self.close()
                raise BodyTooLargeError(f"A line is longer than {limit} octets.")
        if held:
            yield held

    def close(self) -> None:
        """Take nothing more of the body; a connection on which some of it is still to come is dropped."""
        self._stream.abandon()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._stream.ended is None and self._stream.transport is not None:
            self._stream.abandon()
