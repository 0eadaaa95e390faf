"""One HTTP request and its response, as an ASGI application sees them."""

from __future__ import annotations

from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http.backpressure import Backpressure
from sennit.http.headers import Headers
from sennit.http.serializer import known_lines, ready_line
from sennit.web.asgi.errors import ClientDisconnected, ProtocolMisuse

__all__ = ["Exchange"]

_NO_BODY = {"type": "http.request", "body": b"", "more_body": False}
_DISCONNECT = {"type": "http.disconnect"}
_FAILED = b"Internal Server Error"


class Exchange(Backpressure):
    """The ``receive`` and ``send`` of one request.

    Args:
        request: The request.
    """

    __slots__ = (
        "_body_over",
        "_ended",
        "_ended_waiting",
        "_has_trailers",
        "_producing",
        "_request",
        "_responding",
        "_status",
    )

    def __init__(self, request: Any) -> None:
        super().__init__()
        self._request = request
        self._body_over = False
        self._ended = False
        self._ended_waiting: Deferred[None] | None = None
        self._status = 0
        self._responding = False
        self._producing = False
        self._has_trailers = False

    # The request

    async def receive(self) -> dict[str, Any]:
        """Return the next event: a piece of the body, or the end of the client."""
        request = self._request
        if not self._body_over:
            if request._head.length == 0:
                self._body_over = True
                return dict(_NO_BODY)
            body = request.body
            try:
                piece = await anext(body, b"")
            except Exception:
                # The client broke off, or broke a rule: either way there will be no more.
                self._body_over = self._ended = True
                return dict(_DISCONNECT)
            if not piece or (getattr(body, "complete", False) and not body.waiting):
                self._body_over = True
            return {"type": "http.request", "body": piece, "more_body": not self._body_over}
        if not self._ended and not request.finished and not request._disconnected:
            await self._wait_for_end()
        return dict(_DISCONNECT)

    async def _wait_for_end(self) -> None:
        waiting: Deferred[None] = Deferred()
        self._request.notifyFinish().addBoth(_wake, waiting)
        await waiting

    # The response

    async def send(self, message: dict[str, Any]) -> None:
        """Take an event of the response.

        Raises:
            ClientDisconnected: If the client is gone.
            ProtocolMisuse: If it does not belong here.
        """
        kind = message["type"]
        request = self._request
        if kind == "http.response.start":
            if self._status:
                raise ProtocolMisuse("http.response.start was sent already.")
            self._start(message)
        elif kind == "http.response.body":
            if not self._status:
                raise ProtocolMisuse("http.response.start comes before http.response.body.")
            if request._disconnected:
                raise ClientDisconnected("The client is gone.")
            if request.finished:
                raise ProtocolMisuse("The response is complete already.")
            body = message.get("body", b"")
            if message.get("more_body", False):
                await self._write_piece(body)
            elif self._has_trailers:
                if body or not self._responding:
                    self._responding = True
                    request.write(bytes(body))
            else:
                self._finish(body)
        elif kind == "http.response.trailers":
            self._take_trailers(message)
        else:
            raise ProtocolMisuse(f"{kind!r} is no event of an HTTP response.")

    def _start(self, message: dict[str, Any]) -> None:
        request = self._request
        status = self._status = message["status"]
        self._has_trailers = message.get("trailers", False)
        request.code = status
        request.code_message = codes.RESPONSES.get(status, b"Unknown Status")
        lines: dict[bytes, bytes] = {}
        for name, value in message.get("headers", ()):
            canonical, line = known_lines.get((name, value)) or ready_line(name, value)
            lines[canonical] = lines[canonical] + line if canonical in lines else line
        request.defaultContentType = None
        request.set_lines(lines)

    def _finish(self, body: bytes) -> None:
        """Send all of a response, or its end."""
        request = self._request
        if not self._responding:
            if request._unusual and request._encoder is not None:
                body = request._encode_whole(bytes(body))
            lines = request._lines
            if request._headers is None and lines.get(b"Content-Length") == b"Content-Length: %d\r\n" % len(
                body
            ):
                # What the application says of the length is what we would: so the response is a usual one.
                del lines[b"Content-Length"]
                request._length = len(body)
            elif (
                not request._has_field(b"Content-Length")
                and request.method != b"HEAD"
                and request.code not in codes.NO_BODY_CODES
            ):
                request._length = len(body)
            request.write(bytes(body))
        elif body:
            request.write(bytes(body))
        if self._producing:
            self._producing = False
            request.unregisterProducer()
        request.finish()

    async def _write_piece(self, body: bytes) -> None:
        request = self._request
        if not self._producing:
            self._producing = True
            request.registerProducer(self, True)
        self._responding = True
        request.write(bytes(body))
        if self._room is not None:
            await self._flowing()
            if request._disconnected or not self._producing:
                raise ClientDisconnected("The client is gone.")

    def _take_trailers(self, message: dict[str, Any]) -> None:
        request = self._request
        if not self._has_trailers or not self._responding:
            raise ProtocolMisuse("Trailers are to be announced, and follow the body.")
        if request.responseTrailers is None:
            request.responseTrailers = Headers()
        for name, value in message.get("headers", ()):
            request.responseTrailers.addRawHeader(name, value)
        if not message.get("more_trailers", False) and not request._disconnected:
            if self._producing:
                self._producing = False
                request.unregisterProducer()
            request.finish()

    # What the request's connection calls when much, or little, waits to be sent

    def stopProducing(self) -> None:
        """Let `send` go on, to learn that the client is gone."""
        self._producing = False
        self.resumeProducing()

    # The end

    def application_ended(self, result: Any) -> None:
        """See to it that there is a whole response, whatever the application did."""
        request = self._request
        failed = isinstance(result, Failure)
        if failed and not result.check(ClientDisconnected):
            report_error(result, "An ASGI application failed:", request=repr(request))
        if request.finished or request._disconnected:
            return
        if not failed:
            problem = "began no" if not self._status else "did not finish its"
            report_error(
                Failure(ProtocolMisuse(f"The application {problem} response.")),
                "An ASGI application failed:",
                request=repr(request),
            )
        if request.startedWriting:
            if self._producing:
                self._producing = False
                request.unregisterProducer()
            request.channel.loseConnection()
            return
        request.set_lines(dict([ready_line(b"content-type", b"text/plain; charset=utf-8")]))
        request.setResponseCode(codes.INTERNAL_SERVER_ERROR)
        request._length = len(_FAILED)
        request.write(_FAILED)
        request.finish()


def _wake(result: object, waiting: Deferred[None]) -> None:
    if not waiting.called:
        waiting.callback(None)
