"""ASGI: the smallest application, on Sennit and on uvicorn with uvloop and httptools."""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
from collections.abc import Iterator

from benchmarks.harness import (
    PEERS,
    BenchmarkError,
    Options,
    Result,
    Server,
    compare,
    output,
    python,
    serving_all,
)

CONNECTIONS = 64
FLOORS = {"uvicorn": 1.0}


def measure(options: Options) -> Iterator[Result]:
    """Yield what a request costs the server, and how many it answers in a second."""
    if shutil.which("wrk") is None or importlib.util.find_spec("uvicorn") is None:
        yield Result("ASGI hello", "", "", [], note="skipped: wrk or uvicorn is not installed")
        return
    commands = {
        "sennit": [python(), str(PEERS / "asgi_sennit.py")],
        "uvicorn": [python(), str(PEERS / "http_uvicorn.py")],
    }
    name = f"ASGI hello, {CONNECTIONS} connections"
    rates: dict[str, list[float]] = {peer: [] for peer in commands}
    with serving_all(commands, options) as servers:
        turns = {
            peer: functools.partial(_turn, server, options.seconds, rates[peer])
            for peer, server in servers.items()
        }
        yield from compare(f"{name}, CPU", "us", turns, options, FLOORS, less_is_better=True)
        if len(servers) == len(rates):
            yield Result(name, "uvicorn", "req/s", rates["sennit"], rates["uvicorn"], FLOORS["uvicorn"])


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
