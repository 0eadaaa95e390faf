"""What the rooms that measure TLS share: the contenders, and a turn of each."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.harness import BenchmarkError, Options, Server, output
from benchmarks.programs import contenders
from sennit.tls import write_certificate

__all__ = ["commands", "cpu_turn", "echo_turn"]


@contextlib.contextmanager
def commands(options: Options) -> Iterator[dict[str, list[str]]]:
    """Give the commands that run an echo server under TLS, on Sennit and on its peers."""
    with tempfile.TemporaryDirectory(prefix="sennit-bench-") as directory:
        pem, _ = write_certificate(Path(directory), ["localhost"])
        yield contenders(options, "tls_echo_program.py", str(pem), uvloop="tls_echo_uvloop.py")


def echo_turn(server: Server, load: Sequence[str]) -> float:
    """Return the messages a second that the load generator reports.

    Args:
        server: The server.
        load: The load generator; ``{port}`` stands for the server's port.
    """
    return _load(load, server.port, "msg/s")[0]


def cpu_turn(server: Server, load: Sequence[str]) -> float:
    """Return how many messages or connections there were for each second of the server's CPU."""
    before = server.cpu_seconds()
    _, count = _load(load, server.port, "conn/s" if "handshake" in load else "msg/s")
    return count / (server.cpu_seconds() - before)


def _load(load: Sequence[str], port: int, unit: str) -> tuple[float, float]:
    report = output([word.format(port=port) for word in load]).split()
    if len(report) != 4 or report[1] != unit:
        raise BenchmarkError(f"the load generator said {report}")
    return float(report[0]), float(report[2])
