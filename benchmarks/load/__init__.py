"""What puts load on the servers: small programs of our own, in C where there is a compiler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.load import idle_connections
from benchmarks.processes import BenchmarkError, Server, output, python
from benchmarks.programs import compiled

__all__ = [
    "can_pace",
    "echo_rates",
    "idle_connections",
    "latencies",
    "tls_generator",
    "tls_rates",
]

HERE = Path(__file__).resolve().parent


def echo_rates(
    server: Server, connections: int, size: int, seconds: float, mode: str = "tcp", path: str = ""
) -> tuple[float, float]:
    """Return how many messages a server echoes in a second, and for each second of its CPU.

    Args:
        server: The server.
        connections: How many to hold, each with one message in flight.
        size: The bytes of a message.
        seconds: How long to count.
        mode: How: ``tcp``, ``udp``, ``lines`` (of 64 bytes, as many as fit `size`; these are counted), or
            ``connect`` (a connection for each message; these are counted).
        path: The server's UNIX socket; by default its port is connected to.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    report = _report(server, path, connections, size, seconds, mode)
    return _rates(report.split(), "msg/s", "msg/cpu-s")


def latencies(server: Server, connections: int, size: int, seconds: float, rate: float) -> Counter[float]:
    """Return what messages took that start `rate` times a second, whether or not those before have come back.

    Args:
        server: The server.
        connections: How many connections take them by turns.
        size: The bytes of a message.
        seconds: How long to count.
        rate: How many start a second.

    Returns:
        How many messages took how many microseconds, from when they should have started.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    report = _report(server, "", connections, size, seconds, "paced", rate)
    try:
        lines = [line.split() for line in report.splitlines()]
        return Counter({float(took): int(count) for took, count in lines})
    except ValueError:
        raise BenchmarkError(f"the load generator said {report[:400]!r}") from None


def can_pace() -> bool:
    """Return whether `latencies` can be had: only the load generator in C is quick enough."""
    return len(_generator()) == 1


def tls_rates(server: Server, what: str, *numbers: float) -> tuple[float, float]:
    """Return how much a server under TLS does in a second, and for each second of its CPU.

    Args:
        server: The server.
        what: ``echo`` or ``handshake``.
        *numbers: How many connections, for ``echo`` the bytes of a message, and how many seconds to count.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    words = [what, server.port, server.process.pid, *numbers]
    report = output([*(tls_generator() or ()), *map(str, words)]).split()
    unit = "conn" if what == "handshake" else "msg"
    return _rates(report, f"{unit}/s", f"{unit}/cpu-s")


def tls_generator() -> list[str] | None:
    """Return the command of the load generator for TLS; None where it cannot be compiled."""
    binary = compiled(HERE / "tlsload.c", "-lssl", "-lcrypto")
    return None if binary is None else [binary]


def _report(server: Server, path: str, *arguments: float | str) -> str:
    return output([*_generator(), *map(str, (path or server.port, server.process.pid, *arguments))])


def _rates(report: Sequence[str], *units: str) -> tuple[float, float]:
    if tuple(report[1::2]) != units:
        raise BenchmarkError(f"the load generator said {report}")
    return float(report[0]), float(report[2])


def _generator() -> list[str]:
    """Return the command of the load generator: the C one, or Python's where it cannot be compiled."""
    binary = compiled(HERE / "echoload.c")
    return [python(), str(HERE / "echoload.py")] if binary is None else [binary]
