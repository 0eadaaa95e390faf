"""Content codings of responses: gzip and deflate; br and zstd where their libraries are installed.

A few octets can decode to very many.  So a piece is decoded a bounded part at a time, and no further while
the consumer has paused; and a body that is out of all proportion to what was sent for it is given up.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from zope.interface import implementer

from sennit.core.components import proxyForInterface
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.http.client.errors import ContentDecodingError, ResponseDone, ResponseFailed
from sennit.http.client.interfaces import UNKNOWN_LENGTH, IAgent, IResponse
from sennit.http.headers import Headers

__all__ = [
    "BrotliDecoder",
    "ContentDecoderAgent",
    "Decompressor",
    "DeflateDecoder",
    "GzipDecoder",
    "GzipProtocol",
    "ZstdDecoder",
    "available_decoders",
    "decoded",
]

_PART = 65536
_FREE = 16 << 20
_RATIO = 250
_MAX_CODINGS = 4


class Decompressor(Protocol):
    """Takes coded octets, and gives the octets that they stand for."""

    def decompress(self, data: bytes, room: int) -> bytes:
        """Return about `room` octets at the most; called with nothing it goes on with what it has."""

    @property
    def waiting(self) -> bool:
        """Whether there is more to be had without more data."""

    @property
    def complete(self) -> bool:
        """Whether the coding has come to its end."""


class _Zlib:
    """Gzip with all its members, zlib, or (for servers that send it) bare deflate."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._object = zlib.decompressobj(wbits)
        self._begun = False
        self._tail = b""

    def decompress(self, data: bytes, room: int) -> bytes:
        data = self._tail + data if self._tail else data
        self._tail = b""
        decoder = self._object
        if decoder.eof:
            if not data.strip(b"\0"):
                return b""
            # Another member of the same file (RFC 1952 section 2.2).
            decoder = self._object = zlib.decompressobj(self._wbits)
        try:
            decoded = decoder.decompress(data, room)
        except zlib.error:
            if self._begun or self._wbits != zlib.MAX_WBITS:
                raise
            # What is called deflate is sent with its header (RFC 9110 section 8.4.1.2) and without.
            decoder = self._object = zlib.decompressobj(-zlib.MAX_WBITS)
            self._wbits = -zlib.MAX_WBITS
            decoded = decoder.decompress(data, room)
        self._begun = True
        self._tail = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        return decoded

    @property
    def waiting(self) -> bool:
        return bool(self._tail)

    @property
    def complete(self) -> bool:
        return self._object.eof or not self._begun


class _Brotli:
    def __init__(self) -> None:
        import brotli

        self._object: Any = brotli.Decompressor()
        self._begun = self._full = False

    def decompress(self, data: bytes, room: int) -> bytes:
        self._begun = True
        decoded: bytes = self._object.process(data, output_buffer_limit=room)
        self._full = len(decoded) >= room
        return decoded

    @property
    def waiting(self) -> bool:
        decoder = self._object
        return not decoder.is_finished() and (self._full or not decoder.can_accept_more_data())

    @property
    def complete(self) -> bool:
        return bool(self._object.is_finished()) or not self._begun


class _Zstandard:
    """Zstandard with a window of 8 MiB at the most (RFC 9659)."""

    def __init__(self) -> None:
        import zstandard

        self._make = zstandard.ZstdDecompressor(max_window_size=8 << 20).decompressobj
        self._object: Any = self._make()
        self._begun = False
        self._held = b""

    def decompress(self, data: bytes, room: int) -> bytes:
        # The library has no bound for its output; a block decodes to 128 KiB at the most, and has four
        # octets at the least, so little is given to it at a time.
        self._begun = True
        data = self._held + data
        piece, self._held = data[:64], data[64:]
        if self._object.eof and piece:
            self._object = self._make()
        decoded: bytes = self._object.decompress(piece)
        if self._object.eof:
            self._held = self._object.unused_data + self._held
        return decoded

    @property
    def waiting(self) -> bool:
        return bool(self._held)

    @property
    def complete(self) -> bool:
        return bool(self._object.eof) or not self._begun


class _DecodingProtocol:
    """Stands between a coded body and its consumer.

    Args:
        protocol: The consumer.
        response: The response whose body it is.
        decompressor: What decodes.
        ratio: How many octets one octet may decode to, past 16 MiB; None for no limit.
    """

    def __init__(
        self, protocol: Any, response: Any, decompressor: Decompressor, ratio: float | None = _RATIO
    ) -> None:
        self._protocol = protocol
        self._response = response
        self._decompressor: Decompressor | None = decompressor
        self._ratio = ratio
        self._taken = self._given = 0
        self._paused = False
        self._busy = False
        self._ended: Failure | None = None
        self._early = b""
        self._below: Any = None

    def makeConnection(self, transport: Any) -> None:
        """Give the consumer a transport."""
        self._below = transport
        self._protocol.makeConnection(self)

    # What the consumer has for a transport.

    def __getattr__(self, name: str) -> Any:
        if name == "_below":
            raise AttributeError(name)
        return getattr(self._below, name)

    def pauseProducing(self) -> None:
        """Decode nothing until `resumeProducing`."""
        self._paused = True
        self._below.pauseProducing()

    def resumeProducing(self) -> None:
        """Go on."""
        self._paused = False
        if not self._busy:
            self._decode(b"")
        if not self._paused and self._ended is None:
            self._below.resumeProducing()

    def stopProducing(self) -> None:
        """Read nothing more and close."""
        self._below.stopProducing()

    def loseConnection(self) -> None:
        """Close the connection."""
        self._below.loseConnection()

    # What the body has for a protocol.

    def dataReceived(self, data: bytes) -> None:
        """Decode a piece."""
        self._taken += len(data)
        self._decode(data)

    def _decode(self, data: bytes) -> None:
        decompressor = self._decompressor
        if decompressor is None:
            return
        if self._paused or self._busy:
            # Reading has stopped; what was on its way already waits its turn.
            self._early += data
            return
        data, self._early = self._early + data, b""
        self._busy = True
        try:
            while (data or decompressor.waiting) and not self._is_paused():
                decoded = decompressor.decompress(data, _PART)
                data = b""
                self._given += len(decoded)
                if self._ratio is not None and self._given > max(_FREE, self._ratio * self._taken):
                    raise ContentDecodingError("The body decodes to far more than was sent for it.")
                if decoded:
                    self._protocol.dataReceived(decoded)
        except Exception:
            self._decompressor = None
            raise ResponseFailed([Failure()], self._response) from None
        finally:
            self._busy = False
        if self._ended is not None and not self._is_paused():
            self._finish()

    def _is_paused(self) -> bool:
        return self._paused

    def connectionLost(self, reason: Failure) -> None:
        """End the consumer's body, when all of it is decoded."""
        self._ended = reason
        decompressor = self._decompressor
        left = decompressor is not None and (decompressor.waiting or self._early)
        if not self._paused or not left:
            self._finish()

    def _finish(self) -> None:
        reason, decompressor = self._ended, self._decompressor
        self._decompressor = None
        whole = reason is not None and reason.check(ResponseDone)
        if whole and decompressor is not None and not decompressor.complete:
            error = ContentDecodingError("The coded body ended before its coding did.")
            reason = Failure(ResponseFailed([Failure(error)], self._response))
        self._protocol.connectionLost(reason)


class _Decoder(proxyForInterface(IResponse)):  # type: ignore[misc]  # made at run time
    """A response whose body is decoded on its way.

    Args:
        response: The response as it came.
    """

    length = UNKNOWN_LENGTH
    max_ratio: float | None = _RATIO
    _decompressor: Callable[[], Decompressor]

    def __init__(self, response: Any) -> None:
        self.original = response
        self.length = UNKNOWN_LENGTH

    def deliverBody(self, protocol: Any) -> None:
        """Have a protocol receive the decoded body."""
        between = _DecodingProtocol(protocol, self.original, type(self)._decompressor(), self.max_ratio)
        self.original.deliverBody(between)

    def hold_body(self, limit: int) -> None:
        """Take in a body that nobody has asked for; see `Response.hold_body`."""
        hold = getattr(self.original, "hold_body", None)
        if hold is not None:
            hold(limit)


class GzipDecoder(_Decoder):
    """Decodes ``gzip``."""

    @staticmethod
    def _decompressor() -> Decompressor:
        return _Zlib(16 + zlib.MAX_WBITS)


class DeflateDecoder(_Decoder):
    """Decodes ``deflate``."""

    @staticmethod
    def _decompressor() -> Decompressor:
        return _Zlib(zlib.MAX_WBITS)


class BrotliDecoder(_Decoder):
    """Decodes ``br`` (RFC 7932); needs the library brotli."""

    @staticmethod
    def _decompressor() -> Decompressor:
        return _Brotli()


class ZstdDecoder(_Decoder):
    """Decodes ``zstd`` (RFC 8878); needs the library zstandard."""

    @staticmethod
    def _decompressor() -> Decompressor:
        return _Zstandard()


def available_decoders() -> list[tuple[bytes, Callable[[Any], Any]]]:
    """Return what can be decoded here, for `ContentDecoderAgent`, the preferred first."""
    from importlib.util import find_spec

    found: list[tuple[bytes, Callable[[Any], Any]]] = []
    if find_spec("zstandard") is not None:
        found.append((b"zstd", ZstdDecoder))
    if find_spec("brotli") is not None:
        found.append((b"br", BrotliDecoder))
    return [*found, (b"gzip", GzipDecoder), (b"deflate", DeflateDecoder)]


class GzipProtocol(_DecodingProtocol):
    """Decodes ``gzip`` between a body and its consumer.

    Args:
        protocol: The consumer.
        response: The response whose body it is.
    """

    def __init__(self, protocol: Any, response: Any) -> None:
        super().__init__(protocol, response, GzipDecoder._decompressor())


@implementer(IAgent)
class ContentDecoderAgent:
    """Says which content codings it knows, and decodes what comes in them.

    Args:
        agent: The agent that makes the requests.
        decoders: Pairs of a coding and what makes a decoded response of a response, the preferred first.
    """

    def __init__(self, agent: Any, decoders: Sequence[tuple[bytes, Callable[[Any], Any]]]) -> None:
        self._agent = agent
        self._decoders = dict(decoders)
        self._supported = b",".join([name for name, _ in decoders])

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None
    ) -> Deferred[Any]:
        """Send a request; see `IAgent`."""
        headers = Headers() if headers is None else headers.copy()
        headers.addRawHeader(b"accept-encoding", self._supported)
        answered: Deferred[Any] = self._agent.request(method, uri, headers, bodyProducer)
        return answered.addCallback(self._handleResponse)

    def _handleResponse(self, response: Any) -> Any:
        """Undo the codings that are known, the last first, up to one that is not."""
        return decoded(response, self._decoders)


def decoded(response: Any, decoders: Mapping[bytes, Callable[[Any], Any]]) -> Any:
    """Return a response whose codings are undone, the last first, up to one that is not known.

    Raises:
        ContentDecodingError: If there are more of them than make sense.
    """
    fields = response.headers.getRawHeaders(b"content-encoding", [])
    codings = [coding.strip() for coding in b",".join(fields).split(b",") if coding.strip()]
    if not codings:
        return response
    if len(codings) > _MAX_CODINGS:
        raise ContentDecodingError(f"The body is coded {len(codings)} times over.")
    method = getattr(response.request, "method", None)
    if method == b"HEAD" or response.code in (204, 304):
        return response
    while codings:
        make = decoders.get(codings[-1].lower()) or decoders.get(codings[-1])
        if make is None:
            break
        response = make(response)
        codings.pop()
    if codings:
        response.headers.setRawHeaders(b"content-encoding", [b",".join(codings)])
    else:
        response.headers.removeHeader(b"content-encoding")
    return response
