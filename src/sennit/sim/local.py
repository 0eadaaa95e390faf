"""Streams within one host: the two ends of a UNIX socket's connection, or of a pair."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING

from sennit.sim.streams import SEND_BUFFER, StreamState

if TYPE_CHECKING:
    from sennit.sim.kernel import Kernel

__all__ = ["LocalEnd"]


class LocalEnd:
    """One end; the same vocabulary as `sennit.sim.streams.StreamEnd`.

    Args:
        kernel: The system it is in.
        local: Its own path; empty if it has none.
        remote: The other end's.
    """

    def __init__(self, kernel: Kernel, local: bytes = b"", remote: bytes = b"") -> None:
        self.kernel = kernel
        self.local = local
        self.remote = remote
        self.state = StreamState.OPEN
        self.error = 0
        self.received = bytearray()
        self.remote_ended = False
        self.changed: Callable[[], object] | None = None
        self.other: LocalEnd | None = None
        self._ending = False
        self._on_the_way = 0

    @classmethod
    def pair(cls, kernel: Kernel, path: bytes = b"") -> tuple[LocalEnd, LocalEnd]:
        """Make the two ends of a connection: the client's, and that of who listens at a path."""
        client, server = cls(kernel, b"", path), cls(kernel, path, b"")
        client.other, server.other = server, client
        return client, server

    @property
    def room(self) -> int:
        """How many octets can be written now."""
        other = self.other
        return SEND_BUFFER - self._on_the_way - (0 if other is None else len(other.received))

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take octets to send; see `StreamEnd.write`."""
        if self._ending or self.other is None:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        taken = min(len(data), max(0, self.room))
        if taken:
            self._on_the_way += taken
            self.kernel.scheduler.call_later(0.0, self._deliver, bytes(data[:taken]))
        return taken

    def _deliver(self, data: bytes) -> None:
        self._on_the_way -= len(data)
        other = self.other
        if other is not None and other.state is StreamState.OPEN:
            other.received += data
            other.tell()

    def read(self, size: int) -> bytes:
        """Take octets that have come; see `StreamEnd.read`."""
        if self.received:
            data = bytes(self.received[:size])
            del self.received[:size]
            if self.other is not None:
                self.kernel.scheduler.call_later(0.0, self.other.tell)
            return data
        if self.error:
            self.error = 0
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        if self.remote_ended or self.state is StreamState.CLOSED:
            return b""
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    def end(self) -> None:
        """Send no more, after all that was written."""
        if not self._ending:
            self._ending = True
            if self.other is not None:
                self.kernel.scheduler.call_later(0.0, self.other.hear_end)

    def hear_end(self) -> None:
        """Hear that the other end sends no more."""
        self.remote_ended = True
        self.tell()

    def close(self) -> None:
        """Let go."""
        self.changed = None
        if self.state is StreamState.CLOSED:
            return
        unread = bool(self.received)
        self.end()
        self.state = StreamState.CLOSED
        other = self.other
        if other is not None:
            self.kernel.scheduler.call_later(0.0, other.lose, unread)

    def lose(self, unread: bool) -> None:
        """Hear that the other end was closed; what it had not read is an error here."""
        self.other = None
        self.remote_ended = True
        if unread:
            self.error = errno.ECONNRESET
        self.tell()

    def abort(self) -> None:
        """Let go at once."""
        self.close()

    def vanish(self) -> None:
        """Be gone without a word."""
        self.state = StreamState.CLOSED
        self.other = None

    def tell(self) -> None:
        """Say that something has changed."""
        if self.changed is not None:
            self.changed()
