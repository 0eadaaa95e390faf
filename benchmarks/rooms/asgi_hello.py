"""ASGI: the smallest application, on Sennit, on uvicorn with uvloop and httptools, and on granian."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
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
    with serving_all(commands, options) as servers:
        turns = {peer: functools.partial(_turn, server, options.seconds) for peer, server in servers.items()}
        yield from compare_figures(turns, options, floors(), costs={"us"})


def _turn(server: Server, seconds: float) -> dict[tuple[str, str], float]:
    before = server.cpu_seconds()
    rate, count = wrk(server.port, CONNECTIONS, seconds)
    cost = (server.cpu_seconds() - before) / count * 1e6
    name = f"ASGI hello, {CONNECTIONS} connections"
    return {(f"{name}, CPU", "us"): cost, (name, "req/s"): rate}
