"""Memory: what 10,000 and 50,000 connections cost that say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import LEAN, Options, Result, compare_figures, floors
from benchmarks.load import idle_connections
from benchmarks.processes import serving
from benchmarks.rooms.echo_servers import everybody

ROUNDS = {10_000: 3, 50_000: 1}
"""By the number of connections: rounds differ by less than a hundredth, and connecting takes its time."""


def measure(options: Options) -> Iterator[Result]:
    """Yield the memory that a server holds with all its idle connections, and what each adds to it."""
    commands = everybody(options)
    floor = floors(twisted=LEAN)
    for count, rounds in ROUNDS.items():
        possible = idle_connections.limit(count)
        if possible < count:
            note = f"skipped: the system allows a process {possible + idle_connections.SPARE:,} descriptors"
            yield Result(f"{count:,} idle connections", "", "", [], note=note)
            continue
        turns = {
            peer: lambda command=command, count=count: _turn(command, count)
            for peer, command in commands.items()
        }
        yield from compare_figures(turns, options.few(rounds), floor, costs={"KiB"})


def _turn(command: list[str], count: int) -> dict[tuple[str, str], float]:
    with serving(command) as server:
        before = server.resident()
        with idle_connections.held(server.port, count):
            held = server.resident()
    return {
        (f"server with {count:,} idle", "KiB"): held / 1024,
        (f"each of {count:,} idle", "KiB"): (held - before) / count / 1024,
    }
