"""Logging: calls below the level that is wanted, and calls that are written to a file, by seconds of CPU."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_tables, floors
from benchmarks.programs import contenders


def measure(options: Options) -> Iterator[Result]:
    """Yield how many calls a second of CPU is good for, beside Twisted and the standard library."""
    seconds = str(options.seconds / 5)
    commands = contenders(options, "logging_program.py", seconds, stdlib="logging_stdlib.py")
    yield from compare_tables("/cpu s", commands, options, floors())
