"""Does work of one, ten and a hundred times a size, as for Twisted; runs on Twisted and on Sennit.

Sizes are such that the smallest fill a processor's nearest caches, or the others would pay for that.

usage: growth_program.py [CASE ...]

Prints, as JSON, how many times the smallest size's cost that of ten and of a hundred times the size is.  Each
size is done so often that all three last as long: what disturbs the machine then disturbs them alike.
"""

from __future__ import annotations

import gc
import json
import sys

from twisted.internet import defer, protocol, reactor
from twisted.internet.testing import StringTransport
from twisted.protocols import basic
from twisted.web import http_headers

from benchmarks.timing import cost

LARGEST = 100


def callbacks(n):
    """Give one Deferred `n` callbacks, and fire it."""
    deferred = defer.Deferred()
    for _ in range(n):
        deferred.addCallback(lambda result: result + 1)
    deferred.callback(0)
    assert deferred.result == n


def chained(n):
    """Let `n` Deferreds wait each for the next."""
    last = deferred = defer.Deferred()
    for _ in range(n):
        outer = defer.Deferred()
        outer.addCallback(lambda _, inner=deferred: inner)
        outer.callback(None)
        deferred = outer
    last.callback(1)
    assert deferred.result == 1


def gathered(n):
    """Gather `n` Deferreds."""
    deferreds = [defer.Deferred() for _ in range(n)]
    done = defer.gatherResults(deferreds)
    for number, deferred in enumerate(deferreds):
        deferred.callback(number)
    assert len(done.result) == n


def generator(n):
    """Wait `n` times in one inlineCallbacks."""

    @defer.inlineCallbacks
    def work():
        total = 0
        for _ in range(n):
            total += yield defer.succeed(1)
        return total

    done = work()
    assert done.result == n


def coroutine(n):
    """Wait `n` times in one coroutine."""

    async def work():
        total = 0
        for _ in range(n):
            total += await defer.succeed(1)
        return total

    done = defer.ensureDeferred(work())
    assert done.result == n


def timers(n):
    """Set `n` timers, and cancel them in the order in which they were set."""
    calls = [reactor.callLater(60 + number % 100, int) for number in range(n)]
    for call in calls:
        call.cancel()


class Counter(basic.LineReceiver):
    MAX_LENGTH = 1 << 26
    seen = 0

    def lineReceived(self, line):
        self.seen += 1


def receiver():
    made = protocol.Factory.forProtocol(Counter).buildProtocol(None)
    made.makeConnection(StringTransport())
    return made


def lines(n):
    """Receive `n` lines in one read."""
    made = receiver()
    made.dataReceived(b"a line of no great length\r\n" * n)
    assert made.seen == n


def pieces(n):
    """Receive one line in `n` reads."""
    made = receiver()
    for _ in range(n):
        made.dataReceived(b"a piece of a line")
    made.dataReceived(b"\r\n")
    assert made.seen == 1


def calls(n):
    """Have `n` calls from a thread made."""
    made = []
    for number in range(n):
        reactor.callFromThread(made.append, number)
    while len(made) < n:
        reactor.iterate(0)
    assert made == list(range(n))


def headers(n):
    """Add `n` values to one header, and ask for them."""
    held = http_headers.Headers()
    for _ in range(n):
        held.addRawHeader(b"x-header", b"value")
    assert len(held.getRawHeaders(b"x-header")) == n


CASES = {
    "callbacks of one Deferred": (callbacks, 5000),
    "Deferreds chained": (chained, 300),
    "Deferreds gathered": (gathered, 5000),
    "waits of a generator": (generator, 500),
    "waits of a coroutine": (coroutine, 500),
    "timers set and cancelled": (timers, 10_000),
    "lines of one read": (lines, 1000),
    "reads of one line": (pieces, 500),
    "calls from a thread": (calls, 5000),
    "values of one header": (headers, 500),
}


def measure():
    figures = {}
    for name in sys.argv[1:] or CASES:
        work, size = CASES[name]
        # Once for the memory, which is then kept, and for whatever is made when it is first needed.
        work(size * LARGEST)
        gc.collect()
        one, ten, hundred = (
            cost(lambda often, work=work, size=size * times: again(work, size, often), LARGEST // times)
            for times in (1, 10, 100)
        )
        figures[name] = [10 * ten / one, 100 * hundred / one]
    print(json.dumps(figures))


def again(work, size, often):
    """Do work of one size over and over."""
    for _ in range(often):
        work(size)


gc.disable()
measure()
