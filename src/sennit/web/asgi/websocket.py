"""One WebSocket, as an ASGI application sees it."""

from __future__ import annotations

from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.http import codes
from sennit.http.headers import canonical_name, clean_value
from sennit.web.asgi.errors import ClientDisconnected, ProtocolMisuse
from sennit.web.resource import PlainErrorPage
from sennit.websocket import ANY_ORIGIN, HandshakeError, WebSocket, WebSocketClosed, WebSocketLimits, accept

__all__ = ["WebSocketExchange"]

_INTERNAL_ERROR = 1011
_NO_CODE = 1005


class WebSocketExchange:
    """The ``receive`` and ``send`` of one WebSocket.

    Args:
        request: The request that asks for it.
        limits: What the client may take up.
    """

    def __init__(self, request: Any, limits: WebSocketLimits) -> None:
        self._request = request
        self._websocket = WebSocket()
        self._websocket.limits = limits
        self._announced = False
        self._accepted = False
        self._over = False
        self._denied = False
        self._denying = False
        self._waiting: Deferred[None] | None = None

    async def receive(self) -> dict[str, Any]:
        """Return the next event: the connection, a message, or the end."""
        if not self._announced:
            self._announced = True
            return {"type": "websocket.connect"}
        if not self._accepted:
            # Nothing comes before it is accepted but the end of the client.
            if not self._denied and not self._request._disconnected:
                waiting = self._waiting = Deferred()
                self._request.notifyFinish().addErrback(lambda _: self._wake())
                await waiting
            if not self._accepted:
                return {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        try:
            message = await self._websocket.receive()
        except WebSocketClosed as closed:
            self._over = True
            code = _NO_CODE if closed.code == _NO_CODE else closed.code
            return {"type": "websocket.disconnect", "code": code, "reason": closed.reason}
        if isinstance(message, str):
            return {"type": "websocket.receive", "text": message}
        return {"type": "websocket.receive", "bytes": message}

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def send(self, message: dict[str, Any]) -> None:
        """Take an event.

        Raises:
            ClientDisconnected: If the client is gone.
            ProtocolMisuse: If it does not belong here.
        """
        kind = message["type"]
        if kind == "websocket.send":
            await self._send_message(message)
        elif kind == "websocket.accept":
            self._accept(message)
        elif kind == "websocket.close":
            if self._accepted:
                self._websocket.close(message.get("code", 1000), message.get("reason") or "")
            else:
                self._deny(codes.FORBIDDEN)
        elif kind == "websocket.http.response.start":
            self._start_denial(message)
        elif kind == "websocket.http.response.body":
            self._write_denial(message)
        else:
            raise ProtocolMisuse(f"{kind!r} is no event of a WebSocket.")

    async def _send_message(self, message: dict[str, Any]) -> None:
        if not self._accepted:
            raise ProtocolMisuse("websocket.accept comes before websocket.send.")
        text = message.get("text")
        data = message.get("bytes") if text is None else text
        if data is None:
            raise ProtocolMisuse("websocket.send has a text or bytes.")
        try:
            await self._websocket.send(data)
        except WebSocketClosed:
            raise ClientDisconnected("The client is gone.") from None

    def _accept(self, message: dict[str, Any]) -> None:
        if self._accepted or self._denied or self._denying:
            raise ProtocolMisuse("This WebSocket is accepted or denied already.")
        request = self._request
        if request._disconnected:
            raise ClientDisconnected("The client is gone.")
        subprotocol = message.get("subprotocol")
        fields: dict[bytes, list[bytes]] = {}
        for name, value in message.get("headers", ()):
            fields.setdefault(canonical_name(name), []).append(clean_value(value))
        try:
            accept(
                request,
                self._websocket,
                subprotocols=() if subprotocol is None else (subprotocol,),
                origins=(ANY_ORIGIN,),
                fields=fields,
            )
        except HandshakeError as error:
            for name, values in error.fields.items():
                request.responseHeaders.setRawHeaders(name, values)
            self._deny(error.status)
            raise ClientDisconnected(str(error)) from None
        self._accepted = True
        self._wake()

    def _deny(self, status: int) -> None:
        if self._denied:
            return
        self._denied = True
        request = self._request
        if not request._disconnected and not request.finished:
            brief = codes.RESPONSES.get(status, b"Error").decode("latin-1")
            request._send(PlainErrorPage(status, brief, "No WebSocket was opened.").render(request))

    def _start_denial(self, message: dict[str, Any]) -> None:
        if self._accepted or self._denied or self._denying:
            raise ProtocolMisuse("This WebSocket is accepted or denied already.")
        self._denying = True
        request = self._request
        request.setResponseCode(message["status"])
        for name, value in message.get("headers", ()):
            request.responseHeaders.addRawHeader(name, value)

    def _write_denial(self, message: dict[str, Any]) -> None:
        if not self._denying or self._denied:
            raise ProtocolMisuse("websocket.http.response.start comes before its body.")
        request = self._request
        if request._disconnected:
            raise ClientDisconnected("The client is gone.")
        request.write(bytes(message.get("body", b"")))
        if not message.get("more_body", False):
            self._denied = True
            request.finish()

    def application_ended(self, result: Any) -> None:
        """See to it that the WebSocket ends with its application."""
        failed = isinstance(result, Failure)
        if failed and not result.check(ClientDisconnected):
            report_error(result, "An ASGI application failed:", request=repr(self._request))
        if self._accepted:
            if self._websocket.is_open:
                self._websocket.close(_INTERNAL_ERROR if failed else 1000)
        elif self._denying and not self._denied:
            if self._request.channel is not None:
                self._request.channel.loseConnection()
        else:
            self._deny(codes.INTERNAL_SERVER_ERROR if failed else codes.FORBIDDEN)
