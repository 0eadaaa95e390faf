"""HTTP: requests answered a second by a small resource, with wrk on 64 kept-alive connections."""

from __future__ import annotations

import functools
import http.client
import importlib.util
import re
import shutil
from collections.abc import Iterator

from benchmarks.harness import (
    PEERS,
    BenchmarkError,
    Options,
    Result,
    compare,
    contenders,
    output,
    python,
    serving_all,
)

CONNECTIONS = 64
FLOORS = {"twisted": 3.0, "uvicorn": 1.0}
BODY = b"Hello, world!"


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit answers, beside Twisted and uvicorn."""
    if shutil.which("wrk") is None:
        yield Result(
            f"hello, {CONNECTIONS} connections",
            "",
            "",
            [],
            note="skipped: the load generator wrk is not installed",
        )
        return
    commands = contenders("http_program.py")
    if importlib.util.find_spec("uvicorn") is not None:
        commands["uvicorn"] = [python(), str(PEERS / "http_uvicorn.py")]
    with serving_all(commands, options) as servers:
        for server in servers.values():
            _check(server.port)
        turns = {
            peer: functools.partial(_turn, server.port, options.seconds) for peer, server in servers.items()
        }
        yield from compare(f"hello, {CONNECTIONS} connections", "req/s", turns, options, FLOORS)


def _turn(port: int, seconds: float) -> float:
    duration = max(1, round(seconds))
    report = output(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", f"http://127.0.0.1:{port}/"])
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if rate is None or "Non-2xx" in report or "Socket errors" in report:
        raise BenchmarkError(f"wrk was not answered well: {report}")
    return float(rate[1])


def _check(port: int) -> None:
    """See that the server answers right before it is measured."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        for _ in range(2):
            connection.request("GET", "/any/path")
            answer = connection.getresponse()
            if answer.status != 200 or answer.read() != BODY:
                raise BenchmarkError(f"the answer is wrong: {answer.status}")
    finally:
        connection.close()
