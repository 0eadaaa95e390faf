"""Deferreds together: lists, races, locks, queues, chains, and what maybeDeferred makes of anything."""

from __future__ import annotations

from twisted.internet import defer
from twisted.python.failure import Failure


def show(name):
    def done(result):
        print(name, "->", result)

    return done


a, b, c = defer.Deferred(), defer.Deferred(), defer.Deferred()
both = defer.DeferredList([a, b, c], consumeErrors=True)
both.addCallback(lambda results: [(ok, value if ok else value.type.__name__) for ok, value in results])
both.addCallback(show("both"))
b.errback(ValueError("b failed"))
a.callback("a")
print("not yet")
c.callback("c")

first = defer.DeferredList([defer.Deferred(), defer.succeed("quick")], fireOnOneCallback=True)
first.addCallback(show("first"))

failing = [defer.succeed(1), defer.fail(KeyError("k")), defer.succeed(2)]
gathered = defer.gatherResults(failing, consumeErrors=True)


def first_error(failure):
    failure.trap(defer.FirstError)
    print("gather failed at", failure.value.index, failure.value.subFailure.type.__name__)


gathered.addErrback(first_error)
defer.gatherResults([defer.succeed(1), defer.succeed(2)]).addCallback(show("gathered"))

x, y = defer.Deferred(lambda _: print("the loser is cancelled")), defer.Deferred()
defer.race([x, y]).addCallback(show("race"))
y.callback("y")

queue = defer.DeferredQueue(size=2, backlog=1)
queue.get().addCallback(show("queued"))
queue.put("one")
queue.put("two")
queue.put("three")
try:
    queue.put("four")
except defer.QueueOverflow:
    print("the queue is full")
queue.get().addCallback(show("queued"))
queue.get().addCallback(show("queued"))
queue.get().addCallback(show("queued"))
try:
    queue.get()
except defer.QueueUnderflow:
    print("enough wait already")
queue.put("last")

lock = defer.DeferredLock()
order = []


@defer.inlineCallbacks
def hold(name, until):
    yield lock.acquire()
    order.append(name)
    yield until
    lock.release()


gates = [defer.Deferred() for _ in range(3)]
for name, gate in zip("xyz", gates, strict=True):
    hold(name, gate)
print("locked:", lock.locked, order)
for gate in gates:
    gate.callback(None)
print("locked:", lock.locked, order)
lock.run(lambda value: value * 2, 21).addCallback(show("run under lock"))


async def manager():
    async with lock:
        return "inside"


defer.ensureDeferred(manager()).addCallback(show("async with"))


def plus(number):
    return number + 1


chain = defer.Deferred()
chain.addCallback(plus)
chain.addCallbacks(lambda number: 1 / (number - 2), lambda _: "not reached")
chain.addErrback(lambda failure: failure.trap(ZeroDivisionError).__name__)
chain.addBoth(show("chain"))
chain.callback(1)

outer, inner = defer.Deferred(), defer.Deferred()
outer.addCallback(lambda _: inner)
outer.addCallback(show("outer waited for"))
outer.callback(None)
inner.callback("inner")

one, two = defer.Deferred(), defer.Deferred()
one.chainDeferred(two)
two.addCallback(show("chained"))
one.callback("through")


async def coroutine():
    return await defer.succeed("from a coroutine")


for thing in (lambda: 5, lambda: 1 / 0, lambda: defer.succeed(6), lambda: defer.fail(KeyError(1)), coroutine):
    result = defer.maybeDeferred(thing)
    result.addCallbacks(show("maybe"), lambda failure: print("maybe failed:", failure.type.__name__))

defer.execute(int, "12").addCallback(show("execute"))
paused = defer.succeed("after the pause")
paused.pause()
paused.addCallback(show("paused"))
print("nothing before this line")
paused.unpause()

failure = Failure(ValueError("a value", 2))
print(failure.getErrorMessage(), failure.check(TypeError, ValueError) is ValueError)
print(repr(defer.Deferred()).split(" at ")[0], repr(defer.succeed(1)).rpartition(" ")[2])
semaphore = defer.DeferredSemaphore(2)
taken = [semaphore.acquire() for _ in range(3)]
print("acquired:", [d.called for d in taken], semaphore.tokens, semaphore.limit)
semaphore.release()
print("acquired:", [d.called for d in taken])
