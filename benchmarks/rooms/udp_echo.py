"""UDP: datagrams echoed, 100 clients with one datagram of 64 bytes in flight from each.

A datagram costs the load generator more than the server, so a rate says little about a server.  The figure is
the number of datagrams for each second of the server's CPU.  Three quarters of that are the system's own work
for one datagram in and one out, the same for all: a C program that does nothing else echoes 1.8 times as many
as Twisted.  The bare Python loop stands for that bound and the interpreter's part.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare, floors
from benchmarks.load import echo_rates
from benchmarks.processes import Server
from benchmarks.programs import contenders
from benchmarks.rooms.echo_servers import serving_warm

CLIENTS = 100
BYTES = 64
FLOORS = floors(socket=0.85)


def measure(options: Options) -> Iterator[Result]:
    """Yield how many echoes a second of CPU is good for, beside Twisted, bare loops, and a bare socket."""
    loops = {"asyncio": "udp_echo_asyncio.py asyncio", "uvloop": "udp_echo_asyncio.py uvloop"}
    commands = contenders(options, "udp_echo_program.py", socket="udp_echo_socket.py", **loops)
    with serving_warm(commands, options, "udp") as servers:
        turns = {peer: functools.partial(_turn, server, options.seconds) for peer, server in servers.items()}
        yield from compare(f"{BYTES} bytes x {CLIENTS}", "msg/cpu s", turns, options, FLOORS)


def _turn(server: Server, seconds: float) -> float:
    return echo_rates(server, CLIENTS, BYTES, seconds, "udp")[1]
