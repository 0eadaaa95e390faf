from __future__ import annotations

import threading

import pytest

import sennit
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.reactor import Reactor
from sennit.threads import (
    ThreadPool,
    ThreadPoolStopped,
    blockingCallFromThread,
    callMultipleInThread,
    deferToThread,
    deferToThreadPool,
)


def test_a_result_comes_home_to_the_reactors_thread():
    async def main():
        home = threading.get_ident()
        there = await deferToThread(lambda *args, **kwargs: (threading.get_ident(), args, kwargs), 1, two=2)
        return home, threading.get_ident(), there

    home, back, (there, args, kwargs) = sennit.run(main)
    assert home == back != there
    assert (args, kwargs) == ((1,), {"two": 2})


def test_an_error_comes_home_too():
    async def main():
        with pytest.raises(ZeroDivisionError):
            await deferToThread(lambda: 1 / 0)
        return "caught"

    assert sennit.run(main) == "caught"


def test_a_pool_of_ones_own_can_be_used():
    async def main():
        reactor = current_reactor()
        pool = ThreadPool(0, 1, "own")
        pool.start()
        try:
            return await deferToThreadPool(reactor, pool, lambda: threading.current_thread().name)
        finally:
            pool.stop()

    assert sennit.run(main) == "PoolThread-own-0"


def test_a_stopped_pool_fails_the_deferred():
    async def main():
        pool = ThreadPool(0, 1, "own")
        pool.start()
        pool.stop()
        await deferToThreadPool(current_reactor(), pool, list)

    with pytest.raises(ThreadPoolStopped):
        sennit.run(main)


def test_cancelling_ends_the_wait_and_not_the_work():
    finished = []

    async def main():
        begun = threading.Event()
        go_on = threading.Event()

        def work():
            begun.set()
            go_on.wait(30)
            finished.append(True)

        waiting = deferToThread(work)
        begun.wait(30)
        waiting.cancel()
        go_on.set()
        with pytest.raises(CancelledError):
            await waiting

    sennit.run(main)
    assert finished == [True]


def test_several_calls_are_made_in_one_thread_in_order():
    made = []

    def note(number, *, word):
        made.append((number, word, threading.get_ident()))

    async def main():
        done = Deferred()
        reactor = current_reactor()
        callMultipleInThread(
            [
                (note, (1,), {"word": "one"}),
                (note, (2,), {"word": "two"}),
                (reactor.callFromThread, (done.callback, None), {}),
            ]
        )
        await done

    sennit.run(main)
    assert [(number, word) for number, word, _ in made] == [(1, "one"), (2, "two")]
    assert len({thread for _, _, thread in made}) == 1


def test_a_thread_can_wait_for_what_the_reactor_answers():
    async def slow():
        later = Deferred()
        current_reactor().callLater(0.001, later.callback, "slow")
        return await later

    def later():
        result = Deferred()
        current_reactor().callLater(0.001, result.callback, "later")
        return result

    async def main():
        reactor = current_reactor()

        def work():
            return [
                blockingCallFromThread(reactor, lambda: "at once"),
                blockingCallFromThread(reactor, later),
                blockingCallFromThread(reactor, slow),
                blockingCallFromThread(reactor, lambda *args, **kwargs: (args, kwargs), 1, two=2),
                blockingCallFromThread(reactor, threading.get_ident),
            ]

        return await deferToThread(work)

    assert sennit.run(main) == ["at once", "later", "slow", ((1,), {"two": 2}), threading.get_ident()]


def test_a_thread_that_waits_is_given_the_error_itself():
    class Odd(Exception):
        pass

    odd = Odd()

    async def fail():
        raise odd

    async def main():
        reactor = current_reactor()

        def work():
            with pytest.raises(Odd) as caught:
                blockingCallFromThread(reactor, fail)
            return caught.value

        return await deferToThread(work)

    assert sennit.run(main) is odd


def test_the_reactors_own_thread_is_kept_from_waiting_for_itself():
    async def main():
        with pytest.raises(RuntimeError, match="in the reactor's own thread"):
            blockingCallFromThread(current_reactor(), list)

    sennit.run(main)


def test_a_reactor_may_wait_for_another_in_another_thread():
    other = Reactor("asyncio")
    thread = threading.Thread(target=other.run)

    async def main():
        thread.start()
        answer = blockingCallFromThread(other, threading.get_ident)
        other.callFromThread(other.stop)
        return answer

    answer = sennit.run(main)
    assert answer == thread.ident
    thread.join()
    other.close()


def test_waiting_for_a_reactor_that_is_not_running_yet_leaves_its_loop_to_it():
    other = Reactor("asyncio")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(blockingCallFromThread(other, lambda: "late")))
    thread.start()
    while not other._inbox:
        pass
    assert other._loop is None
    other.callFromThread(other.stop)
    other.run()
    thread.join()
    other.close()
    assert answers == ["late"]
