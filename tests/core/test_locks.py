from __future__ import annotations

import pytest

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import CancelledError, Deferred, succeed
from sennit.core.locks import DeferredLock, DeferredQueue, DeferredSemaphore, QueueOverflow, QueueUnderflow


class Broken(Exception):
    """What goes wrong in these tests."""


def error_of(deferred):
    failures = []
    deferred.addErrback(failures.append)
    assert len(failures) == 1
    return failures[0].value


def raise_broken():
    raise Broken


# -- locks


def test_a_free_lock_is_acquired_at_once_and_gives_itself():
    lock = DeferredLock()
    assert not lock.locked
    assert lock.acquire().result is lock
    assert lock.locked


def test_a_held_lock_passes_to_the_waiters_in_their_order():
    lock = DeferredLock()
    lock.acquire()
    first, second = lock.acquire(), lock.acquire()
    assert not first.called
    lock.release()
    assert first.result is lock
    assert not second.called
    assert lock.locked
    lock.release()
    assert second.result is lock
    lock.release()
    assert not lock.locked


def test_a_lock_that_nobody_holds_cannot_be_released():
    with pytest.raises(AssertionError, match="Tried to release an unlocked lock"):
        DeferredLock().release()


def test_a_cancelled_waiter_is_passed_over():
    lock = DeferredLock()
    lock.acquire()
    first, second = lock.acquire(), lock.acquire()
    first.cancel()
    assert type(error_of(first)) is CancelledError
    lock.release()
    assert second.result is lock
    assert lock.waiting == []


def test_run_holds_the_lock_until_the_deferred_fires():
    lock = DeferredLock()
    deferred = Deferred()
    result = lock.run(lambda a, b: deferred, 1, b=2)
    assert lock.locked
    deferred.callback("result")
    assert result.result == "result"
    assert not lock.locked


def test_run_releases_after_an_error():
    lock = DeferredLock()
    assert isinstance(error_of(lock.run(raise_broken)), Broken)
    assert not lock.locked


def test_run_takes_arguments_of_any_name():
    assert DeferredLock().run(lambda callback: callback, callback=1).result == 1


def test_a_waiter_that_releases_while_it_is_served_lets_the_next_one_in():
    lock = DeferredLock()
    lock.acquire()
    seen = []

    def first(_):
        lock.release()
        seen.append("first goes on")

    lock.acquire().addCallback(first)
    lock.acquire().addCallback(lambda _: seen.append("second"))
    lock.release()
    assert seen == ["first goes on", "second"]
    assert lock.locked
    lock.release()
    assert not lock.locked


def test_a_waiter_that_releases_twice_while_it_is_served_is_told():
    lock = DeferredLock()
    lock.acquire()
    waiter = lock.acquire()
    lock.acquire()
    waiter.addCallback(lambda _: lock.release()).addCallback(lambda _: lock.release())
    lock.release()
    assert isinstance(error_of(waiter), AssertionError)


def test_the_last_waiter_that_releases_while_it_is_served_frees_the_lock_at_once():
    lock = DeferredLock()
    lock.acquire()
    seen = []
    lock.acquire().addCallback(lambda _: lock.release()).addCallback(lambda _: seen.append(lock.locked))
    lock.release()
    assert seen == [False]


def test_a_next_waiter_that_is_cancelled_in_time_leaves_the_lock_free():
    lock = DeferredLock()
    lock.acquire()
    first, second = lock.acquire(), lock.acquire()
    first.addCallback(lambda _: lock.release()).addCallback(lambda _: second.cancel())
    lock.release()
    assert type(error_of(second)) is CancelledError
    assert not lock.locked


def test_run_waits_for_its_turn_and_for_coroutines():
    lock = DeferredLock()
    lock.acquire()
    deferred = Deferred()

    async def work():
        return await deferred

    result = lock.run(work)
    lock.release()
    assert lock.locked
    deferred.callback(1)
    assert result.result == 1
    assert not lock.locked


@pytest.mark.parametrize("make", [DeferredLock, lambda: DeferredSemaphore(1)])
def test_async_with_acquires_and_releases(make):
    lock = make()
    lock.acquire()
    order = []

    async def work():
        async with lock as entered:
            assert entered is lock
            order.append("inside")
            raise Broken

    outcome = ensureDeferred(work())
    assert order == []
    lock.release()
    assert order == ["inside"]
    assert isinstance(error_of(outcome), Broken)
    assert lock.acquire().called


# -- semaphores


def test_a_semaphore_lets_as_many_in_as_it_has_tokens():
    semaphore = DeferredSemaphore(2)
    assert semaphore.acquire().result is semaphore
    assert semaphore.acquire().result is semaphore
    third = semaphore.acquire()
    assert not third.called
    assert (semaphore.tokens, semaphore.limit) == (0, 2)
    semaphore.release()
    assert third.result is semaphore
    semaphore.release()
    semaphore.release()
    assert semaphore.tokens == 2


def test_a_semaphore_needs_a_token():
    with pytest.raises(ValueError, match="tokens >= 1"):
        DeferredSemaphore(0)


def test_a_semaphore_cannot_be_released_too_often():
    with pytest.raises(AssertionError, match="too many times"):
        DeferredSemaphore(1).release()


def test_a_cancelled_waiter_of_a_semaphore_is_passed_over():
    semaphore = DeferredSemaphore(1)
    semaphore.acquire()
    waiter = semaphore.acquire()
    waiter.cancel()
    assert type(error_of(waiter)) is CancelledError
    semaphore.release()
    assert semaphore.tokens == 1


def test_a_semaphore_runs_functions():
    semaphore = DeferredSemaphore(1)
    assert semaphore.run(succeed, "result").result == "result"
    assert semaphore.tokens == 1


def test_ten_thousand_waiters_are_served_without_recursion():
    lock = DeferredLock()
    done = []
    lock.acquire()
    for n in range(10_000):
        lock.run(done.append, n)
    lock.release()
    assert done == list(range(10_000))


# -- queues


def test_a_queue_gives_what_was_put_in_order():
    queue = DeferredQueue()
    queue.put(1)
    queue.put(2)
    assert [queue.get().result, queue.get().result] == [1, 2]


def test_a_waiter_gets_the_next_object():
    queue = DeferredQueue()
    first, second = queue.get(), queue.get()
    queue.put(1)
    assert first.result == 1
    assert not second.called


def test_a_full_queue_overflows():
    queue = DeferredQueue(size=1)
    queue.put(1)
    with pytest.raises(QueueOverflow):
        queue.put(2)
    assert queue.get().result == 1


def test_a_queue_of_size_zero_only_hands_over():
    queue = DeferredQueue(size=0)
    with pytest.raises(QueueOverflow):
        queue.put(1)
    waiter = queue.get()
    queue.put(2)
    assert waiter.result == 2


def test_too_many_waiters_underflow():
    queue = DeferredQueue(backlog=1)
    queue.get()
    with pytest.raises(QueueUnderflow):
        queue.get()


def test_a_cancelled_get_is_passed_over():
    queue = DeferredQueue()
    first, second = queue.get(), queue.get()
    first.cancel()
    assert type(error_of(first)) is CancelledError
    queue.put(1)
    assert second.result == 1
    assert (queue.waiting, queue.pending) == ([], [])
