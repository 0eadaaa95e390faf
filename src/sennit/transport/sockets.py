"""Where sockets come from: the system, unless the loop brings its own, as a simulation's does."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any

__all__ = ["end_conversation", "new_socket"]


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
