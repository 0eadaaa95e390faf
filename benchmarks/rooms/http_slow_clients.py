"""Slow clients: what 5,000 that send an octet a second leave for 64 fast ones; each of them gets 408.

A server that is busy all the time loses to them the share of its CPU that they take: this has the limit.
The rates beside each other say the same on a machine that is quiet, and where the load has CPUs to spare.
"""

from __future__ import annotations

import contextlib
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator

from benchmarks.harness import (
    HERE,
    LOAD_CPU,
    BenchmarkError,
    Options,
    Result,
    output,
    pinned,
    python,
    serving,
)
from benchmarks.load import idle_connections
from benchmarks.programs import PEERS

SLOW = 5000
FAST = 64
SHARE = 0.2
PATIENCE = 40
SETTLED = 1.0
"""Seconds until the server has accepted them all; that is another matter, and what `accept` measures."""


def measure(options: Options) -> Iterator[Result]:
    """Yield the share of a CPU that slow clients take, and the fast ones' rate beside them."""
    name = f"{FAST} fast beside {SLOW} slow"
    if shutil.which("wrk") is None:
        yield Result(name, "", "", [], note="skipped: the load generator wrk is not installed")
        return
    count = idle_connections.limit(SLOW)
    alone, beside, shares = [], [], []
    with serving([python(), str(PEERS / "http_slow_program.py")]) as server:
        for _ in range(min(options.rounds, 3)):
            alone.append(_rate(server.port, options.seconds))
            with _slow(server.port, count) as slow:
                time.sleep(SETTLED)
                before = server.cpu_seconds()
                time.sleep(options.seconds)
                shares.append((server.cpu_seconds() - before) / options.seconds)
                beside.append(_rate(server.port, options.seconds))
                late, other = _end(slow)
            if other or late != count:
                raise BenchmarkError(f"{late} slow clients of {count} were answered with 408.")
    yield Result(f"{count} slow clients", "", "of a CPU", shares, floor=SHARE)
    yield Result(name, "alone", "req/s", beside, alone)


@contextlib.contextmanager
def _slow(port: int, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [python(), str(HERE / "load" / "slow_clients.py"), str(port), str(count), str(PATIENCE)]
    process = subprocess.Popen(pinned(command, LOAD_CPU), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        if not ready or process.stdout.readline().strip() != "ready":
            raise BenchmarkError("The slow clients did not all connect.")
        yield process
    finally:
        process.kill()
        process.communicate()


def _end(process: subprocess.Popen[str]) -> tuple[int, int]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE + 20)
    late, other = process.stdout.readline().split() if ready else (0, 0)
    return int(late), int(other)


def _rate(port: int, seconds: float) -> float:
    duration = max(1, round(seconds))
    report = output(["wrk", "-t1", f"-c{FAST}", f"-d{duration}s", f"http://127.0.0.1:{port}/"])
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if rate is None or "Non-2xx" in report:
        raise BenchmarkError(f"wrk was not answered well: {report}")
    return float(rate[1])
