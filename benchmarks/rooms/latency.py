"""Latency: what a message of 64 bytes takes to come back while a server is half as busy as it can be.

Messages start by the clock, on 100 connections by turns, and count from when they should have started: a
server that stops for a moment is charged for all that had to wait.  The load is the same for both of a pair:
half of what the slower of the two can take.  At half of its own top rate each would have another load; and at
half of what one and all can take, the load would depend on who else was measured.

A turn is as long as 20,000 messages need, and its percentiles stand for themselves.  Those of the messages
of all rounds together are at the mercy of the worst round: of a server beside itself, on a busy machine, they
were two thirds to four times the other's, and the medians of the rounds within a fifth.
"""

from __future__ import annotations

import functools
import itertools
import statistics
from collections.abc import Iterator, Mapping

from benchmarks.harness import Options, Result, floors, in_turn
from benchmarks.load import can_pace, echo_rates, latencies
from benchmarks.processes import Server
from benchmarks.rooms.echo_servers import everybody, serving_warm

CONNECTIONS = 100
BYTES = 64
MESSAGES = 20_000
"""As many as put twenty beyond the highest percentile."""
LONGEST = 10
"""How many times a turn may be as long as others: where a machine has other work, rates fall."""
PERCENTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def measure(options: Options) -> Iterator[Result]:
    """Yield the median, and what one in a hundred and one in a thousand messages passes."""
    if not can_pace():
        yield Result("latency", "", "", [], note="skipped: it needs a C compiler")
        return
    with serving_warm(everybody(options), options) as servers:
        tops = _top_rates(servers, options)
        for peer in tops:
            if peer != "sennit":
                yield from _pair(servers, peer, min(tops["sennit"], tops[peer]) / 2, options)


def _top_rates(servers: Mapping[str, Server], options: Options) -> dict[str, float]:
    load = {
        peer: functools.partial(echo_rates, server, CONNECTIONS, BYTES, options.seconds)
        for peer, server in servers.items()
    }
    rounds = in_turn(load, options.few(3))
    return {peer: statistics.median(rate for rate, _ in rates) for peer, rates in rounds.items() if rates}


def _pair(servers: Mapping[str, Server], peer: str, rate: float, options: Options) -> Iterator[Result]:
    seconds = min(max(options.seconds, MESSAGES / rate), LONGEST * options.seconds)
    turns = {
        each: functools.partial(latencies, servers[each], CONNECTIONS, BYTES, seconds, rate)
        for each in ("sennit", peer)
    }
    found = in_turn(turns, options)
    if peer not in found:
        return
    for name, share in PERCENTILES.items():
        ours, theirs = ([percentile(each, share) for each in found[who]] for who in ("sennit", peer))
        what = f"{name} at half of the slower's top rate"
        yield Result(what, peer, "us", ours, theirs, floors().get(peer), less_is_better=True)


def percentile(counts: Mapping[float, int], share: float) -> float:
    """Return the least value that all but `share` of those counted do not pass.

    Args:
        counts: How often there was each value.
        share: As 0.99 for what one in a hundred passes.
    """
    values = sorted(counts)
    reached = itertools.accumulate(counts[value] for value in values)
    wanted = share * sum(counts.values())
    return next(value for value, number in zip(values, reached, strict=True) if number >= wanted)
