"""TLS: messages echoed a second, 100 connections with one message of 64 bytes in flight on each.

The load generator does as much cryptography as the server, and may be the slower of the two; so the messages
for each second of the server's CPU are given too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors, serving_all
from benchmarks.load import tls_generator
from benchmarks.rooms.tls_servers import commands, cpu_turn, echo_turn

CONNECTIONS = 100
BYTES = 64


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside asyncio's TLS on uvloop, and Twisted."""
    name = f"{BYTES} bytes x {CONNECTIONS}"
    generator = tls_generator()
    if generator is None:
        yield Result(name, "", "", [], note="skipped: it needs a C compiler and OpenSSL's headers")
        return
    with commands(options) as contenders, serving_all(contenders, options) as servers:
        load = [*generator, "echo", "{port}", str(CONNECTIONS), str(BYTES), str(options.seconds)]
        for unit, turn in (("msg/s", echo_turn), ("msg/cpu s", cpu_turn)):
            turns = {peer: functools.partial(turn, server, load) for peer, server in servers.items()}
            yield from compare(name, unit, turns, options, floors())
