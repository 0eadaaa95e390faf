"""TLS: full handshakes a second, each on a connection of its own, with one byte echoed and a clean close.

The client's half of a handshake costs about what the server's does, so what the load generator reaches says
little about a server.  The figure is the number of handshakes for each second of the server's CPU.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.load import tls_generator, tls_rates
from benchmarks.processes import Server, serving_all
from benchmarks.rooms.tls_servers import commands

CONNECTIONS = 20
FLOORS = floors(twisted=1.5)


def measure(options: Options) -> Iterator[Result]:
    """Yield how many handshakes a second of the server's CPU is good for, beside Twisted and uvloop."""
    name = f"connections, {CONNECTIONS} at a time"
    if tls_generator() is None:
        yield Result(name, "", "", [], note="skipped: it needs a C compiler and OpenSSL's headers")
        return
    with commands(options) as contenders, serving_all(contenders, options) as servers:
        turns = {peer: functools.partial(_turn, server, options.seconds) for peer, server in servers.items()}
        yield from compare(name, "conn/cpu s", turns, options, FLOORS)


def _turn(server: Server, seconds: float) -> float:
    return tls_rates(server, "handshake", CONNECTIONS, seconds)[1]
