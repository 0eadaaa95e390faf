"""Where sockets come from: the system, unless the loop brings its own, as a simulation's does."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["SocketHandle", "end_conversation", "new_socket"]


class SocketHandle:
    """A connection's socket as programs see it: for options and names, and to let go of it.

    Args:
        sock: What the loop gives for the socket.
        let_go: Called by `close`.
    """

    __slots__ = ("_let_go", "_sock")

    def __init__(self, sock: Any, let_go: Callable[[], object]) -> None:
        self._sock = sock
        self._let_go = let_go

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def close(self) -> None:
        """Let go of our descriptor, without a word to the other side if somebody has a copy of it."""
        self._let_go()

    def __repr__(self) -> str:
        return repr(self._sock)


def new_socket(loop: asyncio.AbstractEventLoop, family: int, kind: int, proto: int = 0) -> socket.socket:
    """Make a socket for a transport on a loop.

    Raises:
        OSError: If there is none to be had.
    """
    make: Any = getattr(loop, "new_socket", socket.socket)
    made: socket.socket = make(family, kind, proto)
    return made


def end_conversation(sock: Any) -> None:
    """Shut a socket down both ways, whoever else may have a copy of its descriptor.

    Args:
        sock: A socket, or what a loop gives for one, which may have no such method of its own; or None.
    """
    descriptor = -1 if sock is None else sock.fileno()
    if descriptor < 0:
        return
    with suppress(OSError):
        if getattr(sock, "simulated", False):
            sock.shutdown(socket.SHUT_RDWR)
        else:
            with socket.socket(fileno=os.dup(descriptor)) as copy:
                copy.shutdown(socket.SHUT_RDWR)
