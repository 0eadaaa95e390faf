"""Connections accepted a second: each is for one message of 64 bytes and its echo, and is closed cleanly."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.rooms.echo_servers import echo_turn, everybody, serving_warm

AT_ONCE = 50
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate, and the connections for each second of the server's CPU: the load has as much to do."""
    with serving_warm(everybody(options), options, "connect") as servers:
        what = f"connections, {AT_ONCE} at once"
        turns = {
            peer: echo_turn(what, server, AT_ONCE, BYTES, options.seconds, "connect")
            for peer, server in servers.items()
        }
        yield from compare_figures(turns, options, floors())
