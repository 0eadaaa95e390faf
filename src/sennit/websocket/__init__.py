"""WebSocket (RFC 6455), with compression (RFC 7692), over HTTP/1.1 and HTTP/2 (RFC 8441), for both sides.

`Conversation` is the protocol without I/O, on the core of the package `websockets`.  `WebSocketProtocol` has
the program called with each message; `WebSocket` is for coroutines.  `accept` and `serve` open one on a
request, `connect` and `connect_protocol` to a server.  Extra: ``websocket``.
"""

# ruff: noqa: E402 - the other imports are to find what is compiled
from __future__ import annotations

from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "websocket")

from sennit.websocket.client import connect, connect_protocol
from sennit.websocket.conversation import Conversation
from sennit.websocket.errors import HandshakeError, WebSocketClosed, WebSocketError
from sennit.websocket.handshake import ANY_ORIGIN
from sennit.websocket.limits import DEFAULT_WEBSOCKET_LIMITS, WebSocketLimits
from sennit.websocket.protocol import WebSocketProtocol
from sennit.websocket.server import accept, serve
from sennit.websocket.stream import WebSocket

__all__ = [
    "ANY_ORIGIN",
    "DEFAULT_WEBSOCKET_LIMITS",
    "Conversation",
    "HandshakeError",
    "WebSocket",
    "WebSocketClosed",
    "WebSocketError",
    "WebSocketLimits",
    "WebSocketProtocol",
    "accept",
    "connect",
    "connect_protocol",
    "serve",
]
