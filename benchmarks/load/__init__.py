"""What puts load on the servers: small programs of our own, in C where there is a compiler."""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import BenchmarkError, Server, output, python
from benchmarks.load import idle_connections
from benchmarks.programs import compiled

__all__ = [
    "can_pace",
    "datagrams_per_cpu_second",
    "echo_figures",
    "echo_rate",
    "idle_connections",
    "latencies",
    "per_cpu_second",
    "tls_generator",
]

HERE = Path(__file__).resolve().parent


def echo_rate(address: int | str, connections: int, size: int, seconds: float, mode: str = "tcp") -> float:
    """Return how many messages a second the echo server at `address` returns.

    Args:
        address: Its port on 127.0.0.1, or the path of its UNIX socket.
        connections: How many connections to hold, each with one message in flight.
        size: The bytes of a message.
        seconds: How long to count.
        mode: How: ``tcp``, ``udp``, ``lines`` (of 64 bytes, as many as fit `size`; these are counted), or
            ``connect`` (a connection for each message; these are counted).

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    return _echo(address, connections, size, seconds, mode)[0]


def echo_figures(
    server: Server, address: int | str, connections: int, size: int, seconds: float, mode: str = "tcp"
) -> tuple[float, float]:
    """Return how many messages a server echoes in a second, and for each second of its CPU.

    Args:
        server: The server.
        address: As for `echo_rate`, as are the others.
        connections: How many to hold.
        size: The bytes of a message.
        seconds: How long to count.
        mode: How.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    before = server.cpu_seconds()
    rate, count = _echo(address, connections, size, seconds, mode)
    return rate, count / (server.cpu_seconds() - before)


def per_cpu_second(server: Server, connections: int, size: int, seconds: float, mode: str = "tcp") -> float:
    """Return how many messages a server echoes for each second of its CPU; else as `echo_figures`."""
    return echo_figures(server, server.port, connections, size, seconds, mode)[1]


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
    return per_cpu_second(server, clients, size, seconds, "udp")


def latencies(port: int, connections: int, size: int, seconds: float, rate: float) -> dict[str, float]:
    """Return what messages took that start `rate` times a second, whether or not those before have come back.

    Args:
        port: Where the server listens on 127.0.0.1.
        connections: How many connections take them by turns.
        size: The bytes of a message.
        seconds: How long to count.
        rate: How many start a second.

    Returns:
        Microseconds, for ``p50``, ``p99`` and ``p99.9``.

    Raises:
        BenchmarkError: If something else than what was sent came back.
    """
    report = _report(port, connections, size, seconds, "paced", str(rate))
    if len(report) != 6 or report[3] != "us":
        raise BenchmarkError(f"the load generator said {report}")
    return dict(zip(("p50", "p99", "p99.9"), map(float, report), strict=False))


def can_pace() -> bool:
    """Return whether `latencies` can be had: only the load generator in C is quick enough."""
    return len(_generator()) == 1


def _echo(address: int | str, connections: int, size: int, seconds: float, mode: str) -> tuple[float, int]:
    report = _report(address, connections, size, seconds, mode)
    if len(report) != 4 or report[1] != "msg/s":
        raise BenchmarkError(f"the load generator said {report}")
    return float(report[0]), int(report[2])


def _report(*arguments: float | str) -> list[str]:
    return output([*_generator(), *map(str, arguments)]).split()


def tls_generator() -> list[str] | None:
    """Return the command of the load generator for TLS; None where it cannot be compiled."""
    binary = compiled(HERE / "tlsload.c", "-lssl", "-lcrypto")
    return None if binary is None else [binary]


def _generator() -> list[str]:
    """Return the command of the load generator: the C one, or Python's where it cannot be compiled."""
    binary = compiled(HERE / "echoload.c")
    return [python(), str(HERE / "echoload.py")] if binary is None else [binary]
