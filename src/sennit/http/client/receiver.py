"""`HTTPClientParser`: one response on its way in, from the parser's events to a `Response` and its body.

It says what of a head a program gets to see: fields about the connection are the connection's, not the
response's.  Reading stops when a read leaves a body unfinished that nobody listens to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.http.client.errors import (
    BadFraming,
    BadResponseVersion,
    DataLoss,
    ParseError,
    PotentialDataLoss,
    ResponseFailed,
    ResponseNeverReceived,
)
from sennit.http.client.events import BodyData, EndOfMessage, ResponseHead
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.client.parser import ResponseParser
from sennit.http.client.response import Response
from sennit.http.headers import Headers, canonical_name
from sennit.log import Logger

__all__ = ["BODY", "DONE", "HEADER", "STATUS", "HTTPClientParser"]

STATUS, HEADER, BODY, DONE = "STATUS", "HEADER", "BODY", "DONE"
_ABOUT_CONNECTION = frozenset(
    (
        b"content-length",
        b"connection",
        b"keep-alive",
        b"te",
        b"trailers",
        b"transfer-encoding",
        b"upgrade",
        b"proxy-connection",
    )
)
_CONTROL = frozenset(map(canonical_name, _ABOUT_CONNECTION))
_VERSION = re.compile(rb"([A-Z]+)/([0-9]{1,3})\.([0-9]{1,3})")
_log = Logger(namespace="sennit.http.client")
_VERSIONS = {10: (b"HTTP", 1, 0), 11: (b"HTTP", 1, 1)}


class HTTPClientParser:
    """Receives the response to a request.

    Args:
        request: The request.
        finisher: Called with what followed the response when it is complete.
        core: The connection's parser; None for a new one.

    Attributes:
        response: The response, once its head has come.
        state: `STATUS`, `HEADER`, `BODY` or `DONE`: what is being received.
        headers: The response's fields.
        connHeaders: The fields about the connection.
        head: The final head, once it has come.
        on_informational: Called with each 1xx head; None to pass over them.
    """

    CONNECTION_CONTROL_HEADERS = _ABOUT_CONNECTION
    NO_BODY_CODES = frozenset((204, 304))

    transport: Any = None
    head: ResponseHead | None = None
    on_informational: Callable[[ResponseHead], object] | None = None
    _response: Any = None

    def __init__(
        self, request: Any, finisher: Callable[[bytes], object], core: ResponseParser | None = None
    ) -> None:
        self.request = request
        self.finisher = finisher
        self._method = getattr(request, "method", b"GET")
        self._responseDeferred: Deferred[Any] = Deferred()
        if core is None:
            core = ResponseParser()
            core.expect(self._method)
        self._core = core

    @property
    def response(self) -> Any:
        """The response, once its status line has come; None before."""
        if self._response is None:
            status = self._core.status_line
            if status is not None:
                version, code, reason = status
                self._make_response(version, code, reason, Headers())
        return self._response

    def _make_response(self, version: int, code: int, reason: bytes, headers: Headers) -> Any:
        self._response = Response(_VERSIONS[version], code, reason, headers, self.transport)
        self._response.request = self.request
        return self._response

    @property
    def state(self) -> str:
        """What is being received."""
        if self.head is not None:
            return DONE if self._core.complete else BODY
        return STATUS if self._core.status_line is None else HEADER

    @property
    def headers(self) -> Headers:
        """The response's fields."""
        return Headers.from_wire(self._fields(about_connection=False))

    @property
    def connHeaders(self) -> Headers:
        """The fields about the connection."""
        return Headers.from_wire(self._fields(about_connection=True))

    def _fields(self, *, about_connection: bool) -> list[tuple[bytes, bytes]]:
        fields = self._core._headers if self.head is None else self.head.headers
        control = self.isConnectionControlHeader
        return [pair for pair in fields if control(pair[0].lower()) is about_connection]

    @staticmethod
    def parseVersion(strversion: bytes) -> tuple[bytes, int, int]:
        """Return a protocol version in its parts.

        Raises:
            BadResponseVersion: If it is none.
        """
        match = _VERSION.fullmatch(strversion)
        if match is None:
            raise BadResponseVersion("A version is a name, a slash, and two numbers.", strversion)
        return match[1], int(match[2]), int(match[3])

    def makeConnection(self, transport: Any) -> None:
        """Take a transport."""
        self.transport = transport

    def isConnectionControlHeader(self, name: bytes) -> bool:
        """Tell whether a field is about the connection.

        Content-Length is about the resource where there is no body that it could be the length of.
        """
        if name == b"content-length" and self._method == b"HEAD":
            return False
        return name in self.CONNECTION_CONTROL_HEADERS

    def dataReceived(self, data: bytes) -> None:
        """Take octets of the response.

        Raises:
            ParseError: If they are none.
        """
        core = self._core
        core.receive_data(data)
        self._deliver()
        if core.error is not None:
            raise self._parse_error(data)
        response = self._response
        if self.head is None or core.complete:
            return
        if response._state == "INITIAL" and not response.wants_data:
            # Nobody listens: what the server sends from here on has to wait.
            self.transport.pauseProducing()

    def _parse_error(self, data: bytes) -> ParseError:
        message = str(self._core.error)
        kind: type[ParseError] = ParseError
        if "version" in message.lower() or "spoken" in message:
            kind = BadResponseVersion
        elif "Content-Length" in message:
            kind = BadFraming
        return kind(message, data[:1024] if self._core._headers else data[:1024].partition(b"\r\n")[0])

    def _deliver(self) -> None:
        """Hand on what the parser has made of what came."""
        events = self._core.events
        while events:
            event = events.popleft()
            if type(event) is BodyData:
                self._response._bodyDataReceived(event.data)
            elif type(event) is ResponseHead:
                if event.informational:
                    self._response = None
                    if self.on_informational is not None:
                        self.on_informational(event)
                    else:
                        _log.info("Ignoring unexpected {code} response", code=event.code)
                else:
                    self._begin(event)
            elif type(event) is EndOfMessage:
                self._finish(event)

    def _begin(self, head: ResponseHead) -> None:
        self.head = head
        if self._method == b"HEAD":
            headers = self.headers
        else:
            # Headers.from_wire, and what is about the connection left out, in one pass.
            fields: dict[bytes, list[bytes]] = {}
            for name, value in head.headers:
                canonical = canonical_name(name)
                if canonical not in _CONTROL:
                    if canonical in fields:
                        fields[canonical].append(value)
                    else:
                        fields[canonical] = [value]
            headers = Headers.around(fields)
        response = self._response
        if response is None:
            response = self._make_response(head.version, head.code, head.reason, headers)
        else:
            response.headers = headers
        response.length = UNKNOWN_LENGTH if head.length is None else head.length
        if head.length == 0:
            # It is told as complete, not as about to be.
            response._bodyDataFinished()
            # The end of the message is among the events by now, and is nothing more to be told.
            self._core.events.clear()
            self._finished()
        self._responseDeferred.callback(response)

    def _finish(self, event: EndOfMessage) -> None:
        response = self._response
        if response._bodyFinished:
            return
        response.trailers = event.trailers
        until_close = self.head is not None and self.head.until_close
        # The connection is free before the program hears of it, so that its next request finds it.
        self._finished()
        response._bodyDataFinished(Failure(PotentialDataLoss()) if until_close else None)

    def _finished(self) -> None:
        self.finisher(self._core.take_rest())

    def connectionLost(self, reason: Failure | None = None) -> None:
        """End the response, as complete as it is.

        Args:
            reason: Why the connection ended.
        """
        reasons = [] if reason is None else [reason]
        core, response = self._core, self._response
        if self.head is None:
            kind = ResponseFailed if core.begun or core.error is not None else ResponseNeverReceived
            core.receive_eof()
            self._responseDeferred.errback(Failure(kind(reasons)))
            return
        if reason is None or isinstance(getattr(reason, "value", reason), ConnectionDone):
            core.receive_eof()
            self._deliver()
        if not response._bodyFinished:
            reasons.append(Failure(DataLoss()))
            try:
                response._bodyDataFinished(Failure(ResponseFailed(reasons, response)))
            except Exception:
                _log.failure("Error in a body's connectionLost")
