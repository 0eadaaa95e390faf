"""What the rooms that measure web servers share: the contenders, a turn of each, and a look at the answer."""

from __future__ import annotations

import http.client
import re
import shutil

from benchmarks.harness import Options
from benchmarks.processes import BenchmarkError, output
from benchmarks.programs import contenders

__all__ = ["MISSING", "everybody", "ready", "see", "wrk", "wrk_rate"]

MISSING = "skipped: the load generator wrk is not installed"
SHORTEST = 0.6
"""Seconds for which wrk has to run: it looks ten times a second whether it is to end."""
HELLO = b"Hello, world!"


def everybody(options: Options) -> dict[str, list[str]]:
    """Return the commands of the web servers: each says hello, and tells an upload's length."""
    return contenders(
        options,
        "http_program.py",
        uvicorn="http_uvicorn.py",
        granian="asgi_granian.py",
        aiohttp="http_aiohttp.py",
        tornado="http_tornado.py",
        node="http_node.js",
    )


def ready() -> bool:
    """Return whether wrk is there."""
    return shutil.which("wrk") is not None


def see(port: int, body: bytes | None = None) -> None:
    """See that a server answers right, twice on one connection.

    Args:
        port: Where it listens.
        body: What to upload; None to ask for a page.

    Raises:
        BenchmarkError: If it does not.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    method, wanted = ("GET", HELLO) if body is None else ("POST", str(len(body)).encode())
    try:
        for _ in range(2):
            connection.request(method, "/any/path", body)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 200 or said != wanted:
                raise BenchmarkError(f"the answer is wrong: {answer.status} {said[:80]!r}")
    except (OSError, http.client.HTTPException) as error:
        raise BenchmarkError(f"there is no answer: {error}") from error
    finally:
        connection.close()


def wrk(port: int, connections: int, seconds: float, *options: str) -> tuple[float, int]:
    """Return how many requests a second a server answers, and how many it has answered.

    wrk takes whole seconds alone, and prints what it has when it is interrupted.

    Raises:
        BenchmarkError: If an answer is not well.
    """
    command = ["wrk", "-t1", f"-c{connections}", "-d1h", *options, f"http://127.0.0.1:{port}/"]
    report = output(command, seconds=max(seconds, SHORTEST))
    count = re.search(r"(\d+) requests in", report)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if count is None or rate is None or "Non-2xx" in report or "Socket errors" in report:
        raise BenchmarkError(f"wrk was not answered well: {report}")
    return float(rate[1]), int(count[1])


def wrk_rate(port: int, connections: int, seconds: float, *options: str) -> float:
    """Return how many requests a second a server answers; else as `wrk`."""
    return wrk(port, connections, seconds, *options)[0]
