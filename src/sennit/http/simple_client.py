"""`HTTPClient`: one request on one connection, HTTP/1.0, by Twisted's names; proxies are made of it.

What an answer may take up is bounded: a line by `LineReceiver.MAX_LENGTH`, the head by
`HTTPClient.max_headers`, and a body kept whole by `HTTPClient.max_body`.  A server that passes a bound is cut
off.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.framing.basic import LineReceiver
from sennit.framing.numbers import NumberError, parse_decimal, parse_hexadecimal
from sennit.http.client.request import check_method, check_uri
from sennit.http.headers import canonical_name, clean_value
from sennit.protocol import connectionDone

__all__ = ["HTTPClient"]

_LARGEST = (1 << 63) - 1


class HTTPClient(LineReceiver):
    """A client of one request.

    Override the methods whose names begin with ``handle``.

    Attributes:
        length: Octets of the body that are still to come; None if the answer does not say.
        firstLine: Whether the status line is still to come.
        max_headers: How many field lines an answer may have.
        max_body: Octets of a body that `handleResponse` is given.
        complete: At the end, whether all of the answer has come, as far as one can know.
    """

    length: int | None = None
    firstLine: bool | int = True
    max_headers = 500
    max_body = 1 << 26

    complete = True

    _body: BytesIO | None = None
    _header = b""
    _count = 0
    _ended = False
    _chunked = False
    _informational = False
    _in_chunk: int | None = None
    _trailers = False

    # What we send

    def sendCommand(self, command: bytes, path: bytes) -> None:
        """Send the request line.

        Args:
            command: The method.
            path: The request target.

        Raises:
            ValueError: If either holds what may not go on the wire.
        """
        self.transport.writeSequence([check_method(command), b" ", check_uri(path), b" HTTP/1.0\r\n"])

    def sendHeader(self, name: bytes, value: bytes | int) -> None:
        """Send a field.

        Raises:
            ValueError: If the name is no token, or the value holds NUL.
        """
        octets = b"%d" % value if isinstance(value, int) else clean_value(value)
        canonical_name(name)
        self.transport.writeSequence([name, b": ", octets, b"\r\n"])

    def endHeaders(self) -> None:
        """End the head."""
        self.transport.write(b"\r\n")

    # What comes back

    def connectionMade(self) -> None:
        """Do nothing; override this to send a request."""

    def extractHeader(self, header: bytes) -> None:
        """Take a field line, continuation lines and all.

        Args:
            header: ``name: value``.
        """
        name, colon, value = header.partition(b":")
        if not colon:
            self._cut_off()
            return
        value = value.strip(b" \t")
        self.handleHeader(name, value)
        lower = name.lower()
        if lower == b"content-length":
            try:
                length = parse_decimal(value, _LARGEST)
            except NumberError:
                length = -1
            if length < 0 or self.length not in (None, length):
                self._cut_off()
            self.length = length
        elif lower == b"transfer-encoding":
            if value.lower() != b"chunked" or self._chunked:
                # What was done to the body besides could not be undone.
                self._cut_off()
            self._chunked = True

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the head, or of a body in chunks."""
        if self._ended:
            return
        if self._trailers or self._in_chunk is not None:
            self._chunk_line(line)
        elif self.firstLine:
            self._status_line(line)
        elif not line:
            if self._header:
                self.extractHeader(self._header)
                self._header = b""
            self._head_ended()
        elif line[:1] in b" \t":
            self._header += b" " + line.strip(b" \t")
            if len(self._header) > self.MAX_LENGTH:
                self._cut_off()
        else:
            self._count += 1
            if self._count > self.max_headers:
                self._cut_off()
                return
            if self._header:
                self.extractHeader(self._header)
            self._header = line

    def _status_line(self, line: bytes) -> None:
        self.firstLine = False
        parts = line.split(None, 2)
        version, status = (*parts, b"", b"")[:2]
        message = parts[2] if len(parts) > 2 else b""
        if not (version.startswith(b"HTTP/") and status.isdigit() and len(status) == 3):
            self._cut_off()
            return
        # An interim answer is not for us: the one that counts follows (RFC 9110 section 15.2).
        self._informational = status.startswith(b"1") and status != b"101"
        if not self._informational:
            self.handleStatus(version, status, message)

    def _head_ended(self) -> None:
        if self._informational:
            self.firstLine = True
            self._informational = False
            self.length = None
            return
        self._body = BytesIO()
        if self._chunked:
            # A length beside chunks does not count (RFC 9112 section 6.3).
            self.length = None
            self._in_chunk = 0
        self.handleEndHeaders()
        if self._chunked:
            return
        if self.length == 0:
            self._end()
        else:
            self.setRawMode()

    def rawDataReceived(self, data: bytes) -> None:
        """Take a piece of the body."""
        if self._ended:
            return
        if self._in_chunk is not None:
            self._chunk_data(data)
            return
        if self.length is None:
            self.handleResponsePart(data)
            return
        piece, self.length = data[: self.length], max(0, self.length - len(data))
        if piece:
            self.handleResponsePart(piece)
        if self.length == 0:
            self._end()

    def _chunk_line(self, line: bytes) -> None:
        if self._trailers:
            self._count += 1
            if not line:
                self._end()
            elif self._count > self.max_headers:
                self._cut_off()
            return
        if not line:
            # The end of the chunk before.
            return
        try:
            size = parse_hexadecimal(line.partition(b";")[0].strip(b" \t"), _LARGEST)
        except NumberError:
            self._cut_off()
            return
        if size:
            self._in_chunk = size
            self.setRawMode()
        else:
            self._trailers = True

    def _chunk_data(self, data: bytes) -> None:
        size = self._in_chunk or 0
        piece, rest = data[:size], data[size:]
        self._in_chunk = size - len(piece)
        self.handleResponsePart(piece)
        if self._in_chunk == 0:
            self.setLineMode(rest)

    def lineLengthExceeded(self, line: bytes) -> Any:
        """Cut off a server whose line has no end."""
        self._cut_off()

    def _cut_off(self) -> None:
        if self._ended:
            return
        self.transport.loseConnection()
        self._ended = True
        self.handleBadResponse()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self.handleResponseEnd()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Take the end of the connection for the end of the body."""
        if not self._ended:
            framed = bool(self.length) or self._chunked or self.firstLine
            self.complete = not framed and reason.check(ConnectionDone) is not None
        self._end()

    # For subclasses

    def handleStatus(self, version: bytes, status: bytes, message: bytes) -> None:
        """Take the status line; override this.

        Args:
            version: The server's protocol version.
            status: The status code.
            message: The reason phrase.
        """

    def handleHeader(self, key: bytes, val: bytes) -> None:
        """Take a field; override this."""

    def handleEndHeaders(self) -> None:
        """Take the end of the head; override this."""

    def handleResponsePart(self, data: bytes) -> None:
        """Take a piece of the body; override this, or it is kept for `handleResponse`."""
        if self._body is not None:
            if self._body.tell() + len(data) > self.max_body:
                self._cut_off()
            else:
                self._body.write(data)

    def handleResponseEnd(self) -> None:
        """Take the end of the answer; what was kept of the body goes to `handleResponse`."""
        if self._body is not None:
            body, self._body = self._body.getvalue(), None
            self.handleResponse(body)

    def handleResponse(self, buff: bytes) -> None:
        """Take the whole body; override this."""

    def handleBadResponse(self) -> None:
        """Take note that what came is no answer, and that the connection is closed; override this."""
