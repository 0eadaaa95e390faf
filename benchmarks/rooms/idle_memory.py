"""Memory: what 10,000 connections cost that say nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, contenders, serving
from benchmarks.load import idle_connections

CONNECTIONS = 10_000
FLOORS = {"twisted": 1.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield the kilobytes that the server holds for each idle connection, beside Twisted."""
    count = idle_connections.limit(CONNECTIONS)
    turns = {
        peer: functools.partial(_turn, command, count)
        for peer, command in contenders("echo_program.py").items()
    }
    once = Options(min(options.rounds, 2), options.seconds, options.peers)
    yield from compare(f"{count} idle connections", "KiB each", turns, once, FLOORS, less_is_better=True)


def _turn(command: list[str], count: int) -> float:
    with serving(command) as server:
        before = server.resident()
        with idle_connections.held(server.port, count):
            return (server.resident() - before) / count / 1024
