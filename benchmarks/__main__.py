"""``python -m benchmarks [ROOM ...]``: measure Sennit against its peers and print the ratios.

Every room is a module in `benchmarks.rooms` with ``measure(options)``, which yields `harness.Result`s.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from pathlib import Path

from benchmarks.harness import BenchmarkError, Options, Result

ROOMS = (
    "deferred",
    "tcp_echo",
    "tls_echo",
    "tls_handshake",
    "udp_echo",
    "spawn",
    "http_hello",
    "http_client",
    "http_slow_clients",
    "asgi_hello",
    "websocket_echo",
    "smtp",
    "idle_memory",
    "startup",
)


def main() -> int:
    """Measure what the command line asks for; return 1 if a floor is missed or an answer is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "rooms", nargs="*", metavar="ROOM", help=f"what to measure: {', '.join(ROOMS)}; all by default"
    )
    parser.add_argument(
        "--rounds", type=int, default=7, help="how often each contender has its turn (default: 7)"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="how long one turn lasts (default: 1)")
    parser.add_argument(
        "--peers", help="which peers to run, by commas, such as twisted,uvloop; all by default"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    arguments = parser.parse_args()
    unknown = set(arguments.rooms) - set(ROOMS)
    if unknown:
        parser.error(f"there is no room {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("--rounds and --seconds must be above zero")
    peers = None if arguments.peers is None else frozenset(arguments.peers.split(","))
    options = Options(arguments.rounds, arguments.seconds, peers)
    results: list[Result] = []
    failed = False
    began = time.monotonic()
    for room in arguments.rooms or ROOMS:
        print(f"\n{room}", flush=True)
        try:
            for result in importlib.import_module(f"benchmarks.rooms.{room}").measure(options):
                print(" ", result.line(), flush=True)
                results.append(result)
        except BenchmarkError as error:
            failed = True
            print(f"  FAILED: {error}", flush=True)
    missed = [result for result in results if result.verdict() == "MISS"]
    print(f"\n{len(results)} results, {len(missed)} below their floor, in {time.monotonic() - began:.0f} s")
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "rounds": options.rounds,
        }
        arguments.json.write_text(
            json.dumps({**document, "results": [each.data() for each in results]}, indent=1)
        )
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
