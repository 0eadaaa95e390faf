"""Time: LoopingCall, callLater and its IDelayedCall, deferLater, and the test Clock."""

from __future__ import annotations

from twisted.internet import reactor, task
from twisted.internet.error import AlreadyCalled, AlreadyCancelled

ticks = []


def tick(word):
    ticks.append(word)
    print(word, len(ticks))
    if len(ticks) == 5:
        loop.stop()


loop = task.LoopingCall(tick, "tick")


def ended(result):
    print("ended:", result is loop, "running:", loop.running)
    never = reactor.callLater(100, print, "never")
    print("active:", never.active())
    never.cancel()
    print("active:", never.active())
    try:
        never.cancel()
    except AlreadyCancelled:
        print("it was cancelled already")
    return task.deferLater(reactor, 0.01, lambda a, b: a + b, 1, b=2)


def late(result):
    print("deferLater gave", result)
    sooner = reactor.callLater(50, finish, "moved nearer")
    sooner.reset(0.02)
    sooner.delay(0.01)
    reactor.callLater(0.1, after, sooner)


def finish(word):
    print(word)


def after(call):
    try:
        call.cancel()
    except AlreadyCalled:
        print("it was called already")
    reactor.stop()


loop.start(0.01, now=False).addCallback(ended).addCallback(late)
reactor.callLater(20, reactor.stop)
reactor.run()

clock = task.Clock()
counts = []
counted = task.LoopingCall.withCount(counts.append)
counted.clock = clock
counted.start(1.0)
clock.advance(0.5)
clock.advance(0.5)
clock.advance(3.25)
clock.pump([0.75, 1, 1])
counted.stop()
print("counts:", counts, "at", clock.seconds(), "left:", len(clock.getDelayedCalls()))


def broken():
    raise ValueError("the loop broke")


failed = task.LoopingCall(broken).start(1)
failed.addErrback(lambda failure: print("failed:", failure.value))
