"""What can go wrong between an ASGI application and its host."""

from __future__ import annotations

__all__ = ["ClientDisconnected", "LifespanFailed", "ProtocolMisuse"]


class ClientDisconnected(OSError):
    """The client is gone, so nothing can be sent to it."""


class ProtocolMisuse(RuntimeError):
    """An application sent an event that does not belong where it is."""


class LifespanFailed(RuntimeError):
    """An application said that it could not start."""
