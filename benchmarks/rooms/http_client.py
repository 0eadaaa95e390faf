"""HTTP clients: answers had for each second of the client's CPU, 64 requests at a time on kept connections.

All of them ask one server, which does next to nothing.  The client's CPU is what bounds its rate; counting it
rather than the clock keeps other work on the machine out of the figure.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.processes import LOAD_CPU, BenchmarkError, output, python, serving
from benchmarks.programs import PEERS, contenders

CONCURRENT = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit's client asks, beside Twisted's and aiohttp's."""
    with serving([python(), str(PEERS / "http_fixed_server.py")]) as server:
        arguments = (str(server.port), str(options.seconds), str(CONCURRENT))
        commands = contenders(options, "http_client_program.py", *arguments, aiohttp="http_client_aiohttp.py")
        turns = {peer: functools.partial(_turn, command) for peer, command in commands.items()}
        name = f"GET, {CONCURRENT} at a time"
        yield from compare(name, "req/CPU-s", turns, options, floors())


def _turn(command: list[str]) -> float:
    text = output(command, cpu=LOAD_CPU)
    try:
        return float(text)
    except ValueError:
        raise BenchmarkError(f"{' '.join(command)} printed {text!r}") from None
