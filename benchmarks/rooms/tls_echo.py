"""TLS: messages echoed a second, 100 connections with one message of 64 bytes in flight on each.

The load generator does as much cryptography as the server, and may be the slower of the two; so the messages
for each second of the server's CPU are given too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare_figures, floors
from benchmarks.load import tls_generator, tls_rates
from benchmarks.processes import Server, serving_all
from benchmarks.rooms.tls_servers import commands

CONNECTIONS = 100
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside asyncio's TLS on uvloop, and Twisted."""
    name = f"{BYTES} bytes x {CONNECTIONS}"
    if tls_generator() is None:
        yield Result(name, "", "", [], note="skipped: it needs a C compiler and OpenSSL's headers")
        return
    with commands(options) as contenders, serving_all(contenders, options) as servers:
        turns = {
            peer: functools.partial(_turn, name, server, options.seconds) for peer, server in servers.items()
        }
        yield from compare_figures(turns, options, floors())


def _turn(name: str, server: Server, seconds: float) -> dict[tuple[str, str], float]:
    rate, by_cpu = tls_rates(server, "echo", CONNECTIONS, BYTES, seconds)
    return {(name, "msg/s"): rate, (name, "msg/cpu s"): by_cpu}
