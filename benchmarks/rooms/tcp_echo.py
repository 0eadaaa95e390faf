"""TCP: messages echoed a second, for 1, 100 and 1,000 connections with one message in flight on each.

With one connection the server and the load wait for each other by turns, and the system's waking them
bounds the rate; so the messages for each second of the server's CPU are given too.  With large messages the
system's copying is most of what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.load import idle_connections
from benchmarks.rooms.echo_servers import LIMIT, echo_turn, everybody, serving_warm

CONNECTIONS = (1, 100, 1000)
SIZES = {64: "64 B", 1024: "1 KiB", 65536: "64 KiB"}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside everybody."""
    idle_connections.limit(max(CONNECTIONS))
    with serving_warm(everybody(options), options) as servers:
        for connections in CONNECTIONS:
            floor = floors(limit=LIMIT) if connections == 100 else floors()
            for size, words in SIZES.items():
                turns = {
                    peer: echo_turn(f"{words} x {connections}", server, connections, size, options.seconds)
                    for peer, server in servers.items()
                }
                yield from compare_figures(turns, options, floor)
