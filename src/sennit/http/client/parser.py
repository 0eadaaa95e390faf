"""Octets to response events: RFC 9112 by llhttp (through httptools), with every rule that llhttp leaves open.

llhttp refuses bare CR and LF, NUL and controls in fields, repeated or signed Content-Length, a
Content-Length beside a Transfer-Encoding, and malformed chunks.  Added here: which response belongs to which
method (HEAD and CONNECT have no body, RFC 9112 section 6.3), only ``chunked`` as transfer coding, folded
lines (section 5.2 wants a user agent to take them), bodies that end with the connection, limits on everything
that grows, and nothing after the one response that is awaited: what a server sends unasked must never become
the answer to the next request.

A parser reads one response after another, each begun by `expect`.  The first error is kept, and all input
after it thrown away.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import httptools

from sennit.http.client.events import BodyData, EndOfMessage, ResponseEvent, ResponseHead
from sennit.http.client.framing import body_length, persists
from sennit.http.client.limits import DEFAULT_CLIENT_LIMITS, ClientLimits
from sennit.http.errors import RemoteProtocolError

__all__ = ["ResponseParser"]

_FAIR_PER_CHUNK = 16
_FAIR_PER_OCTET = 2
_FOLD = re.compile(rb"\r\n([ \t]+)")
_FOLDED = re.compile(rb"\r\n[ \t]")
_NEVER_IN_TRAILERS = frozenset((b"content-length", b"transfer-encoding", b"host", b"connection", b"trailer"))
_VERSIONS = {"1.1": 11, "1.0": 10}


class _Enough(Exception):
    """Stops llhttp: what follows is another protocol's."""


class ResponseParser:
    """Reads the responses of one connection.

    Args:
        limits: What one response may take up.

    Attributes:
        events: What was received and not yet taken, oldest first.
        error: Why reading has stopped, None while it has not.
        excess: Whether octets came that belong to no response that is awaited.
    """

    __slots__ = (
        "_awaiting",
        "_before",
        "_body_size",
        "_chunks",
        "_done",
        "_fed",
        "_head",
        "_headers",
        "_informational",
        "_llhttp",
        "_method",
        "_pieces",
        "_raw",
        "_reason",
        "_rest",
        "_spent",
        "_trailers",
        "_unfolded",
        "error",
        "events",
        "excess",
        "limits",
    )

    def __init__(self, limits: ClientLimits = DEFAULT_CLIENT_LIMITS) -> None:
        self.limits = limits
        self.events: deque[ResponseEvent] = deque()
        self.error: RemoteProtocolError | None = None
        self.excess = False
        self._llhttp: Any = None
        self._spent = True
        self._awaiting = False
        self._done = False
        self._head: ResponseHead | None = None
        self._rest = b""
        self._pieces: list[bytes] = []
        self._raw: list[bytes] = []

    def expect(self, method: bytes) -> None:
        """Await the response to a request with this method."""
        if self._spent:
            self._llhttp = httptools.HttpResponseParser(self)
            self._spent = False
        self._method = method
        self._awaiting = True
        self._done = False
        self._head = None
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._trailers: list[tuple[bytes, bytes]] = []
        self._informational = self._before = 0
        self._unfolded = False
        self._body_size = self._chunks = self._fed = 0

    @property
    def begun(self) -> bool:
        """Whether anything of the awaited response has come."""
        return self._head is not None or bool(self._raw)

    @property
    def complete(self) -> bool:
        """Whether the awaited response has come whole, or none is awaited."""
        return not self._awaiting

    @property
    def status_line(self) -> tuple[int, int, bytes] | None:
        """Version, code and reason of the head being received, None before its first line is whole."""
        line, end, _ = self._last_head().partition(b"\r\n")
        if self.error is not None or not self._awaiting or not end:
            return None
        version = _VERSIONS.get(self._llhttp.get_http_version(), 11)
        return version, self._llhttp.get_status_code(), line.partition(b" ")[2].partition(b" ")[2]

    def next_event(self) -> ResponseEvent | None:
        """Return the oldest event, None if more data is needed.

        Raises:
            RemoteProtocolError: If reading has stopped and all events before that are taken.
        """
        if self.events:
            return self.events.popleft()
        if self.error is not None:
            raise self.error
        return None

    def receive_data(self, data: bytes) -> None:
        """Read some octets.

        Anything wrong with them is in `error` afterwards, and is raised by `next_event` in its turn.
        """
        if not self._awaiting or self.error is not None:
            if self.error is not None:
                return
            if self._head is not None and self._head.upgrade:
                self._rest += data
            elif data.strip(b"\r\n"):
                # Some servers end a body with a line end that they do not count.
                self.excess = True
            return
        if self._head is None:
            self._raw.append(data)
        self._fed += len(data)
        try:
            self._llhttp.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError) as error:
            self._stopped(error)
        if self._done:
            self._finish()
        elif self.error is None:
            if self._pieces:
                self._flush()
            self._check_unfinished()

    def receive_eof(self) -> None:
        """Note that nothing will follow: the end of a body that ends so, an error inside any other."""
        if not self._awaiting or self.error is not None:
            return
        head = self._head
        if head is not None and head.until_close:
            self._done = True
            self._finish()
        elif self.begun:
            self._refuse(RemoteProtocolError("The connection ended inside a response."))
        else:
            self._awaiting = False

    def take_rest(self) -> bytes:
        """Return what was received after a response that changes protocols."""
        rest, self._rest = self._rest, b""
        return rest

    def _finish(self) -> None:
        """Handle the end of the awaited response."""
        self._awaiting = False
        if self._pieces:
            self._flush()
        self.events.append(EndOfMessage(tuple(self._trailers)) if self._trailers else _PLAIN_END)
        if self._raw:
            self._raw = []

    def _flush(self) -> None:
        pieces = self._pieces
        self.events.append(BodyData(pieces[0] if len(pieces) == 1 else b"".join(pieces)))
        self._pieces = []

    def _refuse(self, error: RemoteProtocolError) -> None:
        self.error = error
        self._spent = True
        self._awaiting = False
        if self._pieces:
            self._flush()
        self._raw = []

    def _stopped(self, error: Exception) -> None:
        """Handle llhttp's stopping."""
        self._spent = True
        head = self._head
        if head is not None and head.upgrade:
            self._done = True
            self._rest = self._last_head().partition(b"\r\n\r\n")[2]
            return
        if self._done:
            # It stumbled over what follows the response.
            self.excess = True
            return
        cause: Any = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
        if isinstance(cause, RemoteProtocolError):
            self._refuse(cause)
            return
        if head is None and not self._unfolded:
            raw = self._last_head()
            fold = _FOLDED.search(raw)
            if fold is not None and raw.find(b"\r\n\r\n", 0, fold.start() + 2) < 0:
                self._retry_unfolded(raw)
                return
        message = str(error)
        if not message or not message[0].isupper():
            message = "The response is malformed"
        self._refuse(RemoteProtocolError(f"{message}."))

    def _retry_unfolded(self, raw: bytes) -> None:
        """Read a head again whose lines are folded, once it is here whole, with each fold made spaces."""
        end = raw.find(b"\r\n\r\n")
        if end < 0:
            # llhttp is shown nothing more until the head is whole.
            self._llhttp = _Waiting(self, self._llhttp)
            self._spent = True
            return
        self._unfolded = True
        self._before = self._informational
        self._headers = []
        self._reason = b""
        self._llhttp = httptools.HttpResponseParser(self)
        self._spent = False
        self._raw = [_FOLD.sub(_spaces, raw[:end]) + raw[end:]]
        try:
            self._llhttp.feed_data(self._raw[0])
        except (httptools.HttpParserUpgrade, httptools.HttpParserError) as error:
            self._stopped(error)

    def _last_head(self) -> bytes:
        """Return what was read, from where the last head begins."""
        raw = b"".join(self._raw).lstrip(b"\r\n")
        for _ in range(self._informational - self._before):
            raw = raw.partition(b"\r\n\r\n")[2].lstrip(b"\r\n")
        return raw

    def _check_unfinished(self) -> None:
        """Check what came of a response that is not complete."""
        limits = self.limits
        if self._head is None:
            if self._fed > limits.header_size:
                self._refuse(RemoteProtocolError("The response's head is too large."))
        elif self._chunks or (self._head.length is None and not self._head.until_close):
            fair = self._chunks * _FAIR_PER_CHUNK + _FAIR_PER_OCTET * self._body_size
            if self._fed - self._body_size > fair + limits.chunk_overhead + limits.header_size:
                self._refuse(RemoteProtocolError("The chunks' framing is out of proportion."))

    # Called by httptools

    def on_message_begin(self) -> None:
        """Note that a response begins."""
        if self._done:
            self.excess = True

    def on_status(self, reason: bytes) -> None:
        """Take a piece of the reason phrase."""
        if not self._done:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head or the trailers."""
        if self._done:
            return
        if value and value[-1] in b" \t":
            value = value.rstrip(b" \t")
        if self._head is None:
            self._headers.append((name, value))
            return
        if name.lower() in _NEVER_IN_TRAILERS:
            raise RemoteProtocolError(f"A trailer may not hold {name.decode('latin-1')}.")
        self._trailers.append((name, value))
        self._check_fields(self._trailers)

    def _check_fields(self, fields: list[tuple[bytes, bytes]]) -> None:
        limits = self.limits
        if len(fields) > limits.header_count:
            raise RemoteProtocolError("The response has too many fields.")
        if self._fed > limits.header_size:
            size = sum([len(name) + len(value) for name, value in fields])
            if size > limits.header_size:
                raise RemoteProtocolError("The response's fields are too large.")

    def on_headers_complete(self) -> None:
        """Check and announce a head."""
        if self._done:
            return
        llhttp = self._llhttp
        headers = self._headers
        self._check_fields(headers)
        code: int = llhttp.get_status_code()
        version = _VERSIONS.get(llhttp.get_http_version(), 0)
        if not version:
            raise RemoteProtocolError(f"HTTP/{llhttp.get_http_version()} is not spoken here.")
        if code < 100:
            raise RemoteProtocolError("A status code is 100 at least.")
        if code < 200 and code != 101:
            self._informational += 1
            if self._informational > self.limits.informational:
                raise RemoteProtocolError("There are too many informational responses.")
            self.events.append(ResponseHead(version, code, self._reason, headers, True, 0, False, False))
            self._headers = []
            self._reason = b""
            return
        keep_alive: bool = llhttp.should_keep_alive()
        length, until_close = body_length(headers)
        method = self._method
        upgrade = code == 101 or (method == b"CONNECT" and code < 300)
        if upgrade:
            length, until_close = 0, False
        elif code in (204, 304) or method == b"HEAD":
            length, until_close = 0, False
            if method == b"HEAD":
                keep_alive = persists(version, headers)
        elif until_close:
            keep_alive = False
        if length and self.limits.body_size is not None and length > self.limits.body_size:
            raise RemoteProtocolError("The response's body is too large.")
        self._head = ResponseHead(
            version, code, self._reason, headers, keep_alive, length, until_close, upgrade
        )
        self.events.append(self._head)
        if upgrade:
            raise _Enough
        if method == b"HEAD":
            # llhttp does not know, and would wait for a body.
            self._done = True
            self._spent = True

    def on_chunk_header(self) -> None:
        """Count a chunk."""
        self._chunks += 1

    def on_body(self, data: bytes) -> None:
        """Take a piece of a body."""
        if self._done:
            self.excess = True
            return
        self._body_size += len(data)
        limit = self.limits.body_size
        if limit is not None and self._body_size > limit:
            raise RemoteProtocolError("The response's body is too large.")
        self._pieces.append(data)

    def on_message_complete(self) -> None:
        """End a response."""
        if self._head is not None:
            self._done = True


class _Waiting:
    """Stands for llhttp while a folded head is not whole."""

    def __init__(self, parser: ResponseParser, llhttp: Any) -> None:
        self._parser = parser
        # What is known of the status line.
        self.get_http_version = llhttp.get_http_version
        self.get_status_code = llhttp.get_status_code

    def feed_data(self, data: bytes) -> None:
        """Look whether the head is whole by now."""
        self._parser._retry_unfolded(self._parser._last_head())


def _spaces(fold: re.Match[bytes]) -> bytes:
    return b" " * len(fold[1])


_PLAIN_END = EndOfMessage()
