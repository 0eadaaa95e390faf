"""`CompressedResource`: bodies compressed as the client likes best, where that is of use.

The client's weights decide among zstd, brotli and gzip, and the server's order among equals (RFC 9110
section 12.5.3).  Left alone are bodies that are small, of a kind that is compressed already, encoded already,
partial, or marked ``no-transform``.  A page that holds a secret beside what a visitor chose should not be
compressed at all: its length tells of both (the BREACH attack).
"""

from __future__ import annotations

import importlib.util
import re
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from zope.interface import implementer

from sennit.http.codes import NO_BODY_CODES, PARTIAL_CONTENT
from sennit.http.negotiation import best_coding
from sennit.web.interfaces import IRequestEncoder
from sennit.web.resource import EncodingResourceWrapper

__all__ = ["CODINGS", "CompressedResource"]

CODINGS = (b"zstd", b"br", b"gzip")
"""The codings, the preferred first; one whose library is not installed (extra ``encodings``) is left out."""

_LIBRARIES = {b"zstd": "zstandard", b"br": "brotli", b"gzip": "zlib"}
_COMPRESSIBLE = re.compile(
    rb"text/(?!event-stream)|application/(?:json|javascript|ecmascript|xml|wasm|manifest\+json|x-ndjson)"
    rb"|[a-z]+/[^;]+\+(?:json|xml)|image/svg|font/(?:ttf|otf)",
    re.IGNORECASE,
)
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_LEVELS = {b"zstd": 6, b"br": 4, b"gzip": 6}


class CompressedResource(EncodingResourceWrapper):
    """A resource, and all below it where it answers for that, with its bodies compressed.

    Args:
        original: The resource.
        codings: What to offer, the preferred first; by default all that is installed.
        minimum: Octets that a body of known length has at least to be compressed.
    """

    def __init__(self, original: Any, codings: Sequence[bytes] = CODINGS, *, minimum: int = 256) -> None:
        super().__init__(original, ())
        self._codings = [name for name in codings if importlib.util.find_spec(_LIBRARIES[name]) is not None]
        self._minimum = minimum

    def getEncoder(self, request: Any) -> Any:
        """Return what decides when the body begins."""
        return _Encoder(request, self._codings, self._minimum)

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        """Return a child, compressed as well."""
        child = self.original.getChildWithDefault(name, request)
        if isinstance(child, EncodingResourceWrapper):
            return child
        return CompressedResource(child, self._codings, minimum=self._minimum)


@implementer(IRequestEncoder)
class _Encoder:
    """Compresses one body, or not."""

    __slots__ = ("_begun", "_codings", "_compressor", "_minimum", "_request")

    def __init__(self, request: Any, codings: Sequence[bytes], minimum: int) -> None:
        self._request = request
        self._codings = codings
        self._minimum = minimum
        self._compressor: Any = None
        self._begun = False

    def encode_whole(self, body: bytes) -> bytes:
        """Return all of a body as it is to be sent."""
        if len(body) < self._minimum:
            self._vary()
            return body
        compressed = self.encode(body)
        return compressed if self._compressor is None else compressed + self.finish()

    def encode(self, data: bytes) -> bytes:
        """Return what there is to send after this piece."""
        if not self._begun:
            self._begun = True
            self._choose()
        if self._compressor is None:
            return data
        compressed: bytes = self._compressor.compress(data)
        return compressed

    def finish(self) -> bytes:
        """Return what is left to send at the end."""
        compressor, self._compressor = self._compressor, None
        rest: bytes = b"" if compressor is None else compressor.flush()
        return rest

    def _vary(self) -> bool:
        """Say that the body depends on what the client accepts; tell whether it does."""
        request = self._request
        headers = request.responseHeaders
        if (
            request.code in NO_BODY_CODES
            or request.code == PARTIAL_CONTENT
            or headers.hasHeader(b"content-encoding")
            or any(b"no-transform" in value for value in headers.getRawHeaders(b"cache-control") or ())
        ):
            return False
        kinds = headers.getRawHeaders(b"content-type") or [request.defaultContentType or b""]
        if _COMPRESSIBLE.match(kinds[-1].strip()) is None:
            return False
        varies = headers.getRawHeaders(b"vary") or ()
        if not any(b"accept-encoding" in value.lower() or value == b"*" for value in varies):
            headers.addRawHeader(b"vary", b"Accept-Encoding")
        return True

    def _choose(self) -> None:
        request = self._request
        if not self._vary():
            return
        headers = request.responseHeaders
        declared = headers.getRawHeaders(b"content-length")
        if declared and declared[-1].isdigit() and int(declared[-1]) < self._minimum:
            return
        accepted = request.requestHeaders.getRawHeaders(b"accept-encoding") or ()
        coding = best_coding(accepted, self._codings)
        if coding is None:
            return
        headers.setRawHeaders(b"content-encoding", [coding])
        headers.removeHeader(b"content-length")
        if request.etag is not None and not request.etag.startswith(b"W/"):
            # It is not the same octets (RFC 9110 section 8.8.1).
            request.etag = b"W/" + request.etag
        tags = headers.getRawHeaders(b"etag")
        if tags and not tags[-1].startswith(b"W/"):
            headers.setRawHeaders(b"etag", [b"W/" + tags[-1]])
        self._compressor = _COMPRESSORS[coding]()


class _Brotli:
    """Brotli, with the verbs of the other compressors."""

    __slots__ = ("_compressor", "compress")

    def __init__(self) -> None:
        import brotli

        self._compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=_LEVELS[b"br"])
        self.compress = self._compressor.process

    def flush(self) -> bytes:
        rest: bytes = self._compressor.finish()
        return rest


def _zstd() -> Any:
    import zstandard

    return zstandard.ZstdCompressor(level=_LEVELS[b"zstd"]).compressobj()


def _gzip() -> Any:
    return zlib.compressobj(_LEVELS[b"gzip"], zlib.DEFLATED, _GZIP_WINDOW)


_COMPRESSORS: dict[bytes, Callable[[], Any]] = {b"zstd": _zstd, b"br": _Brotli, b"gzip": _gzip}
