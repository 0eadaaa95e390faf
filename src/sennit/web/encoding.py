"""Content codings applied on the way out: gzip, as it streams."""

from __future__ import annotations

import zlib
from typing import Any

from zope.interface import implementer

from sennit.http.codes import NO_BODY_CODES, PARTIAL_CONTENT
from sennit.http.negotiation import accepts_coding
from sennit.web.interfaces import IRequestEncoder, IRequestEncoderFactory

__all__ = ["GzipEncoderFactory"]

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@implementer(IRequestEncoderFactory)
class GzipEncoderFactory:
    """Gzips responses to clients that accept it (RFC 9110 section 8.4.1.3).

    Attributes:
        compressLevel: How hard to try, 1 to 9.
    """

    compressLevel = 9

    def encoderForRequest(self, request: Any) -> Any:
        """Return an encoder, None if the client does not accept gzip or the body is encoded already."""
        request.responseHeaders.addRawHeader(b"vary", b"Accept-Encoding")
        accepted = request.requestHeaders.getRawHeaders(b"accept-encoding")
        if not accepted or not accepts_coding(accepted, b"gzip"):
            return None
        already = request.responseHeaders.getRawHeaders(b"content-encoding")
        codings = b",".join([*(already or ()), b"gzip"])
        request.responseHeaders.setRawHeaders(b"content-encoding", [codings])
        return _GzipEncoder(self.compressLevel, request)


@implementer(IRequestEncoder)
class _GzipEncoder:
    """Gzips one response."""

    def __init__(self, level: int, request: Any) -> None:
        self._compressor: Any = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
        self._request = request

    def encode(self, data: bytes) -> bytes:
        """Return what there is to send after this piece.

        The length declared for the plain body is taken back.
        """
        request = self._request
        if not request.startedWriting:
            if request.code in NO_BODY_CODES or request.code == PARTIAL_CONTENT:
                self._compressor = None
                request.responseHeaders.removeHeader(b"content-encoding")
            else:
                request.responseHeaders.removeHeader(b"content-length")
        compressed: bytes = data if self._compressor is None else self._compressor.compress(data)
        return compressed

    def finish(self) -> bytes:
        """Return what is left to send at the end."""
        if self._compressor is None:
            return b""
        rest: bytes = self._compressor.flush()
        self._compressor = None
        return rest
