"""What the rooms that measure plain echo servers share: the contenders, and a turn of each."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from benchmarks.harness import Options, in_turn
from benchmarks.load import echo_rates
from benchmarks.processes import Server, serving_all
from benchmarks.programs import contenders

__all__ = ["LIMIT", "echo_turn", "everybody", "serving_warm", "with_paths"]

LIMIT = 0.9
"""What is to be reached of a C program's rate that does nothing but to read and write."""
WARM_UP = 0.3
"""Seconds of load before a server's first turn: compilers within, and caches, are to be ready."""
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


@contextlib.contextmanager
def serving_warm(
    commands: Mapping[str, Sequence[str]],
    options: Options,
    mode: str = "tcp",
    paths: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[dict[str, Server]]:
    """Run the servers of all contenders side by side, and give each some load; else as `serving_all`."""
    with serving_all(commands, options) as servers:
        load = {
            peer: functools.partial(echo_rates, server, 100, 64, WARM_UP, mode, paths.get(peer, ""))
            for peer, server in servers.items()
        }
        answered = in_turn(load, dataclasses.replace(options, rounds=1))
        yield {peer: servers[peer] for peer in answered}


def echo_turn(
    what: str,
    server: Server,
    connections: int,
    size: int,
    seconds: float,
    mode: str = "tcp",
    path: str = "",
) -> Callable[[], dict[tuple[str, str], float]]:
    """Return a turn that counts what comes back in a second, and for each second of the server's CPU.

    Args:
        what: What to call it.
        server: The server.
        connections: How many to hold.
        size: The bytes of a message.
        seconds: How long to count.
        mode: As for `benchmarks.load.echo_rates`.
        path: The server's UNIX socket.
    """
    unit = {"connect": "conn", "lines": "lines"}.get(mode, "msg")
    keys = ((what, f"{unit}/s"), (what, f"{unit}/cpu s"))
    load = functools.partial(echo_rates, server, connections, size, seconds, mode, path)
    return lambda: dict(zip(keys, load(), strict=True))
