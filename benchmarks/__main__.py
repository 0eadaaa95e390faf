"""``python -m benchmarks [ROOM ...]``: measure Sennit against its peers and print the ratios.

Every room is a module in `benchmarks.rooms` with ``measure(options)``, which yields `harness.Result`s.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks import plot, results
from benchmarks.harness import Options, Result
from benchmarks.processes import BenchmarkError
from benchmarks.programs import Revision
from sennit.reactor.loops import loop_names

ROOMS = (
    "deferred",
    "timers",
    "call_from_thread",
    "logging",
    "growth",
    "tcp_echo",
    "latency",
    "accept",
    "lines",
    "unix_echo",
    "udp_echo",
    "tls_echo",
    "tls_handshake",
    "spawn",
    "http_hello",
    "http_upload",
    "http_static",
    "http_large",
    "http_client",
    "http_slow_clients",
    "asgi_hello",
    "websocket_echo",
    "smtp",
    "idle_memory",
    "startup",
)
# For a room by itself; and for a way through all of them, which is to end well within a quarter of an hour.
# Many short turns say more than few long ones: what disturbs one of seven does not move the median.
ONE = Options(rounds=7, seconds=1.0)
ALL = Options(rounds=7, seconds=0.2)


def main() -> int:
    """Measure what the command line asks for; return 1 if a floor is missed or an answer is wrong."""
    parser, arguments = _arguments()
    default = ONE if arguments.rooms else ALL
    try:
        options = Options(
            default.rounds if arguments.rounds is None else arguments.rounds,
            default.seconds if arguments.seconds is None else arguments.seconds,
            *_peers(arguments.peers, arguments.against),
            arguments.loop,
        )
    except BenchmarkError as error:
        parser.error(str(error))
    began = time.monotonic()
    load = os.getloadavg()[0]
    measured: list[Result] = []
    failed = False
    for room in arguments.rooms or ROOMS:
        print(f"\n{room}", flush=True)
        entered = time.monotonic()
        try:
            for result in importlib.import_module(f"benchmarks.rooms.{room}").measure(options):
                result.room = room
                print(" ", result.line(), flush=True)
                measured.append(result)
        except (BenchmarkError, RuntimeError, OSError) as error:
            failed = True
            print(f"  FAILED: {error}", flush=True)
        print(f"  {time.monotonic() - entered:.0f} s", flush=True)
    missed = [result for result in measured if result.verdict() == "MISS"]
    near = sum(result.within_noise() for result in missed)
    below = f"{len(missed)} below their floor, {near} of them within the noise"
    print(f"\n{len(measured)} results, {below}, in {time.monotonic() - began:.0f} s")
    if measured:
        _keep(measured, options, load, arguments.json)
    return 1 if failed or missed else 0


def _arguments() -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "rooms", nargs="*", metavar="ROOM", help=f"what to measure: {', '.join(ROOMS)}; all by default"
    )
    for name, kind, what in (
        ("rounds", int, "how often each contender has its turn"),
        ("seconds", float, "how long one turn lasts"),
    ):
        one, all_of_them = getattr(ONE, name), getattr(ALL, name)
        parser.add_argument(
            f"--{name}", type=kind, help=f"{what} (default: {one:g}; {all_of_them:g} if no room is named)"
        )
    parser.add_argument(
        "--peers", help="which peers to run, by commas, such as twisted,uvloop; all by default"
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help="measure against that revision of Sennit instead, built in an environment of its own; "
        "beside the peers that --peers names",
    )
    parser.add_argument("--loop", choices=loop_names(), help="the loop that Sennit's own programs run on")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    arguments = parser.parse_args()
    unknown = set(arguments.rooms) - set(ROOMS)
    if unknown:
        parser.error(f"there is no room {', '.join(sorted(unknown))}; there are {', '.join(ROOMS)}")
    for name in ("rounds", "seconds"):
        given = getattr(arguments, name)
        if given is not None and given <= 0:
            parser.error(f"--{name} must be above zero")
    return parser, arguments


def _peers(peers: str | None, against: str | None) -> tuple[frozenset[str] | None, Revision | None]:
    """Return which peers to run, and the revision to build."""
    named = None if peers is None else frozenset(peers.split(","))
    if against is None:
        return named, None
    return named or frozenset(), Revision.of(against)


def _keep(measured: list[Result], options: Options, load: float, target: Path | None) -> None:
    """Write the results down, and say what has changed."""
    found = results.document(measured, options, load)
    earlier = results.keep(found)
    for path in plot.draw(measured, results.RESULTS / "latest", results.describe(found["machine"])):
        print(f"drawn: {path}")
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for line in results.changes(earlier, measured) if earlier else ():
        print(f"since {earlier['commit']}: {line}")


if __name__ == "__main__":
    sys.exit(main())
