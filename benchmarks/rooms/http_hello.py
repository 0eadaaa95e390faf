"""HTTP: requests answered a second by a small resource, with wrk on 64 kept-alive connections."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.processes import serving_all
from benchmarks.rooms.http_servers import MISSING, everybody, ready, see, wrk_rate

CONNECTIONS = 64
FLOORS = floors(twisted=3.0)


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit answers, beside Twisted and the web servers that are used most."""
    name = f"hello, {CONNECTIONS} connections"
    if not ready():
        yield Result(name, "", "", [], note=MISSING)
        return
    with serving_all(everybody(options), options) as servers:
        for server in servers.values():
            see(server.port)
        turns = {
            peer: functools.partial(wrk_rate, server.port, CONNECTIONS, options.seconds)
            for peer, server in servers.items()
        }
        yield from compare(name, "req/s", turns, options, FLOORS)
