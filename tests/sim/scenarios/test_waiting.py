"""Waiting in virtual time: timers, loops, locks, threads, groups of tasks, under cancellation."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest
from tests.sim.kit import assert_clean

from sennit.core.deferred import CancelledError, Deferred
from sennit.core.locks import DeferredLock, DeferredQueue, DeferredSemaphore
from sennit.sim import simulated
from sennit.task import Clock, Cooperator, LoopingCall, TaskGroup, deferLater
from sennit.threads import deferToThread


@simulated
def test_a_looping_call_is_made_once_for_each_interval(sim):
    calls = []

    def program(reactor):
        loop = LoopingCall(lambda: calls.append(reactor.seconds()))
        loop.clock = reactor
        loop.start(interval)
        reactor.callLater(100, loop.stop)

    interval = sim.random.choice([0.5, 1.0, 3.0])
    sim.host("a").run(program)
    sim.run_for(200)
    assert len(calls) in {int(100 / interval), int(100 / interval) + 1}
    assert_clean(sim)


@simulated
def test_timers_fire_in_the_order_of_their_times_and_cancelled_ones_never(sim):
    fired, cancelled = [], set()

    def program(reactor):
        calls = {}
        for number in range(200):
            delay = sim.random.random() * 10
            calls[number] = reactor.callLater(
                delay, lambda number=number, delay=delay: fired.append((delay, number))
            )
        for number in sim.random.sample(range(200), 80):
            calls[number].cancel()
            cancelled.add(number)

    sim.host("a").run(program)
    sim.run_for(20)
    assert fired == sorted(fired)
    assert {number for _, number in fired} == set(range(200)) - cancelled
    assert_clean(sim)


@simulated
def test_a_semaphore_lets_no_more_in_than_it_may_whoever_gives_up(sim):
    inside, most, outcomes = [], [], []

    def program(reactor):
        semaphore = DeferredSemaphore(3)

        def work(number):
            inside.append(number)
            most.append(len(inside))
            return deferLater(reactor, sim.random.random()).addBoth(lambda _: inside.remove(number))

        waiting = [semaphore.run(work, number) for number in range(30)]
        for deferred in waiting:
            deferred.addBoth(outcomes.append)
        for deferred in sim.random.sample(waiting[3:], 10):
            reactor.callLater(sim.random.random() * 3, deferred.cancel)

    sim.host("a").run(program)
    sim.run_for(60)
    assert max(most) == 3
    assert not inside
    assert len(outcomes) == 30
    assert_clean(sim)


@simulated
def test_a_lock_is_given_to_one_after_another_in_order(sim):
    order = []

    def program(reactor):
        lock = DeferredLock()

        async def work(number):
            async with lock:
                order.append(("in", number))
                await deferLater(reactor, sim.random.random())
                order.append(("out", number))

        from sennit.core.coroutine import ensureDeferred

        for number in range(10):
            ensureDeferred(work(number))

    sim.host("a").run(program)
    sim.run_for(60)
    assert order == [(what, number) for number in range(10) for what in ("in", "out")]


@simulated
def test_a_queue_loses_nothing_and_gives_nothing_twice(sim):
    taken = []

    def program(reactor):
        queue = DeferredQueue()

        async def take():
            while True:
                waiting = queue.get()
                if sim.random.random() < 0.3:
                    reactor.callLater(sim.random.random(), waiting.cancel)
                try:
                    taken.append(await waiting)
                except CancelledError:
                    continue
                await deferLater(reactor, sim.random.random() * 0.1)

        from sennit.core.coroutine import ensureDeferred

        for _ in range(3):
            ensureDeferred(take())
        for number in range(50):
            reactor.callLater(sim.random.random() * 5, queue.put, number)

    sim.host("a").run(program)
    sim.run_for(30)
    assert sorted(taken) == list(range(50))


@simulated
def test_work_in_threads_comes_back_once_each(sim):
    results = []

    def program(reactor):
        for number in range(30):
            deferToThread(lambda number=number: number * number).addCallback(results.append)

    sim.host("a").run(program)
    sim.run_for(5)
    assert sorted(results) == [number * number for number in range(30)]


@simulated
def test_a_cooperator_gives_each_its_turns(sim):
    done = []

    def program(reactor):
        cooperator = Cooperator(scheduler=lambda call: reactor.callLater(0.01, call))

        def work(number):
            for _ in range(sim.random.randrange(1, 20)):
                yield deferLater(reactor, 0.01) if sim.random.random() < 0.3 else None
            done.append(number)

        for number in range(10):
            task = cooperator.cooperate(work(number))
            if sim.random.random() < 0.3:
                task.pause()
                reactor.callLater(1, task.resume)

    sim.host("a").run(program)
    sim.run_for(60)
    assert sorted(done) == list(range(10))
    assert_clean(sim)


@simulated
def test_a_group_ends_when_all_its_tasks_have(sim):
    ended = []

    async def program(reactor):
        async def work(number):
            try:
                await deferLater(reactor, sim.random.random() * 10)
                if number == failing:
                    raise ValueError(number)
            finally:
                ended.append(number)

        with pytest.raises(ValueError, match="3") if failing else contextlib.nullcontext():
            await run(work)
        return len(ended)

    async def run(work):
        try:
            async with TaskGroup() as group:
                for number in range(10):
                    group.start(work(number))
        except* ValueError as errors:
            raise errors.exceptions[0] from None

    failing = sim.random.choice([None, 3])
    assert sim.wait(sim.host("a").run(program), limit=60) == 10
    assert_clean(sim)


@simulated
def test_a_chain_of_deferreds_fires_once_in_order(sim):
    fired = []

    def program(reactor):
        chain = [Deferred() for _ in range(20)]
        for number, (first, second) in enumerate(pairwise(chain)):
            first.addCallback(lambda _, second=second, number=number: fired.append(number) or second)
        for deferred in sim.random.sample(chain, len(chain)):
            reactor.callLater(sim.random.random(), deferred.callback, None)

    sim.host("a").run(program)
    sim.run_for(5)
    assert sorted(fired) == list(range(19))


@simulated
def test_tasks_of_asyncio_and_deferreds_wait_for_each_other(sim):
    async def program(reactor):
        loop = asyncio.get_running_loop()

        async def task(number):
            await asyncio.sleep(sim.random.random())
            await deferLater(reactor, sim.random.random())
            return number

        tasks = [loop.create_task(task(number)) for number in range(10)]
        return [await one for one in tasks]

    assert sim.wait(sim.host("a").run(program), limit=60) == list(range(10))
    assert_clean(sim)


def test_a_clock_of_a_test_and_a_simulation_keep_the_same_order():
    @simulated
    def test(sim):
        delays = [sim.random.random() * 10 for _ in range(50)]
        clock, by_clock, by_reactor = Clock(), [], []
        for number, delay in enumerate(delays):
            clock.callLater(delay, by_clock.append, number)

        def program(reactor):
            for number, delay in enumerate(delays):
                reactor.callLater(delay, by_reactor.append, number)

        sim.host("a").run(program)
        sim.run_for(20)
        clock.advance(20)
        assert by_clock == by_reactor

    test()
