"""Mail servers: messages of 4 KiB taken for each second of the server's CPU, and the memory of a large one.

All servers drop a message when it is complete.  Sennit stands with its own server, which takes a message in
octets, and with the program for Twisted, whose messages are told line by line.  Counting the server's CPU
rather than the clock keeps other work on the machine out of the figure.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from benchmarks.harness import Options, Result, compare
from benchmarks.processes import HERE, Server, output, python, serving, serving_all
from benchmarks.programs import contenders, native

CONNECTIONS = 16
SIZE = 4096
LARGE = 1 << 30
FLOORS = {"twisted": 2.0, "aiosmtpd": 3.0}
LIMIT = 64.0


def measure(options: Options) -> Iterator[Result]:
    """Yield the rates at which servers take messages, and what memory a large message takes."""
    own = native(options, "smtp_sennit.py")
    commands = contenders(options, "smtp_program.py", aiosmtpd="smtp_aiosmtpd.py")
    for name, mine in (("", own), (", by lines", {})):
        with serving_all({**commands, **mine}, options) as servers:
            for mode in ("pipelined", "one by one"):
                turns = {
                    peer: functools.partial(_turn, server, options.seconds, mode)
                    for peer, server in servers.items()
                }
                yield from compare(f"4 KiB, {mode}{name}", "msg/CPU-s", turns, options, FLOORS)
    with serving(own["sennit"]) as server:
        yield Result("1 GiB in one message", "", "MiB at most", [_peak(server)], floor=LIMIT)


def _turn(server: Server, seconds: float, mode: str) -> float:
    return float(_load(server, server.process.pid, CONNECTIONS, SIZE, seconds, mode))


def _peak(server: Server) -> float:
    _load(server, "large", LARGE)
    return server.peak() / (1 << 20)


def _load(server: Server, *arguments: float | str) -> str:
    return output([python(), str(HERE / "load" / "smtp_load.py"), *map(str, (server.port, *arguments))])
