"""Growth: work of ten and a hundred times the size costs no more than 11 and 120 times as much.

The figure is the cost, in seconds of CPU, by that of the smallest size, which is done so often that it
lasts as long.  The collector of garbage is off, and memory that was once had is kept: how these and the
system's paging grow is not ours.  What remains is that more work fits less well into the processor's caches.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from benchmarks.harness import Options, Result
from benchmarks.processes import SERVER_CPU, BenchmarkError, output
from benchmarks.programs import contenders

KEEPING = ("PYTHONMALLOC=malloc", f"MALLOC_TRIM_THRESHOLD_={1 << 36}", f"MALLOC_MMAP_THRESHOLD_={1 << 36}")
LIMITS = {10: 11.0, 100: 120.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield how much more ten and a hundred times the work costs."""
    alone = dataclasses.replace(options, peers=frozenset(), against=None)
    command = ["env", *KEEPING, *contenders(alone, "growth_program.py")["sennit"]]
    rounds = [_growth(command) for _ in range(options.rounds)]
    for name in rounds[0]:
        for index, (times, limit) in enumerate(LIMITS.items()):
            yield Result(f"{name}, {times} x", "", "x", [each[name][index] for each in rounds], floor=limit)


def _growth(command: list[str]) -> dict[str, list[float]]:
    text = output(command, cpu=SERVER_CPU)
    try:
        figures = json.loads(text)
    except ValueError:
        figures = None
    if not figures or any(len(each) != len(LIMITS) or min(each) <= 0 for each in figures.values()):
        raise BenchmarkError(f"{' '.join(command)} printed {text!r}")
    return figures
