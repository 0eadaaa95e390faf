"""Start-up: what importing Sennit, and its command, cost beyond a bare interpreter."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.harness import Options, Result, python, timed

IMPORT_LIMIT = 50.0


def measure(options: Options) -> Iterator[Result]:
    """Yield milliseconds, each less what an empty program takes."""
    commands = {
        "import sennit": [python(), "-c", "import sennit"],
        "import sennit.twisted, install": [python(), "-c", "import sennit.twisted as t; t.install()"],
        "import twisted.internet.reactor": [
            python(),
            "-c",
            "import sennit.twisted as t; t.install(); import twisted.internet.reactor",
        ],
        "sennit --help": [python(), "-m", "sennit", "--help"],
    }
    empty = [python(), "-c", "pass"]
    costs: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds * 2):
        for name, command in commands.items():
            costs[name].append(1000 * (timed(command) - timed(empty)))
    for name, figures in costs.items():
        limit = IMPORT_LIMIT if name == "import sennit" else None
        yield Result(name, "", "ms", [statistics.median(figures)], floor=limit)
