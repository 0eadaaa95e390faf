from __future__ import annotations

import signal
import sys
import threading
from contextvars import ContextVar

import pytest

from sennit.protocol import ServerFactory
from sennit.reactor import Reactor
from sennit.threads import blockingCallFromThread, deferToThread


def test_calls_from_a_thread_run_in_the_reactors_thread_in_order(reactor):
    made = []

    def work():
        for number in range(1000):
            reactor.callFromThread(make, number)
        reactor.callFromThread(reactor.stop)

    def make(number):
        made.append((number, threading.get_ident()))

    thread = threading.Thread(target=work)
    reactor.callWhenRunning(thread.start)
    reactor.run()
    thread.join()
    assert made == [(number, threading.get_ident()) for number in range(1000)]


def test_calls_handed_in_before_the_run_are_made_in_it(loop_name):
    reactor = Reactor(loop_name)
    made = []
    thread = threading.Thread(target=reactor.callFromThread, args=(made.append, "early"))
    thread.start()
    thread.join()
    assert reactor._loop is None
    reactor.callLater(0, reactor.stop)
    reactor.run()
    reactor.close()
    assert made == ["early"]


def test_a_call_handed_in_between_runs_waits_for_the_next(reactor):
    made = []
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    reactor.callFromThread(made.append, 1)
    reactor.close()
    reactor.callFromThread(made.append, 2)
    assert made == []
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    assert made == [1, 2]


def test_many_threads_lose_no_call(reactor):
    made = []

    def work(number):
        for count in range(500):
            reactor.callFromThread(made.append, (number, count))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]

    def start():
        for thread in threads:
            thread.start()
        threading.Thread(target=finish).start()

    def finish():
        for thread in threads:
            thread.join()
        reactor.callFromThread(reactor.stop)

    reactor.callWhenRunning(start)
    reactor.run()
    assert len(made) == 4000
    for number in range(8):
        assert [count for which, count in made if which == number] == list(range(500))


def test_an_error_in_a_call_from_a_thread_is_logged_and_the_next_is_made(reactor, logged):
    made = []
    reactor.callFromThread(lambda: 1 / 0)
    reactor.callFromThread(made.append, 1)
    reactor.callFromThread(reactor.stop)
    reactor.run()
    assert made == [1]
    assert logged.errors() == [ZeroDivisionError]


def test_a_call_from_a_thread_that_hands_in_another_does_not_starve_the_loop(reactor):
    def again():
        reactor.callFromThread(again)

    reactor.callFromThread(again)
    reactor.callLater(0.005, reactor.stop)
    reactor.run()


def test_what_cannot_be_called_is_refused(reactor):
    with pytest.raises(AssertionError, match="3 is not callable"):
        reactor.callFromThread(3)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_handler_may_call(reactor):
    made = []

    def handler(number, frame):
        reactor.callFromThread(lambda: (made.append(number), reactor.stop()))

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        reactor.callWhenRunning(signal.raise_signal, signal.SIGUSR1)
        reactor.run()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert made == [signal.SIGUSR1]


def test_a_call_in_a_thread_is_made_in_another_thread(reactor):
    where = []

    def work(*args, **kwargs):
        where.append((threading.get_ident() != main, args, kwargs))
        reactor.callFromThread(reactor.stop)

    main = threading.get_ident()
    reactor.callWhenRunning(reactor.callInThread, work, 1, two=2)
    reactor.run()
    assert where == [(True, (1,), {"two": 2})]


def test_work_for_threads_waits_for_the_run(reactor):
    made = []
    reactor.callInThread(made.append, 1)
    assert reactor.getThreadPool().threads == []
    reactor.callInThread(reactor.callFromThread, reactor.stop)
    reactor.run()
    assert made == [1]


def test_the_pool_is_stopped_at_shutdown_and_the_next_run_has_another(reactor):
    pools = []
    for _ in range(2):
        reactor.callWhenRunning(lambda: pools.append(reactor.getThreadPool()))
        reactor.callWhenRunning(reactor.callInThread, list)
        reactor.callLater(0, reactor.stop)
        reactor.run()
        assert reactor.threadpool is None
    assert pools[0] is not pools[1]
    assert [(pool.joined, pool.started, pool.threads) for pool in pools] == [(True, False, [])] * 2


def test_the_size_of_the_pool_can_be_suggested_before_and_after_it_is_made(reactor):
    reactor.suggestThreadPoolSize(3)
    pool = reactor.threadpool
    assert pool.max == 3
    assert pool.threads == []
    reactor.suggestThreadPoolSize(7)
    assert pool.max == 7
    assert reactor.getThreadPool() is pool


def test_the_pool_can_be_renewed_even_while_a_thread_waits_for_the_loop(reactor):
    def work():
        begun.set()
        blockingCallFromThread(reactor, reactor.stop)

    begun = threading.Event()
    reactor.suggestThreadPoolSize(1)
    before = reactor.getThreadPool()
    reactor.callInThread(work)
    reactor.callWhenRunning(begun.wait)
    reactor.callWhenRunning(reactor.renew_thread_pool)
    reactor.run()
    assert reactor.getThreadPool() is not before
    assert reactor.getThreadPool().max == 10


def test_firing_shutdown_in_a_reactor_that_never_ran_ends_the_pool_and_what_is_open(reactor):
    pool = reactor.getThreadPool()
    port = reactor.listenTCP(0, ServerFactory(), interface="127.0.0.1")
    events = []
    reactor.addSystemEventTrigger("before", "shutdown", events.append, "before")
    reactor.addSystemEventTrigger("after", "shutdown", events.append, "after")
    reactor.fireSystemEvent("shutdown")
    assert events == ["before", "after"]
    assert (pool.joined, reactor.threadpool, port.connected) == (True, None, False)


def test_names_are_looked_up_apart_from_work(reactor):
    assert reactor._get_resolver_pool() is not reactor.getThreadPool()


def test_a_thread_that_waits_for_the_loop_does_not_hold_up_the_shutdown(reactor):
    results = []

    def work():
        begun.set()
        go_on.wait()
        results.append(blockingCallFromThread(reactor, lambda: "answered"))

    begun = threading.Event()
    go_on = threading.Event()

    def start():
        reactor.callInThread(work)
        begun.wait()
        reactor.addSystemEventTrigger("after", "shutdown", go_on.set)
        reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    assert results == ["answered"]


def test_context_travels_to_threads_and_back(reactor, run_for):
    who = ContextVar("who", default="nobody")
    heard = []

    async def main():
        who.set("asker")

        def work():
            heard.append(who.get())
            reactor.callFromThread(lambda: heard.append(who.get()))

        await deferToThread(work)
        await deferToThread(list)

    run_for(reactor, main)
    assert heard == ["asker", "asker"]
