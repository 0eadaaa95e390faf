"""callFromThread: calls from a thread that are made in the reactor's, by seconds of CPU of both."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_tables, floors
from benchmarks.programs import contenders

CALLS = 100_000


def measure(options: Options) -> Iterator[Result]:
    """Yield how many calls a second of CPU is good for, beside Twisted and bare loops."""
    loops = {"asyncio": "threads_asyncio.py asyncio", "uvloop": "threads_asyncio.py uvloop"}
    commands = contenders(options, "threads_program.py", str(CALLS), **loops)
    yield from compare_tables("/cpu s", commands, options, floors())
