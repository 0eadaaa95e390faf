"""Opening a WebSocket on a request, over HTTP/1.1 or HTTP/2 alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from sennit.core.coroutine import ensureDeferred
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.websocket.conversation import INTERNAL_ERROR
from sennit.websocket.errors import HandshakeError, WebSocketClosed
from sennit.websocket.handshake import accept_request
from sennit.websocket.protocol import WebSocketProtocol
from sennit.websocket.stream import WebSocket

__all__ = ["accept", "serve"]


def accept(
    request: Any,
    protocol: WebSocketProtocol,
    *,
    subprotocols: Sequence[str] = (),
    origins: Iterable[str] | None = None,
    deflate: bool = True,
    fields: Mapping[bytes, Sequence[bytes]] | None = None,
) -> None:
    """Open the WebSocket that a request asks for.

    Args:
        request: The request; it is finished with this.
        protocol: What speaks on it; its methods may be called before this returns.
        subprotocols: What is spoken here, the preferred first.
        origins: Origins whose pages may connect, as `accept_request` has it.
        deflate: Whether messages may be compressed.
        fields: More fields for the answer.

    Raises:
        HandshakeError: If the request asks for no WebSocket, or for one that cannot be; it is yet to be
            answered then.
    """
    wanted = request._head.protocol
    if wanted is not None and wanted != b"websocket":
        raise HandshakeError("That protocol is not spoken here.", 501)
    acceptance = accept_request(
        request.requestHeaders,
        method=request.method,
        http2=wanted is not None,
        subprotocols=subprotocols,
        origins=origins,
        deflate=deflate,
    )
    factory = getattr(request.channel, "factory", None)
    protocol.prepare(acceptance.extensions, acceptance.subprotocol)
    protocol.request = request
    protocol.http_factory = factory
    if protocol.reactor is None and factory is not None:
        protocol.reactor = factory.reactor
    request.upgrade({**(fields or {}), **acceptance.fields}, protocol)


def serve(request: Any, handler: Callable[[WebSocket], Awaitable[Any]], **options: Any) -> WebSocket:
    """Open the WebSocket that a request asks for, and let a coroutine function speak on it.

    When it returns the WebSocket is closed; when it raises it is closed with 1011, and the error reported.

    Args:
        request: The request.
        handler: Called with the WebSocket.
        **options: As for `accept`; ``limits`` too.

    Raises:
        HandshakeError: As `accept` does.
    """
    websocket = WebSocket()
    limits = options.pop("limits", None)
    if limits is not None:
        websocket.limits = limits
    accept(request, websocket, **options)
    task = ensureDeferred(_run(handler, websocket))
    task.addErrback(_failed, websocket)
    return websocket


async def _run(handler: Callable[[WebSocket], Awaitable[Any]], websocket: WebSocket) -> None:
    try:
        await handler(websocket)
    except WebSocketClosed:
        # It is the usual way to learn that the peer is gone.
        return
    websocket.close()


def _failed(failure: Failure, websocket: WebSocket) -> None:
    report_error(failure, f"A WebSocket's handler failed: {websocket!r}")
    if websocket.is_open:
        websocket.close(INTERNAL_ERROR)
