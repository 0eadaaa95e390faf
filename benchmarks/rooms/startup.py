"""Start-up: what importing Sennit and its command cost beyond a bare interpreter; how soon it answers.

All of it is work and none of it waiting, so it is told in milliseconds of CPU.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Iterator

from conformance.environment import twisted_python

from benchmarks.harness import LEAN, Options, Result, compare, floors
from benchmarks.processes import python, serving, timed
from benchmarks.programs import contenders
from benchmarks.rooms.http_servers import everybody, see

LIMITS = {"import sennit": 50.0, "sennit --help": 150.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield milliseconds: of commands less what an empty program takes; until a reactor; until an answer."""
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
        yield Result(name, "", "CPU ms", [statistics.median(figures)], floor=LIMITS[name])
    for name, programs in (
        ("a program's reactor", contenders(options, "start_reactor.py")),
        ("a command's help", _help(options)),
    ):
        turns = {peer: functools.partial(_milliseconds, command) for peer, command in programs.items()}
        yield from compare(name, "CPU ms", turns, options, floors(twisted=LEAN), less_is_better=True)
    turns = {peer: functools.partial(_first, command) for peer, command in everybody(options).items()}
    yield from compare(
        "the first request answered", "CPU ms", turns, options, floors(twisted=LEAN), less_is_better=True
    )


def _help(options: Options) -> dict[str, list[str]]:
    """Return the commands that print what there is: Sennit's, and the nearest that Twisted has."""
    commands = {"sennit": [python(), "-m", "sennit", "--help"]}
    if options.against is not None:
        commands[options.against.name] = [*options.against.command(), "-m", "sennit", "--help"]
    if options.wants("twisted"):
        commands["twisted"] = [str(twisted_python()), "-m", "twisted", "--help"]
    return commands


def _milliseconds(command: list[str]) -> float:
    return 1000 * timed(command)


def _first(command: list[str]) -> float:
    with serving(command) as server:
        see(server.port)
        return 1000 * server.cpu_seconds()
