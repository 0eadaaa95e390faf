"""Many connections that say nothing."""

from __future__ import annotations

import contextlib
import resource
import socket
import struct
import time
from collections.abc import Iterator

__all__ = ["held", "limit"]

_BIND_ADDRESS_NO_PORT = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24)
_RESET = struct.pack("ii", 1, 0)
SPARE = 200  # descriptors for everything else in this process


def limit(wanted: int) -> int:
    """Return how many connections this process may hold, `wanted` at most; raises its own soft limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - SPARE)


@contextlib.contextmanager
def held(port: int, count: int) -> Iterator[None]:
    """Hold `count` connections to `port` while the block runs, all of them accepted and seen to work."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for number in range(count):
            sock = stack.enter_context(socket.socket())
            sock.settimeout(30)
            # Each address of our own has ports enough for some thousands; the system chooses the port when it
            # knows where to, and a reset leaves none of them waiting for what may still come.
            sock.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.bind((f"127.0.0.{2 + number // 10_000}", 0))
            sock.connect(("127.0.0.1", port))
            sockets.append(sock)
        # Each is asked for one byte, so that every connection has been made on the server's side too.
        for sock in sockets:
            sock.sendall(b"x")
        for sock in sockets:
            assert sock.recv(1) == b"x", "the echo is wrong"
        time.sleep(0.2)
        yield
