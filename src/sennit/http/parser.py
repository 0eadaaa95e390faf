"""Octets to request events: RFC 9112 by llhttp (through httptools), with every rule that llhttp leaves open.

llhttp refuses bare CR and LF, NUL and controls in fields, folded lines, repeated or signed Content-Length, a
Content-Length beside a Transfer-Encoding, and malformed chunks.  Added here: one Host in HTTP/1.1 and a sane
one, only ``chunked`` as transfer coding, framing fields kept out of trailers, limits on everything that
grows, no request after one that closes, and bodies of requests that offer an upgrade (llhttp would skip
those, and a body read as a request is a smuggled request).

httptools calls back for each item and cannot be stopped inside a read, so events queue up, at most those of
`SLICE` octets; `receive_data` is given more only when they are consumed.  The first error is kept, and all
input after it thrown away.

A body whose length is known has nothing to be parsed: what follows the read that its head came in passes
llhttp by, uncopied, and a fresh llhttp reads the next request.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import httptools

from sennit.http.codes import (
    EXPECTATION_FAILED,
    HTTP_VERSION_NOT_SUPPORTED,
    NOT_IMPLEMENTED,
    REQUEST_ENTITY_TOO_LARGE,
    REQUEST_HEADER_FIELDS_TOO_LARGE,
    REQUEST_URI_TOO_LONG,
)
from sennit.http.errors import RemoteProtocolError
from sennit.http.events import BodyData, EndOfMessage, Event, RequestHead
from sennit.http.headers import TOKEN
from sennit.http.limits import DEFAULT_LIMITS, Limits

__all__ = ["SLICE", "RequestParser"]

SLICE = 65536
"""How much to hand to `RequestParser.receive_data` at once."""

_MAX_METHOD = 32
_MAX_PREFIX = 64
_FAIR_PER_CHUNK = 16
_FAIR_PER_OCTET = 2
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]*)?")
_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"host", b"connection"))
_SPECIAL = frozenset((b"content-length", b"transfer-encoding", b"expect", b"connection", b"proxy-connection"))
_PLAIN, _HOSTLY, _WEIGHTY = range(3)
_SPACE = ord(" ")
_KINDS = 1024
_KIND_LENGTH = 64
_kinds: dict[bytes, int] = {}
_new_head = RequestHead.__new__
_NO_HEAD = RequestHead(b"", b"", 1, [], keep_alive=True, length=0, expects_continue=False, upgrade=False)
_STATUS_OF_REASON = {
    "Invalid HTTP version": HTTP_VERSION_NOT_SUPPORTED,
    "Invalid method for HTTP/x.x request": NOT_IMPLEMENTED,
    "Request has invalid `Transfer-Encoding`": NOT_IMPLEMENTED,
    "Content-Length overflow": REQUEST_ENTITY_TOO_LARGE,
    "Chunk size overflow": REQUEST_ENTITY_TOO_LARGE,
}


def _kind_of(name: bytes) -> int:
    """Tell which fields need more than being handed on."""
    lower = name.lower()
    kind = _HOSTLY if lower == b"host" else _WEIGHTY if lower in _SPECIAL else _PLAIN
    # Bounded, because peers choose names; clients spell the usual ones in two ways.
    if len(_kinds) < _KINDS and len(name) <= _KIND_LENGTH:
        _kinds[name] = kind
    return kind


class RequestParser:
    """Reads the requests of one connection.

    Args:
        limits: What one client may take up.

    Attributes:
        events: What was received and not yet taken, oldest first.
        error: Why reading has stopped, None while it has not.
        paused: Whether a request that offers an upgrade waits for `resume`.
        target: The target of a request that has not been received whole.
        prefix: What has come of a request's method, if that is all.
        body_left: How many octets are still to come of a body whose length is known.
    """

    __slots__ = (
        "_body_size",
        "_chunks",
        "_closed",
        "_closes",
        "_fed",
        "_fresh",
        "_good_host",
        "_head",
        "_headers",
        "_last",
        "_llhttp",
        "_messages",
        "_method",
        "_pieces",
        "_priming",
        "_rest",
        "_skips",
        "_trailers",
        "body_left",
        "error",
        "events",
        "limits",
        "paused",
        "prefix",
        "target",
    )

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.events: deque[Event] = deque()
        self.error: RemoteProtocolError | None = None
        self.paused = False
        self._llhttp: Any = httptools.HttpRequestParser(self)
        self._closed = False
        self._closes = False
        self._priming = False
        self._good_host = b""
        self.prefix = b""
        self._rest = b""
        self._method: bytes | None = None
        self._messages = 0
        self._last = _NO_HEAD
        self._fresh = True
        self._skips = False
        self._pieces: list[bytes] = []
        self._trailers: list[tuple[bytes, bytes]] = []
        self._body_size = 0
        self._chunks = 0
        self.target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head: RequestHead | None = None
        self._fed = 0
        self.body_left = 0

    @property
    def receiving_head(self) -> bool:
        """Whether a head has begun and is not complete."""
        return self._head is None and bool(self.target or self.prefix)

    @property
    def receiving_body(self) -> bool:
        """Whether a head is complete and its body is not."""
        return self._head is not None

    def next_event(self) -> Event | None:
        """Return the oldest event, None if more data is needed.

        Raises:
            RemoteProtocolError: If reading has stopped and all events before that are taken.
        """
        if self.events:
            return self.events.popleft()
        if self.error is not None:
            raise self.error
        return None

    def receive_data(self, data: bytes | memoryview) -> None:
        """Read some octets, of which no more than `SLICE` may follow the body being received.

        Anything wrong with them is in `error` afterwards, and is raised by `next_event` in its turn.
        """
        if self._closed:
            return
        if self.paused:
            self._rest += data
            return
        if self.body_left:
            self._take_body(data)
            return
        if self.prefix:
            data = self.prefix + data
            self.prefix = b""
        began = self._messages
        head = self._head
        target = self.target
        if head is None and not target:
            fresh = self._fresh
            self._fed = len(data)
        else:
            fresh = False
            self._fed += len(data)
        try:
            self._llhttp.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError) as error:
            self._stopped(error, bytes(data), fresh=fresh and self._messages == began)
            return
        if self.target or self._head is not None:
            if self._messages == began and self._head is head:
                self._check_unfinished(line_ends=data[-1:] == b"\n")
            else:
                # How much of this read belongs to the message is not known; it is little.
                self._fed = 0
                if self._pieces:
                    self._flush()
            self._pass_by()
        elif self._messages != began:
            if not self._closed:
                self._fresh = data[-1] == 10 or (
                    fresh and self._ends_message(bytes(data), self._messages - began)
                )
        elif fresh:
            self._keep_prefix(bytes(data))

    def _pass_by(self) -> None:
        """Let what is still to come of a body whose length is known not go through llhttp."""
        head = self._head
        if head is not None and head.length is not None:
            self.body_left = head.length - self._body_size

    def _take_body(self, data: bytes | memoryview) -> None:
        """Take octets of a body whose length is known, and what follows it."""
        left = self.body_left
        if len(data) < left:
            self.body_left = left - len(data)
            self.events.append(BodyData(bytes(data)))
            return
        self.events.append(BodyData(bytes(data[:left])))
        self.body_left = 0
        self._llhttp = httptools.HttpRequestParser(self)
        self._fresh = True
        self.on_message_complete()
        if len(data) > left and not self._closed:
            self.receive_data(data[left:])

    def _stopped(self, error: Exception, data: bytes, *, fresh: bool) -> None:
        """Handle llhttp's stopping, whether `data` began a message or not."""
        if isinstance(error, httptools.HttpParserUpgrade):
            self._switch(data[error.args[0] :])
        elif not isinstance(error, httptools.HttpParserInvalidMethodError):
            self._fail(error)
        elif not fresh:
            self._refuse(RemoteProtocolError("That method is not known here.", NOT_IMPLEMENTED))
        elif not self._other_method(data):
            self._fail(error)

    def _ends_message(self, data: bytes, messages: int) -> bool:
        """Tell whether the message that began `data` ends with it; only then is llhttp surely at a start."""
        return messages == 1 and data.find(b"\r\n\r\n") + 4 + (self._last.length or 0) == len(data)

    def receive_eof(self) -> None:
        """Note that nothing will follow; an unfinished request is an error."""
        if not self._closed and (self.receiving_head or self.receiving_body):
            self._refuse(RemoteProtocolError("The connection ended inside a request."))
        self._closed = True

    def resume(self) -> None:
        """Go on after a request whose offer to change protocols was not taken."""
        if self.paused:
            self.paused = False
            rest, self._rest = self._rest, b""
            if rest:
                self.receive_data(rest)

    def take_rest(self) -> bytes:
        """Return what was received after a request that changes protocols, and read no more."""
        self._closed = True
        rest, self._rest = self._rest, b""
        return rest

    def _refuse(self, error: RemoteProtocolError) -> None:
        self.error = error
        self._closed = True
        self._head = None
        self.target = self.prefix = b""

    def _fail(self, error: Exception) -> None:
        if self._closed:
            # llhttp complains of data after a message that closes; it is not ours to read.
            return
        cause = error.__context__
        if isinstance(cause, RemoteProtocolError):
            self._refuse(cause)
        else:
            reason = str(error)
            self._refuse(RemoteProtocolError(f"{reason}.", _STATUS_OF_REASON.get(reason)))

    def _check_unfinished(self, *, line_ends: bool) -> None:
        """Hold a message that spans reads to its limits, counting what llhttp has not handed over yet."""
        head = self._head
        limits = self.limits
        if head is None:
            if line_ends and self._llhttp.get_http_version() == "0.0":
                # In HTTP/0.9 the line is all of the request: nothing else would come.
                self._refuse(RemoteProtocolError("HTTP/0.9 is not spoken here."))
            elif (
                self._fed > limits.request_line + limits.header_size
                or len(self._headers) > limits.header_count
            ):
                self._refuse(RemoteProtocolError("The head is too large.", REQUEST_HEADER_FIELDS_TOO_LARGE))
            return
        if self._pieces:
            self._flush()
        if head.length is None:
            fair = _FAIR_PER_CHUNK * self._chunks + _FAIR_PER_OCTET * self._body_size
            if self._fed - self._body_size > fair + limits.chunk_overhead:
                self._refuse(RemoteProtocolError("The chunks' framing is out of proportion."))

    def _flush(self) -> None:
        pieces = self._pieces
        self.events.append(BodyData(pieces[0] if len(pieces) == 1 else b"".join(pieces)))
        self._pieces = []

    def _keep_prefix(self, data: bytes) -> None:
        """Remember a method that has not arrived whole: llhttp forgets it when it does not know it."""
        data = data.lstrip(b"\r\n")
        if len(data) > _MAX_PREFIX:
            self._refuse(RemoteProtocolError("The request line is malformed."))
        elif data:
            self.prefix = data
            self._llhttp = httptools.HttpRequestParser(self)

    def _other_method(self, data: bytes) -> bool:
        """Read on under a method that llhttp does not know, by showing it one that it treats alike."""
        data = data.lstrip(b"\r\n")
        method, space, rest = data.partition(b" ")
        if not 0 < len(method) <= _MAX_METHOD or method.translate(None, TOKEN):
            return False
        self._llhttp = httptools.HttpRequestParser(self)
        if not space:
            self.prefix = data
            return True
        self._method = method
        self.receive_data(b"PUT " + rest)
        return True

    def _switch(self, rest: bytes) -> None:
        """Handle the end of a head that offers an upgrade."""
        head = self._head
        if head is None:
            self.paused = True
            self._rest = rest
            return
        # llhttp takes the body for the new protocol's. A fresh parser is shown the framing alone and reads
        # it.
        self._llhttp = httptools.HttpRequestParser(self)
        if head.length is None:
            target = self.target
            self._priming = True
            self._llhttp.feed_data(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            self._priming = False
            self.target = target
        else:
            self._pass_by()
        if rest:
            self.receive_data(rest)

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request target (called by httptools)."""
        self.target = self.target + url if self.target else url
        if len(self.target) > self.limits.request_line:
            raise RemoteProtocolError("The request target is too long.", REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head or the trailers (called by httptools)."""
        if value and value[-1] <= _SPACE:
            # llhttp leaves it on.
            value = value.rstrip(b" \t")
        if self._head is None:
            self._headers.append((name, value))
            return
        if self._priming:
            return
        if name.lower() in _FRAMING:
            raise RemoteProtocolError(f"A trailer may not hold {name.decode()}.")
        self._trailers.append((name, value))
        self._check_size(self._trailers)

    def _check_size(self, fields: list[tuple[bytes, bytes]]) -> None:
        limits = self.limits
        if len(fields) > limits.header_count:
            raise RemoteProtocolError("There are too many fields.", REQUEST_HEADER_FIELDS_TOO_LARGE)
        # What was read is a bound of what is in it.
        if self._fed > limits.header_size:
            size = sum([len(name) + len(value) for name, value in fields])
            if size > limits.header_size:
                raise RemoteProtocolError("The fields are too large.", REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """Check and announce a head (called by httptools)."""
        if self._priming:
            return
        llhttp = self._llhttp
        headers = self._headers
        keep_alive: bool = llhttp.should_keep_alive()
        # Without a Connection field, only HTTP/1.1 is kept alive.
        version = 1 if keep_alive else -1
        special: list[tuple[bytes, bytes]] | None = None
        hosts = 0
        known = _kinds.get
        for name, value in headers:
            kind = known(name)
            if kind is None:
                kind = _kind_of(name)
            if not kind:
                continue
            if kind == _HOSTLY:
                hosts += 1
                if value != self._good_host:
                    if _HOST.fullmatch(value) is None:
                        raise RemoteProtocolError("The Host field is malformed.")
                    self._good_host = value
            else:
                if special is None:
                    special = []
                special.append((name.lower(), value))
                version = -1
        limits = self.limits
        if len(headers) > limits.header_count or self._fed > limits.header_size:
            self._check_size(headers)
        if version < 0:
            version = self._version()
        if hosts != 1 and (version or hosts):
            raise RemoteProtocolError("A request has exactly one Host field.")
        length: int | None = 0
        expects = False
        if special is not None:
            length, expects = self._framing(special, version)
        method = self._method
        if method is None:
            method = llhttp.get_method()
        else:
            self._method = None
        skips = llhttp.should_upgrade()
        # As by calling the class, in half the time.
        head = _new_head(RequestHead)
        head.method = method
        head.target = self.target
        head.version = version
        head.headers = headers
        head.keep_alive = keep_alive
        head.length = length
        head.expects_continue = expects
        head.upgrade = skips and length == 0
        self.events.append(head)
        self._last = head
        if not keep_alive:
            self._closes = True
        if length != 0:
            self._head = head
            self._skips = skips
            self._pieces = []
            self._trailers = []
            self._body_size = 0
            self._chunks = 0
            self._fed = 0

    def _version(self) -> int:
        """Return the minor version of a head."""
        version = self._llhttp.get_http_version()
        if version == "1.1":
            return 1
        if version == "1.0":
            return 0
        status = None if version == "0.9" else HTTP_VERSION_NOT_SUPPORTED
        raise RemoteProtocolError(f"HTTP/{version} is not spoken here.", status)

    def _framing(self, special: list[tuple[bytes, bytes]], version: int) -> tuple[int | None, bool]:
        """Return the body's length, and whether the client waits for ``100 Continue``."""
        length: int | None = 0
        expects = False
        for name, value in special:
            if name == b"content-length":
                length = self._content_length(value)
            elif name == b"transfer-encoding":
                if not version:
                    raise RemoteProtocolError("HTTP/1.0 has no Transfer-Encoding.")
                if value.lower() != b"chunked" or length is None:
                    raise RemoteProtocolError("The only transfer coding known is chunked.", NOT_IMPLEMENTED)
                length = None
            elif name == b"expect":
                if value.lower() != b"100-continue":
                    raise RemoteProtocolError("That expectation cannot be met.", EXPECTATION_FAILED)
                expects = version == 1
        return length, expects

    def _content_length(self, value: bytes) -> int:
        # llhttp has seen to it that these are digits that fit 64 bits.
        length = int(value)
        if self.limits.body_size is not None and length > self.limits.body_size:
            raise RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE)
        return length

    def on_chunk_header(self) -> None:
        """Count a chunk (called by httptools)."""
        self._chunks += 1

    def on_body(self, data: bytes) -> None:
        """Take a piece of a body (called by httptools)."""
        self._body_size += len(data)
        limit = self.limits.body_size
        if limit is not None and self._body_size > limit:
            raise RemoteProtocolError("The body is too large.", REQUEST_ENTITY_TOO_LARGE)
        self._pieces.append(data)

    def on_message_complete(self) -> None:
        """End a message (called by httptools)."""
        head = self._head
        if head is None:
            # The head itself was all of it.
            if self._closes:
                self._closed = True
        elif self._skips:
            # Not the end: llhttp leaves the body to whoever takes the upgrade.
            self._skips = False
            return
        else:
            if self._pieces:
                self._flush()
            self.events.append(EndOfMessage(tuple(self._trailers)))
            if not head.keep_alive:
                self._closed = True
            self._head = None
        self._messages += 1
        self.target = b""
        self._headers = []
        self._fed = 0
