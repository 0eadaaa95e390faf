"""Memory: what 10,000 connections cost that say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, contenders, serving
from benchmarks.load import idle_connections

CONNECTIONS = 10_000
FLOOR = 1 / 0.8


def measure(options: Options) -> Iterator[Result]:
    """Yield the memory that a server holds with all its idle connections, and what each adds to it."""
    count = idle_connections.limit(CONNECTIONS)
    figures: dict[str, list[tuple[float, float]]] = {"sennit": [], "twisted": []}
    for _ in range(min(options.rounds, 2)):
        for peer, command in contenders("echo_program.py").items():
            if peer == "sennit" or options.wants(peer):
                figures[peer].append(_turn(command, count))
    names = ((f"server with {count} idle", "MiB", FLOOR), ("each idle connection", "KiB", None))
    for index, (name, unit, floor) in enumerate(names):
        ours, theirs = ([figure[index] for figure in figures[peer]] for peer in ("sennit", "twisted"))
        peer = "twisted" if theirs else ""
        yield Result(name, peer, unit, ours, theirs, floor if theirs else None, less_is_better=True)


def _turn(command: list[str], count: int) -> tuple[float, float]:
    with serving(command) as server:
        before = server.resident()
        with idle_connections.held(server.port, count):
            held = server.resident()
    return held / 1024 / 1024, (held - before) / count / 1024
