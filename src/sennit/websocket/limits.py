"""What one WebSocket peer may take up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_WEBSOCKET_LIMITS", "WebSocketLimits"]


@dataclass(frozen=True, slots=True)
class WebSocketLimits:
    """Limits of one WebSocket.

    Attributes:
        message_size: Octets of a message, decompressed (closed with 1009 past it); None for no limit.
        fragments: Frames of a message (1009).
        waiting_messages: Messages that may wait to be received, before reading stops.
        waiting_size: Octets of messages that may wait to be received, before reading stops.
        ping_interval: Seconds from one keep-alive ping to the next; None for none.
        ping_timeout: Seconds that its answer may take (1011); None for no limit.
        close_timeout: Seconds that the closing may take before the connection is dropped.
        open_timeout: Seconds that a client waits for the opening.
    """

    message_size: int | None = 1 << 20
    fragments: int = 4096
    waiting_messages: int = 64
    waiting_size: int = 1 << 20
    ping_interval: float | None = 20.0
    ping_timeout: float | None = 20.0
    close_timeout: float = 10.0
    open_timeout: float = 10.0


DEFAULT_WEBSOCKET_LIMITS = WebSocketLimits()
