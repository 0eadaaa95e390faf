"""Timers: a million set and cancelled, and a hundred thousand set and fired, by seconds of CPU."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_tables, floors
from benchmarks.programs import contenders

SET, FIRE = 1_000_000, 100_000


def measure(options: Options) -> Iterator[Result]:
    """Yield how many timers a second of CPU is good for, beside Twisted and bare loops."""
    loops = {"asyncio": "timers_asyncio.py asyncio", "uvloop": "timers_asyncio.py uvloop"}
    commands = contenders(options, "timers_program.py", str(SET), str(FIRE), **loops)
    yield from compare_tables("/cpu s", commands, options, floors())
