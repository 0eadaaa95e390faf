"""What the rooms that measure plain echo servers share: the contenders, and a turn of each."""

from __future__ import annotations

import functools
from collections.abc import Callable

from benchmarks.harness import Options, Server
from benchmarks.load import echo_figures
from benchmarks.programs import contenders

__all__ = ["LIMIT", "echo_turn", "everybody", "with_paths"]

LIMIT = 0.9
"""What is to be reached of a C program's rate that does nothing but to read and write."""
LOOPS = {
    "asyncio": "echo_asyncio.py asyncio",
    "uvloop": "echo_asyncio.py uvloop",
    "node": "echo_node.js",
    "limit": "echo_limit.c",
}


def with_paths(options: Options, path: str) -> dict[str, list[str]]:
    """Return the commands of those that echo on a UNIX socket at `path`."""
    return contenders(options, "echo_program.py", path, **LOOPS)


def everybody(options: Options) -> dict[str, list[str]]:
    """Return the commands of all echo servers over TCP."""
    frameworks = {"gevent": "echo_gevent.py", "trio": "echo_trio.py", "tornado": "echo_tornado.py"}
    return contenders(options, "echo_program.py", **LOOPS, **frameworks)


def echo_turn(
    what: str,
    server: Server,
    address: int | str,
    connections: int,
    size: int,
    seconds: float,
    mode: str = "tcp",
) -> Callable[[], dict[tuple[str, str], float]]:
    """Return a turn that counts what comes back in a second, and for each second of the server's CPU.

    Args:
        what: What to call it.
        server: The server.
        address: Its port, or the path of its socket.
        connections: How many to hold.
        size: The bytes of a message.
        seconds: How long to count.
        mode: As for `benchmarks.load.echo_rate`.
    """
    return functools.partial(_turn, what, server, address, connections, size, seconds, mode)


def _turn(
    what: str, server: Server, address: int | str, connections: int, size: int, seconds: float, mode: str
) -> dict[tuple[str, str], float]:
    rate, by_cpu = echo_figures(server, address, connections, size, seconds, mode)
    unit = {"connect": "conn", "lines": "lines"}.get(mode, "msg")
    return {(what, f"{unit}/s"): rate, (what, f"{unit}/cpu s"): by_cpu}
