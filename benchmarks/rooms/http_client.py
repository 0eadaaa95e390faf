"""HTTP clients: answers had for each second of the client's CPU, 64 requests at a time on kept connections.

All of them ask one server, which does next to nothing.  The client's CPU is what bounds its rate; counting it
rather than the clock keeps other work on the machine out of the figure.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator

from benchmarks.harness import (
    LOAD_CPU,
    PEERS,
    BenchmarkError,
    Options,
    Result,
    compare,
    contenders,
    output,
    python,
    serving,
)

CONCURRENT = 64
FLOORS = {"twisted": 2.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit's client asks, beside Twisted's and aiohttp's."""
    with serving([python(), str(PEERS / "http_fixed_server.py")]) as server:
        arguments = (str(server.port), str(options.seconds), str(CONCURRENT))
        commands = contenders("http_client_program.py", *arguments)
        if importlib.util.find_spec("aiohttp") is not None:
            commands["aiohttp"] = [python(), str(PEERS / "http_client_aiohttp.py"), *arguments]
        turns = {peer: functools.partial(_turn, command) for peer, command in commands.items()}
        name = f"GET, {CONCURRENT} at a time"
        yield from compare(name, "req/CPU-s", turns, options, FLOORS)


def _turn(command: list[str]) -> float:
    text = output(command, cpu=LOAD_CPU)
    try:
        return float(text)
    except ValueError:
        raise BenchmarkError(f"{' '.join(command)} printed {text!r}") from None
