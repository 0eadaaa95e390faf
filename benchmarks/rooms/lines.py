"""LineReceiver: lines of 64 bytes returned one by one, sixteen in flight on each of 50 connections."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.programs import contenders
from benchmarks.rooms.echo_servers import echo_turn, serving_warm

CONNECTIONS = 50
LINES = 16
BYTES = 64 * LINES


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate of lines, beside Twisted, and those who read line by line."""
    peers = {
        "asyncio": "lines_asyncio.py asyncio",
        "uvloop": "lines_asyncio.py uvloop",
        "gevent": "lines_gevent.py",
        "tornado": "lines_tornado.py",
    }
    what = f"{LINES} lines x {CONNECTIONS}"
    with serving_warm(contenders(options, "lines_program.py", **peers), options, "lines") as servers:
        turns = {
            peer: echo_turn(what, server, CONNECTIONS, BYTES, options.seconds, "lines")
            for peer, server in servers.items()
        }
        yield from compare_figures(turns, options, floors())
