"""TCP: messages echoed a second, 100 connections with one message of 64 bytes in flight on each."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import PEERS, Options, Result, compare, contenders, python, serving_all
from benchmarks.load import echo_rate

CONNECTIONS = 100
BYTES = 64
FLOORS = {"uvloop": 0.97, "twisted": 2.2}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside uvloop's own protocol and Twisted."""
    commands = {**contenders("echo_program.py"), "uvloop": [python(), str(PEERS / "echo_uvloop.py")]}
    with serving_all(commands, options) as servers:
        turns = {
            peer: functools.partial(echo_rate, server.port, CONNECTIONS, BYTES, options.seconds)
            for peer, server in servers.items()
        }
        yield from compare(f"{BYTES} bytes x {CONNECTIONS}", "msg/s", turns, options, FLOORS)
