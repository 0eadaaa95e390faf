"""`Request`: one request and the response to it, by Twisted's ``twisted.web.http`` names.

A request speaks to its channel in `HTTPChannel`'s public methods only, so that a stream of another HTTP
version can stand in.  What few requests need (header maps, arguments, cookies, the body's file) is made when
asked for.  A response's head goes out with the first piece of its body, in one write.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from time import time
from typing import IO, Any, AnyStr

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http.body import RequestBody
from sennit.http.cookies import format_set_cookie
from sennit.http.dates import format_date, parse_date
from sennit.http.errors import LocalProtocolError
from sennit.http.headers import Headers, clean_value, put_field
from sennit.http.lazily import noted, seldom, unusual
from sennit.http.received import ReceivedRequest
from sennit.http.serializer import (
    LAST_CHUNK,
    NOT_AS_SET,
    Openings,
    known_lines,
    last_chunk,
    ready_line,
)
from sennit.log import Logger

__all__ = ["CACHED", "Request"]

CACHED = "The client has this already: the answer is 304 or 412, without a body."
"""What `Request.setETag` and `Request.setLastModified` return when nothing need be sent."""

_log = Logger()
_CHANGING = frozenset((b"POST", b"PUT", b"PATCH", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE"))
"""Methods for which dates do not count (RFC 9110 section 13.1.3)."""


@implementer(IConsumer)
class Request(ReceivedRequest):
    """A request being answered.

    Override `process`; it is called when the request has been received whole.

    Args:
        channel: The connection (or stream) to answer on.
        queued: Whether the request's turn is still to come (`noLongerQueued`); a channel makes none before.
        parsePOSTFormSubmission: Whether form bodies are read into `args`.

    Attributes:
        responseHeaders: The response's fields.
        cookies: Set-Cookie values to be sent.
        code: The response's status code.
        code_message: Its reason phrase.
        defaultContentType: The media type of bodies that name none; None for no such header.
        sentLength: Octets of body written so far.
        responseTrailers: Fields to send after the body, where the protocol has room for them: in chunked
            responses and under HTTP/2 (RFC 9110 section 6.5).
    """

    code = codes.OK
    code_message: bytes | None = codes.RESPONSES[codes.OK]
    producer = seldom[Any](None)
    streamingProducer = False
    defaultContentType: bytes | None = None
    finished = 0
    startedWriting = 0
    chunked = 0
    sentLength = 0
    etag = seldom[bytes | None](None)
    lastModified = seldom[int | None](None)
    responseTrailers: Headers | None = None

    _disconnected = seldom(default=False)
    _bodiless = False
    _remaining: int | None = None
    """Octets that a declared Content-Length still wants; None if there is none."""
    _lines: dict[bytes, bytes]
    """The response's fields as they go on the wire, by canonical name, a line for each value.

    Once there are `_headers`, those count.
    """
    _headers: Headers | None = None
    """`responseHeaders`; None until a program looks."""
    _fields: dict[bytes, list[bytes]] | None = None
    """The fields that were sent, those of `_openings` left out, if it was not `_lines` or `_headers`."""
    _openings: Openings | None = None
    """What responses begin with."""
    _encoder = seldom[Any](None)
    """What codes the body (`_IRequestEncoder`)."""
    _length: int | None = None
    """The Content-Length to declare, if none is among the fields."""

    def __init__(self, channel: Any, queued: object = 0, parsePOSTFormSubmission: bool = True) -> None:
        self.channel = self._connection = channel
        # What every request asks of itself: an attribute of the class is ten times as far.
        self._lines = {}
        self._headers = self._length = self._remaining = None
        self.finished = self.startedWriting = self.chunked = 0
        self._noted = self._unusual = False
        if queued:
            self.queued = 1
            self._unusual = True
        if not parsePOSTFormSubmission:
            self._parse_forms = False

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} at {id(self):#x} method={self.method.decode('latin-1')} "
            f"uri={self.uri.decode('latin-1')} clientproto={self.clientproto.decode('latin-1')}>"
        )

    @property
    def responseHeaders(self) -> Headers:
        """The response's fields."""
        headers = self._headers
        if headers is None:
            fields = {} if self._openings is None else self._openings.fields(time())
            fields.update(self._set_fields() if self._fields is None else self._fields)
            if self._length is not None:
                fields.setdefault(b"Content-Length", [b"%d" % self._length])
                self._length = None
            headers = self._headers = Headers.around(fields)
        return headers

    @responseHeaders.setter
    def responseHeaders(self, headers: Headers) -> None:
        self._headers = headers
        self._length = None

    def _set_fields(self) -> dict[bytes, list[bytes]]:
        """Return the fields that were set."""
        fields = {}
        for name, lines in self._lines.items():
            value = len(name) + 2
            fields[name] = [line[value:] for line in lines[:-2].split(b"\r\n")]
        return fields

    def _has_field(self, name: bytes) -> bool:
        """Tell whether a field was set, by its canonical name."""
        return name in (self._lines if self._headers is None else self._headers._fields)

    def set_lines(self, lines: dict[bytes, bytes]) -> None:
        """Set all of the response's fields.

        Args:
            lines: By canonical name, the lines that `sennit.http.serializer.ready_line` gave.
        """
        self._lines = lines
        self._headers = self._fields = None
        if not NOT_AS_SET.isdisjoint(lines):
            # From here on they are looked at as a whole.
            self.responseHeaders  # noqa: B018 (it is made by being asked for)

    @unusual
    def cookies(self) -> list[bytes]:
        """Set-Cookie values to be sent."""
        return []

    @noted
    def notifications(self) -> list[Deferred[None]]:
        """Who waits for the end of this request."""
        return []

    # What we say

    def setHeader(self, name: AnyStr, value: AnyStr) -> None:
        """Set a response field, in place of others of its name."""
        if self._headers is None:
            canonical, line = known_lines.get((name, value)) or ready_line(name, value)
            if canonical not in NOT_AS_SET:
                self._lines[canonical] = line
                return
        put_field(self.responseHeaders._fields, name, value)

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Set the status code.

        Args:
            code: Three digits.
            message: The reason phrase; the usual one if None.

        Raises:
            TypeError: If code is not an int or message is neither bytes nor None.
        """
        if not isinstance(code, int):
            raise TypeError(f"A status code is an int, not {code!r}.")
        if message is not None and not isinstance(message, bytes):
            raise TypeError(f"A reason phrase is bytes, not {message!r}.")
        self.code = code
        self.code_message = message or codes.RESPONSES.get(code, b"Unknown Status")

    def setLastModified(self, when: float) -> str | None:
        """Say when the resource last changed, and compare with what the client has.

        Args:
            when: Seconds since the epoch; of several, the latest counts.

        Returns:
            `CACHED` if a 304 without body is to be sent; else None.
        """
        seconds = math.ceil(when)
        if self.lastModified is None or self.lastModified < seconds:
            self.lastModified = seconds
        # Where there is a list of tags, dates do not count (RFC 9110 section 13.1.3).
        since = self.getHeader(b"if-modified-since")
        if since is None or self.getHeader(b"if-none-match") is not None:
            return None
        known = parse_date(since)
        if known is not None and known >= self.lastModified and self.method not in _CHANGING:
            self.setResponseCode(codes.NOT_MODIFIED)
            return CACHED
        return None

    def setETag(self, etag: bytes) -> str | None:
        """Set the entity tag, and compare with those the client has.

        Args:
            etag: The tag, quotes included.

        Returns:
            `CACHED` if a 304 (or, when the method is neither GET nor HEAD, a 412) without body is to be sent;
            else None.
        """
        if etag:
            self.etag = etag
        tags = self.getHeader(b"if-none-match")
        if tags is None:
            return None
        from sennit.http.conditional import etag_matches

        if not etag_matches(etag, tags, weak=True):
            return None
        reads = self.method in (b"GET", b"HEAD")
        self.setResponseCode(codes.NOT_MODIFIED if reads else codes.PRECONDITION_FAILED)
        return CACHED

    def redirect(self, url: bytes) -> None:
        """Send the client elsewhere, with a 302.

        Args:
            url: Where; a reference relative to this request's will do.
        """
        self.setResponseCode(codes.FOUND)
        self.setHeader(b"location", url)

    def addCookie(
        self,
        k: bytes | str,
        v: bytes | str,
        expires: bytes | str | None = None,
        domain: bytes | str | None = None,
        path: bytes | str | None = None,
        max_age: bytes | str | None = None,
        comment: bytes | str | None = None,
        secure: bool | None = None,
        httpOnly: bool = False,
        sameSite: bytes | str | None = None,
    ) -> None:
        """Set a cookie at the client (RFC 6265).

        Args:
            k: Its name.
            v: Its value.
            expires: When it ends, an HTTP date.
            domain: The hosts that get it.
            path: The paths that get it.
            max_age: How long it lives, in seconds.
            comment: A remark.
            secure: Whether only TLS connections get it.
            httpOnly: Whether scripts may not see it.
            sameSite: ``lax``, ``strict`` or ``none``.

        Raises:
            ValueError: If sameSite is none of the three.
        """
        self.cookies.append(
            format_set_cookie(
                k,
                v,
                expires=expires,
                domain=domain,
                path=path,
                max_age=max_age,
                comment=comment,
                secure=bool(secure),
                http_only=httpOnly,
                same_site=sameSite,
            )
        )

    # Sending

    def write(self, data: bytes) -> None:
        """Send a piece of the body; the first goes with the head.

        Raises:
            RuntimeError: If the response is already finished.
            TypeError: If data is not bytes.
            LocalProtocolError: If the head holds what may not go on the wire.
        """
        if type(data) is not bytes:
            if not isinstance(data, bytes | bytearray | memoryview):
                raise TypeError(f"Request.write takes bytes, not {data!r}.")
            data = bytes(data)
        if self._unusual:
            if self._disconnected and not self.finished:
                return
            if self._encoder is not None and self.method != b"HEAD":
                data = self._encoder.encode(data)
        if not self.startedWriting:
            self._start(data)
        elif self.finished:
            raise RuntimeError("Request.write was called after Request.finish: write first, then finish.")
        elif data and not self._bodiless:
            if self._remaining is not None:
                data = self._within_length(data)
            self.sentLength += len(data)
            if self.chunked:
                self.channel.write(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                self.channel.write(data)

    def write_file(self, file: IO[bytes], offset: int, count: int) -> int:
        """Send octets of a file as a piece of the body without reading them, if that can be done now.

        Args:
            file: The open file, one of the system's.
            offset: Where to begin.
            count: How many octets at the most.

        Returns:
            How many were sent.  Where it is 0, for want of room or of a body's beginning, or because the body
            is encoded, chunked, or under TLS, read the file and `write`.
        """
        remaining = self._remaining
        if remaining is None or not self.startedWriting or self.finished or self._bodiless or self.chunked:
            return 0
        if self._unusual and (self._disconnected or self._encoder is not None):
            return 0
        send = getattr(self.channel, "send_file", None)
        if send is None:
            return 0
        sent: int = send(file, offset, min(count, remaining))
        self._remaining = remaining - sent
        self.sentLength += sent
        return sent

    def _start(self, data: bytes) -> None:
        """Send the head, and with it the first piece of the body."""
        size = len(data)
        lines = self._lines
        if (
            size == self._length
            and self.code == codes.OK
            and self.method != b"HEAD"
            and self._headers is None
            and not self._unusual
            and b"Content-Length" not in lines
        ):
            try:
                write_whole = self.channel.write_whole
            except AttributeError:
                pass
            else:
                if size and b"Content-Type" not in lines and self.defaultContentType is not None:
                    self.setHeader(b"content-type", self.defaultContentType)
                write_whole(self.clientproto, self.code_message, lines, data, self._openings)
                self.sentLength = size
                self.startedWriting = 1
                return
        self._start_unusual(data)

    def _start_unusual(self, data: bytes) -> None:
        code = self.code
        version = self.clientproto
        channel = self.channel
        try:
            respond = channel.write_response
        except AttributeError:
            # A stand-in that has Twisted's methods only.
            respond = None
        if respond is None:
            # It has nothing of `_openings`.
            fields = self.responseHeaders._fields
        elif self._headers is None:
            fields = self._fields = self._set_fields()
        else:
            fields = self._headers._fields
        if self._unusual or b"Transfer-Encoding" in fields:
            self._finish_fields(fields)
        framing = b""
        if b"Content-Length" in fields:
            length = _declared_length(fields[b"Content-Length"])
        else:
            length = self._length
            if length is not None:
                framing = b"Content-Length: %d\r\n" % length
        bodiless = code in codes.NO_BODY_CODES or code < 200
        if bodiless:
            fields.pop(b"Content-Type", None)
            if code != codes.NOT_MODIFIED:
                # RFC 9110 section 8.6.
                fields.pop(b"Content-Length", None)
                framing = b""
        elif b"Content-Type" not in fields and length != 0 and self.defaultContentType is not None:
            fields[b"Content-Type"] = [clean_value(self.defaultContentType)]
        size = len(data)
        delimited = True
        if bodiless or self.method == b"HEAD":
            self._bodiless = True
            data = b""
            size = 0
        elif length is not None:
            if size > length:
                self._remaining = length
                data = self._within_length(data)
                size = length
            else:
                self._remaining = length - size
        elif version == b"HTTP/1.1":
            self.chunked = 1
            framing = b"Transfer-Encoding: chunked\r\n"
            if data:
                data = b"%x\r\n%b\r\n" % (size, data)
        else:
            delimited = False
        self.sentLength = size
        if respond is not None:
            openings = self._openings if self._headers is None else None
            respond(version, code, self.code_message, fields, framing, data, delimited, openings)
        else:
            headers = Headers.from_fields(fields.items())
            if self.chunked:
                headers.setRawHeaders(b"transfer-encoding", [b"chunked"])
            channel.writeHeaders(version, b"%d" % code, self.code_message, headers)
            channel.write(data)
        self.startedWriting = 1

    def _finish_fields(self, fields: dict[bytes, list[bytes]]) -> None:
        """Put in what was not set as a field, and leave transfer coding out."""
        if self.lastModified is not None:
            if b"Last-Modified" in fields:
                _log.warn("Warning: last-modified specified both in header list and lastModified attribute.")
            else:
                fields[b"Last-Modified"] = [format_date(self.lastModified)]
        if self.etag is not None:
            fields[b"ETag"] = [clean_value(self.etag)]
        if "cookies" in self.__dict__:
            cookies = [clean_value(cookie) for cookie in self.cookies]
            if cookies:
                fields[b"Set-Cookie"] = [*fields.get(b"Set-Cookie", ()), *cookies]
        # How the body is delimited is decided in one place alone.
        fields.pop(b"Transfer-Encoding", None)

    def _within_length(self, data: bytes) -> bytes:
        """Return as much of `data` as the declared Content-Length has room for."""
        room = self._remaining or 0
        if len(data) > room:
            report_error(
                Failure(
                    LocalProtocolError(f"{self!r} wrote {len(data) - room} octets past its Content-Length.")
                ),
                "The surplus of a response was cut off:",
            )
            data = data[:room]
        self._remaining = room - len(data)
        return data

    def finish(self) -> None:
        """End the response.

        Raises:
            RuntimeError: If the connection is already lost; `notifyFinish` tells when that happens.
        """
        if self._unusual and self._disconnected:
            raise RuntimeError(
                "Request.finish was called after the connection was lost: watch Request.notifyFinish."
            )
        if self.finished:
            warnings.warn("Request.finish was called twice.", RuntimeWarning, stacklevel=2)
            return
        if self._unusual and self._encoder is not None and self.method != b"HEAD":
            self._finish_encoding()
        if not self.startedWriting:
            if not self._lines and self._headers is None and self._length is None and self.method != b"HEAD":
                self._length = 0
            self.write(b"")
        channel = self.channel
        if self.chunked:
            channel.write(LAST_CHUNK if self.responseTrailers is None else last_chunk(self.responseTrailers))
        elif self._remaining:
            # Only the end of the connection can tell the client that the body is not whole.
            channel.persistent = 0
        self.finished = 1
        try:
            factory = channel.factory
        except AttributeError:
            factory = None
        if factory is not None:
            factory.log(self)
        if self._unusual:
            if self.producer is not None:
                report_error(
                    Failure(RuntimeError(f"{self!r} is finished, and {self.producer!r} still registered.")),
                    "A producer was unregistered:",
                )
                self.unregisterProducer()
            if self.queued:
                return
        self.channel = None
        if self._noted:
            self._let_go(None)
        channel.requestDone(self)

    def noLongerQueued(self) -> None:
        """Take note that the request's turn has come; one that is finished by then lets go of its channel."""
        self.queued = 0
        if self.finished and self.channel is not None:
            channel, self.channel = self.channel, None
            self._let_go(None)
            channel.requestDone(self)

    def _finish_encoding(self) -> None:
        """Send what the encoder still has."""
        encoder = self._encoder
        if not self.startedWriting:
            encoder.encode(b"")
        rest = encoder.finish()
        self._encoder = None
        if rest:
            Request.write(self, rest)

    def notifyFinish(self) -> Deferred[None]:
        """Return a Deferred that fires with None when the response is finished.

        It errbacks with the reason if the connection is lost before that.
        """
        deferred: Deferred[None] = Deferred()
        self.notifications.append(deferred)
        return deferred

    def connectionLost(self, reason: Failure) -> None:
        """Take note that the client is gone."""
        self._disconnected = True
        self.channel = None
        if self._noted:
            self._let_go(reason)

    def _let_go(self, result: Failure | None) -> None:
        """Close the body, and tell those who wait for the end."""
        mine = self.__dict__
        if "content" in mine:
            self.content.close()
        body = mine.get("body")
        if type(body) is RequestBody:
            if result is None:
                body.discard()
            else:
                body.fail(result)
        if "notifications" in mine:
            waiting, self.notifications = self.notifications, []
            for deferred in waiting:
                deferred.callback(result)

    def upgrade(self, fields: Mapping[bytes, Sequence[bytes]], protocol: Any) -> None:
        """Give the connection (under HTTP/2 the stream) to another protocol, as the client asked.

        The answer is 101, or 200 to an extended CONNECT (RFC 8441). This request is finished with it.

        Args:
            fields: The answer's fields.
            protocol: Gets a transport (``makeConnection``), and what the client sends from here.

        Raises:
            LocalProtocolError: If the client did not ask, or the head holds what may not go on the wire.
        """
        channel = self.channel
        head = self._head
        self.code = codes.OK if head is not None and head.protocol is not None else codes.SWITCHING
        self.startedWriting = self.finished = 1
        factory = getattr(channel, "factory", None)
        if factory is not None:
            factory.log(self)
        channel.upgrade(self, fields.items(), protocol)
        self.channel = None
        if self._noted:
            self._let_go(None)

    def loseConnection(self) -> None:
        """Close the connection, whatever is still to be sent of the response."""
        if self.channel is not None:
            self.channel.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have the body made by a producer, as fast as the client takes it.

        Args:
            producer: An IPushProducer if `streaming`, else an IPullProducer.
            streaming: Which of the two.

        Raises:
            ValueError: If there is one already.
        """
        if self.producer is not None:
            raise ValueError(f"{self.producer!r} is still registered: unregister it first.")
        self.streamingProducer = streaming
        self.producer = producer
        self.channel.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """End what `registerProducer` began."""
        if self.producer is not None:
            self.producer = None
            if self.channel is not None:
                self.channel.unregisterProducer()


def _declared_length(values: list[bytes]) -> int | None:
    if not values:
        return None
    if len(values) != 1 or not values[0].isdigit():
        raise LocalProtocolError(f"A response has one Content-Length, and it is a number: {values!r}")
    return int(values[0])
