"""UDP: datagrams echoed a second, 100 clients with one datagram of 64 bytes in flight from each.

The system's own work for two datagrams over loopback is most of the cost, and the same for all: a C program
that does nothing else echoes not twice as many as Twisted.  The bare Python loop stands for that bound.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import PEERS, Options, Result, compare, contenders, python, serving_all
from benchmarks.load import echo_rate

CLIENTS = 100
BYTES = 64
FLOORS = {"twisted": 1.2, "socket": 0.75}


def measure(options: Options) -> Iterator[Result]:
    """Yield the rate at which Sennit echoes, beside Twisted and a bare loop around a socket."""
    commands = {
        **contenders("udp_echo_program.py"),
        "socket": [python(), str(PEERS / "udp_echo_socket.py")],
    }
    with serving_all(commands, options) as servers:
        turns = {
            peer: functools.partial(echo_rate, server.port, CLIENTS, BYTES, options.seconds, udp=True)
            for peer, server in servers.items()
        }
        yield from compare(f"{BYTES} bytes x {CLIENTS}", "msg/s", turns, options, FLOORS)
