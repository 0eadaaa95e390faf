"""UNIX sockets: messages echoed a second, 100 connections with one message of 64 bytes in flight on each."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.processes import serving
from benchmarks.rooms.echo_servers import LIMIT, echo_turn, with_paths

CONNECTIONS = 100
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside bare loops, Twisted, and a C program."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="sennit-bench-"))
        turns = {}
        for peer, command in with_paths(options, "{path}").items():
            path = f"{home}/{peer}"
            server = stack.enter_context(serving([word.format(path=path) for word in command]))
            turns[peer] = echo_turn(
                f"{BYTES} B x {CONNECTIONS}", server, CONNECTIONS, BYTES, options.seconds, path=path
            )
        yield from compare_figures(turns, options, floors(limit=LIMIT))
