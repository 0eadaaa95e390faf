"""inlineCallbacks and coroutines, and cancelling what they wait for."""

from __future__ import annotations

from twisted.internet import defer, task


def never(name):
    return defer.Deferred(lambda _: print("cancelled:", name))


@defer.inlineCallbacks
def inner():
    try:
        yield never("inner's wait")
    except defer.CancelledError:
        print("inner cleans up")
        raise
    finally:
        print("inner ends")


@defer.inlineCallbacks
def outer():
    result = yield inner()
    return result


@defer.inlineCallbacks
def stubborn():
    try:
        yield never("stubborn's wait")
    except defer.CancelledError:
        defer.returnValue("not so fast")


async def coroutine():
    try:
        await never("coroutine's wait")
    except defer.CancelledError:
        return "caught in a coroutine"


def show(result, name):
    if isinstance(result, list):
        print(name, "gave", [(ok, failure.type.__name__) for ok, failure in result])
    elif hasattr(result, "value"):
        print(name, "failed with", type(result.value).__name__)
    else:
        print(name, "gave", result)


@defer.inlineCallbacks
def main(reactor):
    for name, started in (
        ("outer", outer()),
        ("stubborn", stubborn()),
        ("coroutine", defer.ensureDeferred(coroutine())),
        ("from coroutine", defer.Deferred.fromCoroutine(coroutine())),
        ("list", defer.DeferredList([never("one"), never("two")], consumeErrors=True)),
    ):
        started.addBoth(show, name)
        started.cancel()

    slow = never("slow")
    slow.addTimeout(0.02, reactor)
    try:
        yield slow
    except defer.TimeoutError as error:
        print("timed out:", type(error).__name__)

    swift = task.deferLater(reactor, 0.01, lambda: "in time")
    swift.addTimeout(5, reactor)
    print((yield swift))

    fired = defer.succeed(1)
    fired.cancel()
    print("cancelling after the fact:", (yield fired))

    twice = defer.Deferred()
    twice.callback(1)
    try:
        twice.callback(2)
    except defer.AlreadyCalledError:
        print("called already")

    chained = defer.Deferred()
    waiting = never("chained's wait")
    chained.addCallback(lambda _: waiting)
    chained.callback(None)
    chained.addErrback(lambda failure: failure.trap(defer.CancelledError).__name__)
    chained.cancel()
    print("chained:", (yield chained))


task.react(main)
