"""WebSocket: messages echoed, by rate and by the server's CPU, beside the package websockets, and aiohttp."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
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
            rates: dict[str, list[float]] = {peer: [] for peer in servers}
            turns = {
                peer: functools.partial(_turn, server, size, options.seconds, rates[peer])
                for peer, server in servers.items()
            }
            name = f"websocket echo of {size} B"
            yield from compare(f"{name}, CPU", "us", turns, options, floors(), less_is_better=True)
            ours = rates.pop("sennit")
            for peer, theirs in rates.items():
                yield Result(name, peer, "msg/s", ours, theirs, floors().get(peer))


def _turn(server: Server, size: int, seconds: float, rates: list[float]) -> float:
    """Return the microseconds of the server's CPU that a message takes; note how many there were a second."""
    before = server.cpu_seconds()
    command = [python(), str(HERE / "load" / "websocket_echo.py")]
    rate = float(output([*command, str(server.port), str(CONNECTIONS), str(size), str(seconds)]))
    rates.append(rate)
    return (server.cpu_seconds() - before) / (rate * seconds) * 1e6
