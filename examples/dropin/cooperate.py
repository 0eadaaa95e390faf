"""Cooperation: iterators that take turns, pause, stop and wait for Deferreds."""

from __future__ import annotations

from twisted.internet import defer, task
from twisted.internet.task import Cooperator, TaskFinished, cooperate

turns = []


def count(name, limit):
    for number in range(limit):
        turns.append(f"{name}{number}")
        yield None


@defer.inlineCallbacks
def main(reactor):
    yield defer.gatherResults([cooperate(count("a", 3)).whenDone(), cooperate(count("b", 2)).whenDone()])
    print("turns:", sorted(turns))

    one = cooperate(count("c", 1000000))
    one.pause()
    one.resume()
    one.stop()
    try:
        yield one.whenDone()
    except task.TaskStopped:
        print("stopped")
    try:
        one.pause()
    except TaskFinished as error:
        print("finished:", type(error).__name__)

    def failing():
        yield None
        raise ValueError("no more")

    try:
        yield cooperate(failing()).whenDone()
    except ValueError as error:
        print("failed:", error)

    done = []

    def waiting():
        for delay in (0.02, 0.01):
            yield task.deferLater(reactor, delay, done.append, delay)

    yield cooperate(waiting()).whenDone()
    print("in order:", done)

    calls = []
    own = Cooperator(terminationPredicateFactory=lambda: lambda: True, scheduler=calls.append)
    finished = own.coiterate(iter([1, 2, 3]))
    finished.addCallback(lambda _: print("own scheduler, calls:", rounds))
    rounds = 0
    while calls:
        rounds += 1
        calls.pop()()

    limit = defer.DeferredSemaphore(2)
    running = []

    def job(number):
        running.append(number)
        most.append(len(running))
        return task.deferLater(reactor, 0.01, running.remove, number)

    most = []
    yield defer.gatherResults([limit.run(job, number) for number in range(6)])
    print("at most", max(most), "at once")


task.react(main)
