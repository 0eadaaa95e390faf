"""TCP: messages echoed a second, 100 connections with one message of 64 bytes in flight on each."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import PEERS, Options, Result, compare, contenders, python, serving
from benchmarks.load import echo_rate

CONNECTIONS = 100
BYTES = 64
FLOORS = {"uvloop": 0.95, "twisted": 2.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside uvloop's own protocol and Twisted."""
    commands = {**contenders("echo_program.py"), "uvloop": [python(), str(PEERS / "echo_uvloop.py")]}
    turns = {peer: functools.partial(_turn, command, options.seconds) for peer, command in commands.items()}
    yield from compare(f"{BYTES} bytes x {CONNECTIONS}", "msg/s", turns, options, FLOORS)


def _turn(command: list[str], seconds: float) -> float:
    with serving(command) as server:
        return echo_rate(server.port, CONNECTIONS, BYTES, seconds)
