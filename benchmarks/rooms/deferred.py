"""Deferreds: the cases of `benchmarks.deferred_cases`, each on Sennit's module and on Twisted's."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_tables
from benchmarks.programs import contenders
from sennit.core.native import core_in_use

FLOOR, IN_LOOP_FLOOR = (1 / 0.35, 2.0) if core_in_use() == "compiled" else (1 / 0.7, 1.0)
"""While a loop runs, a coroutine of ours is asyncio's current task at each step, which Twisted's is not."""


def measure(options: Options) -> Iterator[Result]:
    """Yield how many times a second each case runs, beside Twisted."""
    commands = contenders(options, "deferred_program.py", str(options.seconds / 20))
    for result in compare_tables("/s", commands, options, {"twisted": FLOOR}):
        if "loop running" in result.name and result.floor is not None:
            result.floor = IN_LOOP_FLOOR
        yield result
