"""Slow clients: what 5,000 that send an octet a second leave for 64 fast ones; each of them gets 408.

A server that is busy all the time loses to them the share of its CPU that they take: this has the limit.
The rates beside each other say the same on a machine that is quiet, and where the load has CPUs to spare.
"""

from __future__ import annotations

import contextlib
import select
import subprocess
import time
from collections.abc import Iterator

from benchmarks.harness import Options, Result
from benchmarks.load import idle_connections
from benchmarks.processes import HERE, LOAD_CPU, BenchmarkError, pinned, python, serving
from benchmarks.programs import PEERS
from benchmarks.rooms.http_servers import MISSING, ready, wrk_rate

SLOW = 5000
FAST = 64
SHARE = 0.2
PATIENCE = 40
SETTLED = 1.0
"""Seconds until the server has accepted them all; that is another matter, and what `accept` measures."""


def measure(options: Options) -> Iterator[Result]:
    """Yield the share of a CPU that slow clients take, and the fast ones' rate beside them."""
    name = f"{FAST} fast beside {SLOW} slow"
    if not ready():
        yield Result(name, "", "", [], note=MISSING)
        return
    count = idle_connections.limit(SLOW)
    alone, beside, shares = [], [], []
    with serving([python(), str(PEERS / "http_slow_program.py")]) as server:
        for _ in range(options.rounds):
            alone.append(wrk_rate(server.port, FAST, options.seconds))
            with _slow(server.port, count) as slow:
                time.sleep(SETTLED)
                before = server.cpu_seconds()
                time.sleep(options.seconds)
                shares.append((server.cpu_seconds() - before) / options.seconds)
                beside.append(wrk_rate(server.port, FAST, options.seconds))
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
