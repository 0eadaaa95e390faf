"""What can go wrong with a WebSocket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["HandshakeError", "WebSocketClosed", "WebSocketError"]


class WebSocketError(Exception):
    """The root of this room's errors."""


class HandshakeError(WebSocketError):
    """No WebSocket came to be.

    Attributes:
        status: The status to answer with, or the one that the server answered with.
        fields: Fields to send with it.
    """

    def __init__(
        self, message: str, status: int = 400, fields: Mapping[bytes, Sequence[bytes]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.fields = dict(fields or {})


class WebSocketClosed(WebSocketError):
    """The WebSocket is closed, so nothing more comes or goes.

    Attributes:
        code: The closing code (RFC 6455 section 7.4): 1006 if the connection was lost without one.
        reason: The reason given.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"The WebSocket was closed with code {code}{f': {reason}' if reason else '.'}")
        self.code = code
        self.reason = reason
