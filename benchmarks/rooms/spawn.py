"""Child processes: how many a second are started and reaped, where they are and in a folder of their own.

Children run on the processor of their parent, and most of the time is their own: the kernel loads /bin/true,
and that ends.  A loop of nothing but `os.posix_spawn` and `os.waitpid`, with no pipes and nobody told, is the
``bare`` peer: no framework can be faster.  In a folder,
Twisted copies its memory for each child, and Sennit does not.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from benchmarks.harness import Options, Result, compare
from benchmarks.processes import SERVER_CPU, BenchmarkError, output
from benchmarks.programs import contenders

FLOORS: Mapping[str, Mapping[str, float]] = {
    "spawn and reap": {"twisted": 1.5},
    "spawn and reap, in a folder": {"twisted": 1.5},
}
FOLDERS = {"spawn and reap": "", "spawn and reap, in a folder": "/"}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rates beside Twisted, and beside the system alone."""
    for name, folder in FOLDERS.items():
        bare = {} if folder else {"bare": "spawn_bare.py"}
        commands = contenders(options, "spawn_program.py", str(options.seconds), folder, **bare)
        turns = {peer: functools.partial(_turn, command) for peer, command in commands.items()}
        yield from compare(name, "/s", turns, options, FLOORS[name])


def _turn(command: list[str]) -> float:
    text = output(command, cpu=SERVER_CPU)
    try:
        return float(text)
    except ValueError:
        raise BenchmarkError(f"{' '.join(command)} printed {text!r}") from None
