"""ASGI: the smallest application, on Sennit, on uvicorn with uvloop and httptools, and on granian."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.processes import Server, serving_all
from benchmarks.programs import native
from benchmarks.rooms.http_servers import MISSING, ready, wrk

CONNECTIONS = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield what a request costs the server, and how many it answers in a second."""
    if not ready():
        yield Result("ASGI hello", "", "", [], note=MISSING)
        return
    commands = native(options, "asgi_sennit.py", uvicorn="http_uvicorn.py", granian="asgi_granian.py")
    name = f"ASGI hello, {CONNECTIONS} connections"
    rates: dict[str, list[float]] = {peer: [] for peer in commands}
    with serving_all(commands, options) as servers:
        turns = {
            peer: functools.partial(_turn, server, options.seconds, rates[peer])
            for peer, server in servers.items()
        }
        yield from compare(f"{name}, CPU", "us", turns, options, floors(), less_is_better=True)
        ours = rates.pop("sennit")
        for peer, theirs in rates.items():
            if theirs:
                yield Result(name, peer, "req/s", ours, theirs, floors().get(peer))


def _turn(server: Server, seconds: float, rates: list[float]) -> float:
    before = server.cpu_seconds()
    rate, count = wrk(server.port, CONNECTIONS, seconds)
    rates.append(rate)
    return (server.cpu_seconds() - before) / count * 1e6
