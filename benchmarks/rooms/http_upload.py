"""HTTP: bodies of 1 MiB uploaded a second, with wrk on 16 kept connections; the answer is their length."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.processes import HERE, serving_all
from benchmarks.rooms.http_servers import MISSING, everybody, ready, see, wrk_rate

CONNECTIONS = 16
BYTES = 1 << 20


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit takes bodies, beside Twisted and the web servers that are used most."""
    name = f"upload of 1 MiB, {CONNECTIONS} connections"
    if not ready():
        yield Result(name, "", "", [], note=MISSING)
        return
    script = ("-s", str(HERE / "load" / "upload.lua"))
    with serving_all(everybody(options), options) as servers:
        for server in servers.values():
            see(server.port, bytes(BYTES))
        turns = {
            peer: functools.partial(wrk_rate, server.port, CONNECTIONS, options.seconds, *script)
            for peer, server in servers.items()
        }
        yield from compare(name, "req/s", turns, options, floors())
