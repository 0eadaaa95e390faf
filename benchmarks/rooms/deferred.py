"""Deferreds: the cases of `benchmarks.deferred_cases`, each on Sennit's module and on Twisted's."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.harness import SERVER_CPU, BenchmarkError, Options, Result, contenders, output

FLOOR = 1 / 0.7
IN_LOOP_FLOOR = 1.0
"""While a loop runs, a coroutine of ours is asyncio's current task at each step, which Twisted's is not."""


def measure(options: Options) -> Iterator[Result]:
    """Yield how many times a second each case runs, beside Twisted."""
    if not options.wants("twisted"):
        return
    figures: dict[str, list[dict[str, float]]] = {"sennit": [], "twisted": []}
    commands = list(contenders("deferred_program.py", str(options.seconds / 20)).items())
    for number in range(options.rounds):
        for peer, command in commands if number % 2 == 0 else reversed(commands):
            figures[peer].append(json.loads(output(command, cpu=SERVER_CPU)))
    cases = list(figures["sennit"][0])
    if not cases or any(list(each) != cases for rounds in figures.values() for each in rounds):
        raise BenchmarkError("the contenders did not run the same cases")
    for case in cases:
        ours, theirs = ([each[case] for each in figures[peer]] for peer in ("sennit", "twisted"))
        yield Result(case, "twisted", "/s", ours, theirs, IN_LOOP_FLOOR if "loop running" in case else FLOOR)
