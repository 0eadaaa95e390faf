"""A port for a program that must be told which one to listen on."""

from __future__ import annotations

import random
import socket

__all__ = ["free_port"]

# Systems choose from higher ones where they are asked for any, as all other tests do meanwhile.
_FIRST, _LAST = 10_000, 32_000
_chance = random.SystemRandom()


def free_port():
    """Return the number of a port that nobody listens on, and that no system gives away."""
    while True:
        port = _chance.randint(_FIRST, _LAST)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
