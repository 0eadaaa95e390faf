"""UNIX sockets: messages echoed a second, 100 connections with one message of 64 bytes in flight on each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.rooms.echo_servers import LIMIT, echo_turn, serving_warm, with_paths

CONNECTIONS = 100
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside bare loops, Twisted, and a C program."""
    what = f"{BYTES} B x {CONNECTIONS}"
    with tempfile.TemporaryDirectory(prefix="sennit-bench-") as home:
        commands, paths = {}, {}
        for peer, command in with_paths(options, "{path}").items():
            paths[peer] = f"{home}/{peer}"
            commands[peer] = [word.format(path=paths[peer]) for word in command]
        with serving_warm(commands, options, paths=paths) as servers:
            turns = {
                peer: echo_turn(what, server, CONNECTIONS, BYTES, options.seconds, path=paths[peer])
                for peer, server in servers.items()
            }
            yield from compare_figures(turns, options, floors(limit=LIMIT))
