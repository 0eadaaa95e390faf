"""What can go wrong in a SOCKS conversation, seen by the server."""

from __future__ import annotations

__all__ = ["LocalProtocolError", "RemoteProtocolError", "SOCKSError"]


class SOCKSError(Exception):
    """The root of this room's errors."""


class RemoteProtocolError(SOCKSError):
    """The client broke the protocol, or passed a limit.

    Args:
        message: What it did.
        answer: What to send to it before the connection is closed.
    """

    def __init__(self, message: str, answer: bytes = b"") -> None:
        super().__init__(message)
        self.answer = answer


class LocalProtocolError(SOCKSError):
    """This program said something out of order."""
