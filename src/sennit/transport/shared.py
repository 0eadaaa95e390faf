"""Listening sockets that this process shares with others: where its ports ask for theirs, if anywhere.

A process that is one of several workers does not bind: whoever started the workers holds the listening
sockets, so that what waits to be accepted outlives any one of them.  Nothing is asked unless a source is set.
"""

from __future__ import annotations

import socket
from typing import Protocol

__all__ = ["SocketSource", "set_socket_source", "socket_source"]


class SocketSource(Protocol):
    """Gives sockets that listen already."""

    def tcp(self, interface: str, port: int | None, backlog: int) -> socket.socket:
        """Give the socket for a TCP port.

        Raises:
            OSError: If it cannot be had.
        """

    def unix(self, path: bytes, mode: int, backlog: int, *, lock: bool) -> socket.socket:
        """Give the socket for a path.

        Raises:
            OSError: If it cannot be had.
        """


_source: SocketSource | None = None


def socket_source() -> SocketSource | None:
    """Return where ports ask for their sockets; None if they make them."""
    return _source


def set_socket_source(source: SocketSource | None) -> None:
    """Have ports ask for their sockets, from the next one on.

    Args:
        source: Whom to ask; None to make them again.
    """
    global _source
    _source = source
