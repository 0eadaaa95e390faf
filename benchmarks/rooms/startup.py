"""Start-up: what importing Sennit costs beyond a bare interpreter; a reactor beside Twisted's."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Iterator

from conformance.environment import twisted_python

from benchmarks.harness import Options, Result, compare, python, timed

LIMITS = {"import sennit": 50.0, "sennit --help": 150.0}
FLOORS = {"twisted": 1.0}
REACTOR = "from twisted.internet import reactor"


def measure(options: Options) -> Iterator[Result]:
    """Yield milliseconds: of commands less what an empty program takes, and until there is a reactor."""
    commands = {
        "import sennit": [python(), "-c", "import sennit"],
        "sennit --help": [python(), "-m", "sennit", "--help"],
    }
    empty = [python(), "-c", "pass"]
    costs: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            costs[name].append(1000 * (timed(command) - timed(empty)))
    for name, figures in costs.items():
        yield Result(name, "", "ms", [statistics.median(figures)], floor=LIMITS[name])
    turns = {
        "sennit": functools.partial(
            timed, [python(), "-c", f"import sennit.twisted as t; t.install(); {REACTOR}"]
        ),
        "twisted": functools.partial(timed, [str(twisted_python()), "-c", REACTOR]),
    }
    yield from compare("a program's reactor", "s", turns, options, FLOORS, less_is_better=True)
