"""What puts load on the servers: small programs of our own, in C where there is a compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from conformance.environment import ROOT

from benchmarks.harness import BenchmarkError, Server, output, python
from benchmarks.load import idle_connections

__all__ = ["datagrams_per_cpu_second", "echo_rate", "idle_connections", "tls_generator"]

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
    return _echo(port, connections, size, seconds, udp)[0]


def datagrams_per_cpu_second(server: Server, clients: int, size: int, seconds: float) -> float:
    """Return how many datagrams a server echoes for each second of its CPU.

    Args:
        server: The server.
        clients: How many send, each with one datagram in flight.
        size: The bytes of a datagram.
        seconds: How long to count.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    before = server.cpu_seconds()
    _, count = _echo(server.port, clients, size, seconds, udp=True)
    return count / (server.cpu_seconds() - before)


def _echo(port: int, connections: int, size: int, seconds: float, udp: bool) -> tuple[float, int]:
    arguments = [str(port), str(connections), str(size), str(seconds), *(["udp"] if udp else [])]
    report = output([*_generator(), *arguments]).split()
    if len(report) != 4 or report[1] != "msg/s":
        raise BenchmarkError(f"the load generator said {report}")
    return float(report[0]), int(report[2])


def tls_generator() -> list[str] | None:
    """Return the command of the load generator for TLS; None where it cannot be compiled."""
    binary = _compiled("tlsload.c", "-lssl", "-lcrypto")
    return None if binary is None else [binary]


def _generator() -> list[str]:
    """Return the command of the load generator: the C one, or Python's where it cannot be compiled."""
    binary = _compiled("echoload.c")
    return [python(), str(HERE / "echoload.py")] if binary is None else [binary]


def _compiled(name: str, *libraries: str) -> str | None:
    """Return the path of a program in C, compiled when it has changed; None where that cannot be done."""
    source = HERE / name
    binary = ROOT / ".cache" / source.stem
    if binary.exists() and binary.stat().st_mtime >= source.stat().st_mtime:
        return str(binary)
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    binary.parent.mkdir(exist_ok=True)
    # Beside its place, and moved there whole: others may be compiling or running it.
    fresh = binary.with_name(f"{source.stem}.{os.getpid()}")
    command = [compiler, "-O2", "-o", fresh, source, *libraries]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    fresh.replace(binary)
    return str(binary)
