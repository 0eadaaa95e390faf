"""Threads: deferToThread, callInThread, callFromThread, blockingCallFromThread, a pool of one's own."""

from __future__ import annotations

import threading

from twisted.internet import defer, task, threads
from twisted.python import threadable
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

loop_thread = threading.current_thread()


def where():
    return "loop" if threading.current_thread() is loop_thread else "other"


def work(number):
    if number == 3:
        raise ValueError("three")
    return number * number, where()


@defer.inlineCallbacks
def main(reactor):
    for number in (2, 3):
        try:
            print((yield threads.deferToThread(work, number)))
        except ValueError as error:
            print("failed:", error)

    told = defer.Deferred()

    def tell():
        reactor.callFromThread(lambda: told.callback((where(), threadable.isInIOThread())))

    reactor.callInThread(tell)
    print("called in:", (yield told))

    def blocking():
        first = threads.blockingCallFromThread(reactor, where)
        second = threads.blockingCallFromThread(reactor, task.deferLater, reactor, 0.01, lambda: "waited")
        try:
            threads.blockingCallFromThread(reactor, defer.fail, Failure(KeyError("k")))
        except KeyError as error:
            third = error.args
        return first, second, third

    print((yield threads.deferToThread(blocking)))

    pool = ThreadPool(minthreads=0, maxthreads=2, name="own")
    pool.start()
    results = yield defer.gatherResults(
        [threads.deferToThreadPool(reactor, pool, work, number) for number in (4, 5, 6)]
    )
    print(results)
    heard = defer.Deferred()
    pool.callInThreadWithCallback(
        lambda success, result: reactor.callFromThread(heard.callback, (success, result)), work, 7
    )
    print((yield heard))
    pool.stop()
    done = []
    threads.callMultipleInThread([(done.append, ["a"], {}), (done.append, ["b"], {})])
    while len(done) < 2:
        yield task.deferLater(reactor, 0.01, lambda: None)
    print(done)
    print("reactor's own pool:", reactor.getThreadPool().started)


task.react(main)
