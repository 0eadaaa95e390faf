"""What a Deferred costs: the same code for any module that speaks Twisted's ``defer`` vocabulary.

`CASES` maps a case's name to its maker: a function that takes the ``defer`` module (Twisted's, or the
drop-in's ``twisted.internet.defer``) and returns a function ``run(n)`` that does the case's work `n`
times.  Nothing here measures: a harness times ``run`` for both modules in turn and compares.
"""

from __future__ import annotations

import asyncio


def one_callback(defer):
    Deferred = defer.Deferred

    def handle(result):
        return result

    def run(n):
        for _ in range(n):
            deferred = Deferred()
            deferred.addCallback(handle)
            deferred.callback(1)

    return run


def ten_callbacks(defer):
    Deferred = defer.Deferred

    def handle(result):
        return result

    def run(n):
        for _ in range(n):
            deferred = Deferred()
            for _ in range(10):
                deferred.addCallback(handle)
            deferred.callback(1)

    return run


def errback(defer):
    Deferred = defer.Deferred

    def handle(failure):
        return None

    def run(n):
        for _ in range(n):
            deferred = Deferred()
            deferred.addErrback(handle)
            deferred.errback(ValueError("expected"))

    return run


def chained(defer):
    Deferred = defer.Deferred

    def run(n):
        for _ in range(n):
            inner = Deferred()
            outer = Deferred()
            outer.addCallback(lambda _, inner=inner: inner)
            outer.callback(None)
            inner.callback(1)

    return run


def create(defer):
    Deferred = defer.Deferred

    def run(n):
        for _ in range(n):
            Deferred()

    return run


def fire(defer):
    Deferred = defer.Deferred

    def run(n):
        for _ in range(n):
            Deferred().callback(None)

    return run


def chain_of_chained(defer):
    """Ten Deferreds, each of which waits for the next; the last fires."""
    Deferred = defer.Deferred

    def run(n):
        for _ in range(n):
            last = deferred = Deferred()
            for _ in range(10):
                outer = Deferred()
                outer.addCallback(lambda _, inner=deferred: inner)
                outer.callback(None)
                deferred = outer
            last.callback(1)
            assert deferred.result == 1

    return run


def gathered(defer):
    Deferred, gatherResults = defer.Deferred, defer.gatherResults

    def run(n):
        for _ in range(n):
            deferreds = [Deferred() for _ in range(100)]
            done = gatherResults(deferreds)
            for number, deferred in enumerate(deferreds):
                deferred.callback(number)
            assert done.result[99] == 99

    return run


def cancelled(defer):
    return _cancelling(defer, defer.Deferred)


def generator_cancelled(defer):
    Deferred = defer.Deferred

    @defer.inlineCallbacks
    def work():
        yield Deferred()

    return _cancelling(defer, work)


def _cancelling(defer, begin):
    CancelledError = defer.CancelledError

    def handle(failure):
        failure.trap(CancelledError)

    def run(n):
        for _ in range(n):
            deferred = begin()
            deferred.addErrback(handle)
            deferred.cancel()

    return run


def generator_fired(defer):
    succeed = defer.succeed

    @defer.inlineCallbacks
    def work():
        for _ in range(10):
            yield succeed(1)

    def run(n):
        for _ in range(n):
            work()

    return run


def generator_later(defer):
    Deferred = defer.Deferred

    @defer.inlineCallbacks
    def work(deferreds):
        while deferreds:
            yield deferreds.pop()

    def run(n):
        for _ in range(n):
            deferreds = [Deferred() for _ in range(10)]
            work(deferreds[::-1])
            for deferred in deferreds:
                deferred.callback(1)

    return run


def coroutine_fired(defer):
    succeed, ensureDeferred = defer.succeed, defer.ensureDeferred

    async def work():
        for _ in range(10):
            await succeed(1)

    def run(n):
        for _ in range(n):
            ensureDeferred(work())

    return run


def coroutine_later(defer):
    Deferred, ensureDeferred = defer.Deferred, defer.ensureDeferred

    async def work(deferreds):
        for deferred in deferreds:
            await deferred

    def run(n):
        for _ in range(n):
            deferreds = [Deferred() for _ in range(10)]
            ensureDeferred(work(deferreds))
            for deferred in deferreds:
                deferred.callback(1)

    return run


def in_loop(maker):
    """Make the case whose work is that of `maker`, done while an asyncio loop runs."""

    def make(defer):
        work = maker(defer)

        async def main(n):
            work(n)

        def run(n):
            asyncio.run(main(n))

        return run

    return make


CASES = {
    "deferred/create": create,
    "deferred/create and fire": fire,
    "deferred/one callback": one_callback,
    "deferred/ten callbacks": ten_callbacks,
    "deferred/errback": errback,
    "deferred/chained": chained,
    "deferred/chain of ten chained": chain_of_chained,
    "deferred/gather 100": gathered,
    "deferred/cancel": cancelled,
    "generator/ten fired": generator_fired,
    "generator/ten later": generator_later,
    "generator/cancel": generator_cancelled,
    "coroutine/ten fired": coroutine_fired,
    "coroutine/ten later": coroutine_later,
    "coroutine/ten fired, loop running": in_loop(coroutine_fired),
    "coroutine/ten later, loop running": in_loop(coroutine_later),
}
