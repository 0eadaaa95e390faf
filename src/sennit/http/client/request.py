"""`Request`: what a client sends on one connection.

Nothing that a program puts into a request can become a second one (RFC 9112 section 11.2): method and target
are checked when it is made, fields when they are written, and how long the body is says this module alone.
"""

from __future__ import annotations

import re
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import CancelledError, Deferred, maybeDeferred, succeed
from sennit.core.failure import Failure
from sennit.http.client.errors import BadHeaders
from sennit.http.client.interfaces import UNKNOWN_LENGTH, IClientRequest
from sennit.http.client.limits import Timeouts
from sennit.http.client.sending import ChunkedEncoder, LengthEnforcingConsumer, stop
from sennit.http.errors import LocalProtocolError
from sennit.http.headers import Headers
from sennit.http.serializer import field_lines
from sennit.log import Logger

__all__ = ["Request", "check_method", "check_uri"]

_log = Logger(namespace="sennit.http.client")
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_URI = re.compile(rb"[\x21-\x7e]+")
_CLOSE = b"Connection: close\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_BODY_EXPECTED = frozenset((b"POST", b"PUT"))
_KNOWN_METHODS = frozenset(
    (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT")
)


def check_method(method: bytes) -> bytes:
    """Return a method that is a token (RFC 9110 section 9.1).

    Raises:
        TypeError: If it is not bytes.
        ValueError: If it is none.
    """
    if not isinstance(method, bytes):
        raise TypeError(f"A method is bytes, not {method!r}.")
    if method in _KNOWN_METHODS or _METHOD.fullmatch(method):
        return method
    raise ValueError(f"Invalid method {method!r}")


def check_uri(uri: bytes) -> bytes:
    """Return a URI that holds visible ASCII alone (RFC 3986 section 2).

    Raises:
        TypeError: If it is not bytes.
        ValueError: If it holds something else.
    """
    if not isinstance(uri, bytes):
        raise TypeError(f"A URI is bytes, not {uri!r}.")
    if _URI.fullmatch(uri):
        return uri
    raise ValueError(f"Invalid URI {uri!r}")


@implementer(IClientRequest)
class Request:
    """A request.

    Args:
        method: The method.
        uri: The request target (RFC 9112 section 3.2).
        headers: The fields; exactly one of them is Host.
        bodyProducer: The body, an `IBodyProducer`; None for none.
        persistent: Whether the connection is to go on after the response.

    Attributes:
        timeouts: How long the phases of its response may take; None for what its connection says.

    Raises:
        ValueError: If method or target may not go on the wire.
    """

    _parsedURI: Any = None
    timeouts: Timeouts | None = None

    def __init__(
        self, method: bytes, uri: bytes, headers: Headers, bodyProducer: Any, persistent: bool = False
    ) -> None:
        self.method = method if method in _KNOWN_METHODS else check_method(method)
        self.uri = check_uri(uri)
        self.headers = headers
        self.bodyProducer = bodyProducer
        self.persistent = persistent

    @classmethod
    def _construct(
        cls,
        method: bytes,
        uri: bytes,
        headers: Headers,
        bodyProducer: Any,
        persistent: bool = False,
        parsedURI: Any = None,
    ) -> Request:
        """Make a request that knows its absolute URI, an `sennit.http.client.URI`."""
        request = cls(method, uri, headers, bodyProducer, persistent)
        request._parsedURI = parsedURI
        return request

    @property
    def absoluteURI(self) -> bytes | None:
        """The absolute URI asked for, None if it is not known."""
        uri: bytes | None = getattr(self._parsedURI, "toBytes", lambda: None)()
        return uri

    def head(self) -> bytes:
        """Return request line and fields as they go on the wire.

        Raises:
            BadHeaders: If there is not exactly one Host, or the fields contradict the body.
            LocalProtocolError: If a field may not go on the wire.
        """
        fields = self.headers._fields
        hosts = fields.get(b"Host")
        if hosts is None or len(hosts) != 1:
            raise BadHeaders("Exactly one Host header required")
        framing = b"" if self.persistent else _CLOSE
        producer = self.bodyProducer
        length: int | None = 0
        if producer is None:
            if self.method in _BODY_EXPECTED:
                framing += b"Content-Length: 0\r\n"
        elif producer.length == UNKNOWN_LENGTH:
            length = None
            framing += _CHUNKED
        else:
            length = producer.length
            framing += b"Content-Length: %d\r\n" % length
        if b"Content-Length" in fields or b"Transfer-Encoding" in fields:
            fields = self._without_framing(fields, length)
        try:
            method, uri = self.method, self.uri
            if method not in _KNOWN_METHODS or _URI.fullmatch(uri) is None:
                # They may have been changed since they were checked.
                check_method(method)
                check_uri(uri)
            return b"%b %b HTTP/1.1\r\n%b%b\r\n" % (method, uri, framing, field_lines(fields))
        except LocalProtocolError as error:
            raise BadHeaders("A header field holds CR, LF or NUL.") from error

    @staticmethod
    def _without_framing(fields: dict[bytes, list[bytes]], length: int | None) -> dict[bytes, list[bytes]]:
        """Return fields without those that say how long the body is, if they say the same as the body."""
        others = dict(fields)
        lengths = others.pop(b"Content-Length", [])
        codings = others.pop(b"Transfer-Encoding", [])
        if any(value.strip() != b"%d" % length for value in lengths) if length is not None else lengths:
            raise BadHeaders(f"Content-Length is {lengths!r}, and the body's length is {length!r}.")
        if codings and (length is not None or [value.lower() for value in codings] != [b"chunked"]):
            raise BadHeaders(f"Transfer-Encoding {codings!r} does not fit the body: leave it to the agent.")
        return others

    def writeTo(self, transport: Any) -> Deferred[None]:
        """Send it.

        Args:
            transport: Where to; the body producer follows its pace.

        Returns:
            A Deferred that fires when all is written, or fails as the body producer does.

        Raises:
            BadHeaders: If the fields may not go on the wire.
        """
        head = self.head()
        producer = self.bodyProducer
        if producer is None:
            transport.write(head)
            return succeed(None)
        transport.write(head)
        if producer.length == UNKNOWN_LENGTH:
            return self._write_chunked(transport)
        return self._write_counted(transport)

    def _write_chunked(self, transport: Any) -> Deferred[None]:
        encoder = ChunkedEncoder(transport)
        encoder.registerProducer(self.bodyProducer, True)
        written: Deferred[Any] = maybeDeferred(self.bodyProducer.startProducing, encoder)

        def done(_: Any) -> None:
            encoder.unregisterProducer()

        def failed(reason: Failure) -> Failure:
            # Without the last chunk, so that the server cannot take the body for a whole one.
            encoder._allowNoMoreWrites()
            transport.unregisterProducer()
            return reason

        written.addCallbacks(done, failed)
        return written

    def _write_counted(self, transport: Any) -> Deferred[None]:
        # The outcome is the producer's or the consumer's, whichever comes first.
        finished: Deferred[Any] = Deferred(lambda _: produced.cancel())
        consumer = LengthEnforcingConsumer(self.bodyProducer, transport, finished)
        transport.registerProducer(self.bodyProducer, True)
        produced: Deferred[Any] = maybeDeferred(self.bodyProducer.startProducing, consumer)

        def done(_: Any) -> None:
            if finished.called:
                return
            try:
                consumer.end()
            except Exception:
                finished.errback(Failure())
            else:
                finished.callback(None)

        def failed(reason: Failure) -> None:
            if finished.called:
                if not reason.check(CancelledError):
                    _log.failure("Buggy body producer: it failed when its request had", reason)
                return
            consumer._length = None
            finished.errback(reason)

        produced.addCallbacks(done, failed)

        def release(result: Any) -> Any:
            transport.unregisterProducer()
            return result

        return finished.addBoth(release)

    def stopWriting(self) -> None:
        """Stop the body producer: nobody takes its body any more."""
        stop(self.bodyProducer)
