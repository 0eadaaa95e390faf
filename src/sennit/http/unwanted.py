"""`Unwanted`: stands in for a request that is answered already, while the rest of its body arrives."""

from __future__ import annotations

from typing import Any

from sennit.core.failure import Failure

__all__ = ["Unwanted"]


class Unwanted:
    """Throws a body away, up to a limit.

    Args:
        channel: The connection.
        most: Octets to throw away at the most; past that the connection is closed.
    """

    startedWriting = 1
    trailers: Any = None

    def __init__(self, channel: Any, most: int) -> None:
        self._channel = channel
        self._left = most

    def handleContentChunk(self, data: bytes) -> None:
        """Throw a piece away."""
        self._left -= len(data)
        if self._left < 0:
            self._channel._break_off()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Let the connection go on."""
        self._channel.requestDone(self)

    def connectionLost(self, reason: Failure) -> None:
        """Do nothing: the answer is complete."""
