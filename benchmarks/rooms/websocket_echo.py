"""WebSocket: messages echoed, by rate and by the server's CPU, beside the package websockets, and aiohttp."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.processes import HERE, Server, output, python, serving_all
from benchmarks.programs import native

CONNECTIONS = 32
SIZES = (64, 4096)


def measure(options: Options) -> Iterator[Result]:
    """Yield what an echoed message costs the server, and how many there are in a second."""
    commands = native(
        options, "websocket_sennit.py", websockets="websocket_package.py", aiohttp="websocket_aiohttp.py"
    )
    with serving_all(commands, options) as servers:
        for size in SIZES:
            turns = {
                peer: functools.partial(_turn, server, size, options.seconds)
                for peer, server in servers.items()
            }
            yield from compare_figures(turns, options, floors(), costs={"us"})


def _turn(server: Server, size: int, seconds: float) -> dict[tuple[str, str], float]:
    """Return the microseconds of the server's CPU that a message takes, and how many there are a second."""
    numbers = (server.port, server.process.pid, CONNECTIONS, size, seconds)
    rate, cost = output([python(), str(HERE / "load" / "websocket_echo.py"), *map(str, numbers)]).split()
    name = f"websocket echo of {size} B"
    return {(f"{name}, CPU", "us"): float(cost), (name, "msg/s"): float(rate)}
