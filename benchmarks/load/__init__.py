"""What puts load on the servers: small programs of our own, in C where there is a compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from conformance.environment import ROOT

from benchmarks.harness import BenchmarkError, output, python
from benchmarks.load import idle_connections

__all__ = ["echo_rate", "idle_connections"]

HERE = Path(__file__).resolve().parent


def echo_rate(port: int, connections: int, size: int, seconds: float, *, udp: bool = False) -> float:
    """Return how many messages a second the echo server at `port` returns.

    Args:
        port: Where it listens on 127.0.0.1.
        connections: How many connections to hold, each with one message in flight.
        size: The bytes of a message.
        seconds: How long to count.
        udp: Send datagrams; else over TCP.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    arguments = [str(port), str(connections), str(size), str(seconds), *(["udp"] if udp else [])]
    report = output([*_generator(), *arguments]).split()
    if len(report) != 2 or report[1] != "msg/s":
        raise BenchmarkError(f"the load generator said {report}")
    return float(report[0])


def _generator() -> list[str]:
    """Return the command of the load generator: the C one, compiled when it has changed, or Python's."""
    source = HERE / "echoload.c"
    binary = ROOT / ".cache" / "echoload"
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return [str(binary)]
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is not None:
        binary.parent.mkdir(exist_ok=True)
        # Beside its place, and moved there whole: others may be compiling or running it.
        fresh = binary.with_name(f"echoload.{os.getpid()}")
        made = subprocess.run([compiler, "-O2", "-o", fresh, source], capture_output=True, check=False)
        if made.returncode == 0:
            fresh.replace(binary)
            return [str(binary)]
    return [python(), str(HERE / "echoload.py")]
