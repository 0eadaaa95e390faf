from __future__ import annotations

import pickle
import threading
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from sennit.log.capture import capturedLogs
from sennit.threads import ThreadPool, ThreadPoolStopped


@contextmanager
def started(*args, **kwargs):
    pool = ThreadPool(*args, **kwargs)
    pool.start()
    try:
        yield pool
    finally:
        pool.stop()


class Held:
    """Work that stays in its thread until it is let go."""

    def __init__(self, count):
        self._all_in = threading.Barrier(count + 1)
        self._let_go = threading.Event()

    def __call__(self):
        self._all_in.wait(30)
        self._let_go.wait(30)

    def wait_until_all_are_in(self):
        self._all_in.wait(30)

    def let_go(self):
        self._let_go.set()


def outcome(pool, func, *args, **kwargs):
    box = []
    done = threading.Event()
    pool.callInThreadWithCallback(lambda *heard: (box.append(heard), done.set()), func, *args, **kwargs)
    assert done.wait(30)
    return box[0]


def test_work_is_done_in_a_thread_with_its_arguments():
    def work(*args, **kwargs):
        return threading.current_thread().name, args, kwargs

    with started(0, 2, "mill") as pool:
        success, (name, args, kwargs) = outcome(pool, work, 1, two=2)
    assert success
    assert name.startswith("PoolThread-mill-")
    assert (args, kwargs) == ((1,), {"two": 2})


def test_an_error_is_handed_on_as_a_failure():
    with started(0, 1) as pool:
        success, failure = outcome(pool, lambda: 1 / 0)
    assert not success
    assert failure.type is ZeroDivisionError


def test_an_error_that_nobody_hears_is_logged_and_the_thread_goes_on():
    with capturedLogs() as events, started(0, 1) as pool:
        pool.callInThread(lambda: 1 / 0)
        pool.callInThreadWithCallback(None, [].pop)
        assert outcome(pool, lambda: "fine") == (True, "fine")
    assert [event["log_failure"].type for event in events] == [ZeroDivisionError, IndexError]


def test_an_error_in_who_hears_the_result_is_logged_and_the_thread_goes_on():
    with capturedLogs() as events, started(0, 1) as pool:
        pool.callInThreadWithCallback(lambda success, result: 1 / 0, list)
        assert outcome(pool, lambda: "fine") == (True, "fine")
    assert [event["log_failure"].type for event in events] == [ZeroDivisionError]


def test_work_handed_in_before_the_start_waits_for_it():
    pool = ThreadPool(0, 2)
    done = threading.Event()
    pool.callInThread(done.set)
    assert pool.workers == 0
    assert pool.q.qsize() == 1
    pool.start()
    assert done.wait(30)
    pool.stop()


def test_a_pool_grows_with_its_work_up_to_the_maximum():
    held = Held(3)
    with started(0, 3) as pool:
        assert pool.workers == 0
        for count in range(1, 4):
            pool.callInThread(held)
            assert pool.workers == count
        pool.callInThread(list)
        assert pool.workers == 3
        held.wait_until_all_are_in()
        assert len(pool.working) == 3
        assert pool.waiters == []
        held.let_go()


def test_a_pool_keeps_its_minimum():
    with started(2, 5) as pool:
        assert pool.workers == 2
        pool.callInThread(list)
        assert pool.workers == 2


def test_idle_threads_above_the_minimum_leave():
    held = Held(4)
    with started(1, 4, idle_seconds=0.005) as pool:
        for _ in range(4):
            pool.callInThread(held)
        held.wait_until_all_are_in()
        threads = list(pool.threads)
        held.let_go()
        gone = 0
        while gone < 3:
            gone = sum(not thread.is_alive() for thread in threads)
            threads[gone % 4].join(0.01)
        assert pool.workers == 1
        assert outcome(pool, lambda: "still there") == (True, "still there")


def test_work_handed_in_is_done_before_the_pool_stops():
    done = []
    with started(0, 1) as pool:
        for number in range(100):
            pool.callInThread(done.append, number)
    assert done == list(range(100))


def test_a_stopped_pool_has_no_threads():
    before = threading.active_count()
    pool = ThreadPool(3, 5)
    pool.start()
    pool.stop()
    pool.stop()
    assert (pool.started, pool.joined) == (False, True)
    assert (pool.workers, pool.threads, pool.working, pool.waiters) == (0, [], [], [])
    assert threading.active_count() == before


def test_a_pool_can_be_stopped_from_one_of_its_own_threads():
    pool = ThreadPool(0, 2)
    pool.start()
    stopped = threading.Event()
    pool.callInThread(lambda: (pool.stop(), stopped.set()))
    [thread] = pool.threads
    assert stopped.wait(30)
    thread.join()
    assert pool.threads == []


def test_a_stopped_pool_says_that_work_was_refused():
    pool = ThreadPool(0, 1, "mill")
    pool.start()
    pool.stop()
    heard = []
    pool.callInThreadWithCallback(lambda *what: heard.append(what), list)
    [(success, failure)] = heard
    assert not success
    assert failure.type is ThreadPoolStopped
    with capturedLogs() as events:
        pool.callInThread(list)
    assert "'mill' is stopped" in events[0]["log_format"].format_map(events[0])


def test_a_stopped_pool_does_not_start_again():
    pool = ThreadPool()
    pool.start()
    pool.stop()
    with pytest.raises(ThreadPoolStopped, match="make a new one"):
        pool.start()


def test_a_pool_that_never_started_can_be_stopped():
    pool = ThreadPool()
    pool.stop()
    assert pool.joined


def test_impossible_sizes_are_refused():
    with pytest.raises(AssertionError, match="minimum is negative"):
        ThreadPool(-1, 5)
    with pytest.raises(AssertionError, match="minimum is greater than maximum"):
        ThreadPool(5, 2)
    pool = ThreadPool(1, 2)
    with pytest.raises(AssertionError):
        pool.adjustPoolsize(minthreads=3)
    assert (pool.min, pool.max) == (1, 2)


def test_the_size_can_be_changed():
    with started(0, 1) as pool:
        pool.adjustPoolsize(2, 4)
        assert pool.workers == 2
        pool.adjustPoolsize(maxthreads=2)
        assert (pool.min, pool.max) == (2, 2)
        pool.adjustPoolsize(0, 1)
        assert pool.workers == 1


def test_a_raised_maximum_lets_waiting_work_begin():
    held = Held(2)
    with started(0, 1) as pool:
        pool.callInThread(held)
        pool.callInThread(held)
        assert pool.workers == 1
        pool.adjustPoolsize(maxthreads=2)
        held.wait_until_all_are_in()
        held.let_go()


def test_one_thread_more_and_one_less_on_request():
    with started(0, 5) as pool:
        pool.startAWorker()
        pool.startAWorker()
        assert pool.workers == 2
        pool.stopAWorker()
        assert pool.workers == 1
        pool.stopAWorker()
        pool.stopAWorker()
        assert pool.workers == 0


def test_context_travels_with_the_work():
    who = ContextVar("who", default="nobody")
    heard = []
    with started(0, 1) as pool:
        who.set("first")
        outcome(pool, lambda: who.set("changed in the thread"))
        who.set("second")
        pool.callInThreadWithCallback(lambda success, result: heard.append(who.get()), who.get)
        assert outcome(pool, who.get) == (True, "second")
    assert who.get() == "second"
    assert heard == ["second"]


def test_threads_are_made_by_the_factory():
    made = []

    class Own(ThreadPool):
        def threadFactory(self, **kwargs):
            thread = threading.Thread(**kwargs)
            made.append(thread)
            return thread

    pool = Own(1, 1)
    pool.start()
    assert pool.threads == made
    pool.stop()


def test_the_state_can_be_logged():
    with capturedLogs() as events, started(1, 3, "mill") as pool:
        pool.dumpStats()
    text = events[0]["log_format"].format_map(events[0])
    assert text == "thread pool 'mill': 0 calls queued, 1 threads, 0 working"


def test_a_pool_can_be_copied_without_its_threads():
    with started(1, 3, "mill", idle_seconds=7.0) as pool:
        copy = pickle.loads(pickle.dumps(pool))
    assert (copy.min, copy.max, copy.name, copy.started, copy.threads) == (1, 3, "mill", False, [])
    copy.start()
    assert outcome(copy, lambda: "works") == (True, "works")
    copy.stop()


def test_results_are_not_kept_by_an_idle_thread():
    import gc
    import weakref

    class Thing:
        pass

    with started(1, 1) as pool:
        thing = Thing()
        gone = weakref.ref(thing)
        outcome(pool, lambda it: None, thing)
        outcome(pool, list)
        del thing
        gc.collect()
        assert gone() is None
