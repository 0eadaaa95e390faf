"""Holds back what a loop reads before it can be told not to.

Loops begin to read right after ``connection_made``, also if reading was paused within it.  A connection
that wants to be paused then puts a gate in its own place: it takes at most one read, and stops the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sennit.transport.stream import StreamConnection

__all__ = ["Gate"]


class Gate:
    """Stands for a paused connection with the loop.

    Args:
        connection: The connection, which is told all but what is read.

    Attributes:
        data: What was read; empty if nothing was.
        ended: Whether the other side sends no more.
    """

    __slots__ = ("_connection", "data", "ended", "pause_writing", "resume_writing")

    def __init__(self, connection: StreamConnection) -> None:
        self._connection = connection
        self.data = b""
        self.ended = False
        self.pause_writing = connection.pause_writing
        self.resume_writing = connection.resume_writing

    def data_received(self, data: bytes) -> None:
        """Keep what was read, and let no more come."""
        self.data += data
        self._connection._carrier.pause_reading()

    def eof_received(self) -> bool:
        """Keep in mind that the other side sends no more."""
        self.ended = True
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hand on the loss."""
        self._connection.connection_lost(exc)
