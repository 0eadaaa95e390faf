"""Private names of ``twisted.web`` by which its tests reach our codec and channels, for the tests alone.

What they read and answer is read and answered by the parsers and channels that programs get.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred, succeed
from sennit.framing.numbers import parse_decimal, parse_hexadecimal
from sennit.http.client.errors import DataLoss, PotentialDataLoss
from sennit.http.client.events import BodyData, EndOfMessage
from sennit.http.client.limits import ClientLimits
from sennit.http.client.parser import ResponseParser
from sennit.http.client.receiver import HTTPClientParser
from sennit.http.errors import InvalidHeaderName, RemoteProtocolError
from sennit.http.factory import HTTPFactory
from sennit.http.h2.flooding import Budget
from sennit.http.h2.limits import Http2Limits
from sennit.http.h2.server import Http2Channel
from sennit.http.h2.stream import Stream
from sennit.http.headers import Headers, canonical_name
from sennit.http.ranges import read_ranges
from sennit.http.server import HTTPChannel
from sennit.protocol import connectionDone
from sennit.testing import StringTransport

__all__ = [
    "ChunkedDecoder",
    "HTTPParser",
    "Http2Connection",
    "IdentityDecoder",
    "MalformedChunkedDataError",
    "ToldParser",
    "attach_to_web",
    "decimal",
    "generic_channel",
    "hexadecimal",
    "is_hexadecimal",
    "is_token",
]

_LARGEST = 1 << 64
_LIMITS = ClientLimits(chunk_overhead=16384)


class MalformedChunkedDataError(Exception):
    """Chunks are not as they must be."""


def is_token(text: bytes) -> bool:
    """Tell whether a name could be a field's."""
    try:
        canonical_name(text)
    except InvalidHeaderName:
        return False
    return True


def decimal(text: bytes) -> int:
    """Read a number as Content-Length has it, white space around it left out."""
    return parse_decimal(text.strip(b" \t"), _LARGEST)


def hexadecimal(text: bytes) -> int:
    """Read a number as chunks have it."""
    return parse_hexadecimal(text, _LARGEST)


def is_hexadecimal(text: bytes) -> bool:
    """Tell whether it is one."""
    try:
        parse_hexadecimal(text, _LARGEST)
    except ValueError:
        return False
    return True


class _Streams(dict[int, Any]):
    """The streams of a connection; tells when one is let go."""

    def __init__(self, done: _Ends) -> None:
        super().__init__()
        self._done = done

    def _let_go(self, number: int) -> None:
        self._done.over.add(number)
        waiting = self._done.pop(number, None)
        if waiting is not None:
            waiting.callback(1)

    def pop(self, number: int, default: Any = None) -> Any:
        """Take one out."""
        there = number in self
        found = super().pop(number, default)
        if there:
            self._let_go(number)
        return found

    def __delitem__(self, number: int) -> None:
        super().__delitem__(number)
        self._let_go(number)

    def clear(self) -> None:
        """Take all out."""
        for number in list(self):
            del self[number]


class _Ends(dict[int, Deferred[Any]]):
    """A Deferred for the end of each stream."""

    def __init__(self) -> None:
        super().__init__()
        self.over: set[int] = set()

    def __missing__(self, number: int) -> Deferred[Any]:
        if number in self.over:
            return succeed(1)
        made: Deferred[Any] = Deferred()
        self[number] = made
        return made


class Http2Connection(Http2Channel):
    """A channel whose streams tell of their end, with the windows that the protocol begins with.

    Args:
        reactor: The clock; without one no time limits run, since the tests leave such connections open.
    """

    http2_limits = Http2Limits(connection_window=65535)

    def __init__(self, reactor: Any = None) -> None:
        self._clock = reactor
        self._streamCleanupCallbacks = _Ends()
        if reactor is not None:
            self.callLater = reactor.callLater  # type: ignore[method-assign]
            self.seconds = reactor.seconds  # type: ignore[method-assign]
        else:
            self.abortTimeout = None

    @property
    def _resets(self) -> Budget:
        return self.core._guard._resets

    _resetTokenBurst = property(lambda self: self.http2_limits.reset_burst)
    _resetTokenRate = property(lambda self: self.http2_limits.reset_rate)
    _resetTokens = property(lambda self: self._resets._left)

    def connectionMade(self) -> None:
        """Begin; that the transport's pace is followed is for the tests to arrange, who mean to."""
        self._let_go()
        super().connectionMade()
        self._let_go()
        self.streams = _Streams(self._streamCleanupCallbacks)
        if self._clock is None:
            self._timer.cancel()
            self._timer = None

    def connectionLost(self, reason: Any = connectionDone) -> None:
        """End."""
        streams = self.streams
        super().connectionLost(reason)
        streams.clear()

    def _close(self) -> None:
        if self._timer is None:
            self.abortTimeout = None
        if getattr(self.transport, "producer", self) is None:
            self.transport.registerProducer(self, True)
        super()._close()

    def _let_go(self) -> None:
        if getattr(self.transport, "producer", None) is not None:
            self.transport.unregisterProducer()


class _Decoder:
    """Hands on what our parser makes of a body, octet by octet, so that it can tell where that ends."""

    def __init__(
        self, head: bytes, on_data: Callable[[bytes], object], on_end: Callable[[bytes], object]
    ) -> None:
        self.dataCallback: Any = on_data
        self.finishCallback: Any = on_end
        self._parser = ResponseParser(_LIMITS)
        self._parser.expect(b"GET")
        self._parser.receive_data(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        self._parser.next_event()
        self._ended = False
        self._trailerHeaders: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """Read some octets."""
        if self._ended and data:
            raise RuntimeError("The body has ended.")
        parser = self._parser
        found = b""
        chunks = parser._chunks
        for at in range(len(data)):
            parser.receive_data(data[at : at + 1])
            if parser._chunks != chunks:
                chunks = parser._chunks
                self._hand_on(found)
                found = b""
            try:
                while (event := parser.next_event()) is not None:
                    if isinstance(event, BodyData):
                        found += event.data
                    elif isinstance(event, EndOfMessage):
                        self._trailerHeaders = [b"%b: %b" % field for field in event.trailers]
            except RemoteProtocolError as error:
                self._hand_on(found)
                raise MalformedChunkedDataError(str(error)) from error
            if parser.complete:
                self._hand_on(found)
                self._end(data[at + 1 :])
                return
        self._hand_on(found)

    def _hand_on(self, data: bytes) -> None:
        if data:
            self.dataCallback(data)

    def _end(self, rest: bytes) -> None:
        self._ended = True
        ended, self.finishCallback = self.finishCallback, None
        self.dataCallback = None
        ended(rest)


class ChunkedDecoder(_Decoder):
    """Reads chunks."""

    def __init__(self, on_data: Callable[[bytes], object], on_end: Callable[[bytes], object]) -> None:
        super().__init__(b"Transfer-Encoding: chunked\r\n", on_data, on_end)

    @property
    def state(self) -> str:
        """Say whether the last chunk has come."""
        return "FINISHED" if self._ended else "READING"

    def noMoreData(self) -> None:
        """Take that nothing follows."""
        if not self._ended:
            raise DataLoss("The chunks have no end.")


class IdentityDecoder(_Decoder):
    """Reads a body of a known length, or one that ends with the connection."""

    def __init__(
        self, contentLength: int | None, on_data: Callable[[bytes], object], on_end: Callable[[bytes], object]
    ) -> None:
        self.contentLength = contentLength
        super().__init__(
            b"" if contentLength is None else b"Content-Length: %d\r\n" % contentLength, on_data, on_end
        )

    def noMoreData(self) -> None:
        """Take that nothing follows."""
        if self._ended:
            return
        self._end_early()

    def _end_early(self) -> None:
        until_close = self.contentLength is None
        if until_close:
            self._end(b"")
            raise PotentialDataLoss
        self.dataCallback = self.finishCallback = None
        self._ended = True
        raise DataLoss("The body is shorter than was said.")


class ToldParser(HTTPClientParser):
    """Tells of a response's head piece by piece, as our parser makes it out."""

    _told = 0

    def dataReceived(self, data: bytes) -> None:
        """Take some octets."""
        super().dataReceived(data)
        line = self._core.status_line
        if self._told == 0 and line is not None:
            self._told = 1
            version, code, reason = line
            self.statusReceived(b"HTTP/%d.%d %d %b" % (*divmod(version, 10), code, reason))
        if self._told == 1 and self.head is not None:
            self._told = 2
            for name, value in self.head.headers:
                self.headerReceived(name, value)
            self.allHeadersReceived()

    def statusReceived(self, status: bytes) -> None:
        """Take the status line."""

    def headerReceived(self, name: bytes, value: bytes) -> None:
        """Take a field."""

    def allHeadersReceived(self) -> None:
        """Take the end of the head."""


class HTTPParser(ToldParser):
    """Reads a response to nothing."""

    def __init__(self) -> None:
        super().__init__(None, lambda _: None)

    def makeConnection(self, transport: Any) -> None:
        """Take a transport."""
        super().makeConnection(transport or StringTransport())


def generic_channel(*args: Any) -> Any:
    """Make a channel: what speaks for a connection is the channel itself."""
    return HTTPChannel()


def attach_to_web(set_on: Callable[[Any, str, Any], None]) -> None:
    """Give channels and files the private attributes by which tests reach what they do."""
    from urllib.request import Request

    from sennit.twisted.web.tap import _WithHeaders
    from sennit.web.static import File

    set_on(HTTPChannel, "_channel", property(lambda self: self))
    set_on(Stream, "_request", property(lambda self: self.request))
    set_on(
        HTTPFactory,
        "_logDateTime",
        property(
            lambda self: self._timestamp(), lambda self, text: setattr(self, "_timestamp", lambda: text)
        ),
    )
    set_on(File, "_parseRangeHeader", lambda _, header: read_ranges(header))
    set_on(_WithHeaders, "_originalResource", property(lambda self: self._resource))
    set_on(Request, "_twistedHeaders", property(lambda self: Headers(_as_bytes(self.header_items()))))


def _as_bytes(fields: list[tuple[str, str]]) -> dict[bytes, list[bytes]]:
    return {name.encode(): [value.encode()] for name, value in fields}
