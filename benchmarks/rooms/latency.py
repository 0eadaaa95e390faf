"""Latency: what a message of 64 bytes takes to come back at half of the rate that the server can reach.

Messages start by the clock, on 100 connections by turns, and count from when they should have started: a
server that stops for a moment is charged for all that had to wait.  Each contender has half of its own top
rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors, serving_all
from benchmarks.load import can_pace, echo_rate, latencies
from benchmarks.rooms.echo_servers import everybody

CONNECTIONS = 100
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the median, and what one in a hundred and one in a thousand messages passes."""
    if not can_pace():
        yield Result("latency", "", "", [], note="skipped: it needs a C compiler")
        return
    commands = everybody(options)
    with serving_all(commands, options) as servers:
        tops = {
            peer: echo_rate(server.port, CONNECTIONS, BYTES, options.seconds)
            for peer, server in servers.items()
        }

        def turn(peer: str) -> dict[tuple[str, str], float]:
            port = servers[peer].port
            figures = latencies(port, CONNECTIONS, BYTES, options.seconds, tops[peer] / 2)
            return {(f"{name} at half of its top rate", "us"): figure for name, figure in figures.items()}

        turns = {peer: lambda peer=peer: turn(peer) for peer in servers}
        yield from compare_figures(turns, options, floors(), less_is_better=True)
