"""ASGI: the smallest application, on Sennit, on uvicorn with uvloop and httptools, and on granian."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator

from benchmarks.harness import (
    BenchmarkError,
    Options,
    Result,
    Server,
    compare,
    floors,
    output,
    serving_all,
)
from benchmarks.programs import native

CONNECTIONS = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield what a request costs the server, and how many it answers in a second."""
    if shutil.which("wrk") is None:
        yield Result("ASGI hello", "", "", [], note="skipped: the load generator wrk is not installed")
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
    duration = max(1, round(seconds))
    url = f"http://127.0.0.1:{server.port}/"
    report = output(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", url])
    count = re.search(r"(\d+) requests in", report)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if count is None or rate is None or "Non-2xx" in report or "Socket errors" in report:
        raise BenchmarkError(f"wrk was not answered well: {report}")
    rates.append(float(rate[1]))
    return (server.cpu_seconds() - before) / int(count[1]) * 1e6
