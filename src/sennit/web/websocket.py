"""`WebSocketResource`: a place in a site where WebSockets are opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import PlainErrorPage, Resource
from sennit.websocket import HandshakeError, WebSocket, WebSocketLimits, WebSocketProtocol, accept, serve

__all__ = ["WebSocketResource"]


class WebSocketResource(Resource):
    """Opens a WebSocket for each request that asks for one, over HTTP/1.1 or HTTP/2.

    Args:
        handler: A coroutine function, called with each `WebSocket`; or a subclass of `WebSocketProtocol`,
            made for each.
        subprotocols: What is spoken here, the preferred first.
        origins: Origins whose pages may connect, or ``"*"`` among them; by default the site's own.
        deflate: Whether messages may be compressed.
        limits: What a client may take up; the defaults if None.
    """

    isLeaf = True

    def __init__(
        self,
        handler: Callable[[WebSocket], Awaitable[Any]] | type[WebSocketProtocol],
        *,
        subprotocols: Sequence[str] = (),
        origins: Iterable[str] | None = None,
        deflate: bool = True,
        limits: WebSocketLimits | None = None,
    ) -> None:
        super().__init__()
        self._handler: Any = handler
        self._makes_protocols = isinstance(handler, type) and issubclass(handler, WebSocketProtocol)
        self._limits = limits
        self._options: dict[str, Any] = {
            "subprotocols": subprotocols,
            "origins": None if origins is None else list(origins),
            "deflate": deflate,
        }

    def render(self, request: Any) -> Any:
        """Open the WebSocket, or say why not."""
        try:
            if self._makes_protocols:
                protocol = self._handler()
                if self._limits is not None:
                    protocol.limits = self._limits
                accept(request, protocol, **self._options)
            else:
                serve(request, self._handler, limits=self._limits, **self._options)
        except HandshakeError as error:
            for name, values in error.fields.items():
                request.responseHeaders.setRawHeaders(name, values)
            return PlainErrorPage(error.status, "No WebSocket", str(error)).render(request)
        return NOT_DONE_YET
