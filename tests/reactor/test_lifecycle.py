from __future__ import annotations

import asyncio
import gc
import os
import threading
import weakref
from asyncio import sleep

import pytest

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ReactorAlreadyRunning, ReactorNotRestartable, ReactorNotRunning
from sennit.reactor import Reactor


def test_a_reactor_runs_again_and_again(reactor):
    runs = []
    for number in range(3):
        reactor.callWhenRunning(runs.append, number)
        reactor.callLater(0, reactor.stop)
        reactor.run()
        assert not reactor.running
    assert runs == [0, 1, 2]


def test_a_closed_reactor_runs_again_on_a_new_loop(reactor):
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    first = reactor.loop
    reactor.close()
    reactor.close()
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert reactor.loop is not first
    assert first.is_closed()


def test_stopping_a_reactor_that_does_not_run_is_an_error(reactor):
    with pytest.raises(ReactorNotRunning):
        reactor.stop()


def test_stopping_twice_is_an_error(reactor):
    def stop():
        reactor.stop()
        with pytest.raises(ReactorNotRunning):
            reactor.stop()

    reactor.callWhenRunning(stop)
    reactor.run()
    with pytest.raises(ReactorNotRunning):
        reactor.stop()


def test_running_a_running_reactor_is_an_error(reactor):
    caught = []

    def again():
        for misuse in (reactor.run, reactor.startRunning, reactor.iterate, reactor.close):
            with pytest.raises(ReactorAlreadyRunning):
                misuse()
            caught.append(misuse)
        reactor.stop()

    reactor.callWhenRunning(again)
    reactor.run()
    assert len(caught) == 4


def test_stop_lets_the_calling_code_go_on_first(reactor):
    seen = []
    reactor.addSystemEventTrigger("before", "shutdown", seen.append, "shutdown")
    reactor.callWhenRunning(lambda: (reactor.stop(), seen.append("after stop"), reactor.running))
    reactor.run()
    assert seen == ["after stop", "shutdown"]


def test_calls_go_on_while_shutdown_waits(reactor):
    seen = []
    waited = Deferred()

    def stopping():
        reactor.callLater(0.001, seen.append, "delayed")
        reactor.callFromThread(seen.append, "from thread")
        reactor.callLater(0.005, waited.callback, None)
        return waited

    reactor.addSystemEventTrigger("before", "shutdown", stopping)
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == ["from thread", "delayed"]


def test_a_crash_ends_the_run_with_no_event(reactor):
    seen = []
    trigger = reactor.addSystemEventTrigger("before", "shutdown", seen.append, "shutdown")

    def crash():
        reactor.crash()
        seen.append(reactor.running)

    reactor.callWhenRunning(crash)
    reactor.run()
    assert seen == [False]
    reactor.removeSystemEventTrigger(trigger)


def test_calls_that_are_due_after_a_crash_wait_for_the_next_run(reactor):
    seen = []

    def crash():
        reactor.crash()
        reactor.callLater(0, seen.append, "delayed")
        reactor.callFromThread(seen.append, "from thread")

    reactor.callWhenRunning(crash)
    reactor.run()
    assert seen == []
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    assert sorted(seen) == ["delayed", "from thread"]


def test_a_reactor_runs_again_after_a_crash_in_the_middle_of_shutdown(reactor):
    seen = []
    never = Deferred()

    def wait_for_ever():
        reactor.callLater(0, reactor.crash)
        return never

    reactor.addSystemEventTrigger("before", "shutdown", wait_for_ever)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    reactor.addSystemEventTrigger("before", "shutdown", seen.append, "second shutdown")
    reactor.callLater(0, reactor.stop)
    reactor.run()
    never.callback(None)
    assert seen == ["second shutdown"]


def test_a_stop_that_a_crash_overtook_does_not_stop_the_next_run(reactor):
    def both():
        reactor.stop()
        reactor.crash()

    reactor.callWhenRunning(both)
    reactor.run()
    seen = []
    reactor.callLater(0.002, seen.append, "ran on")
    reactor.callLater(0.003, reactor.stop)
    reactor.run()
    assert seen == ["ran on"]


def test_crashing_a_reactor_that_does_not_run_does_nothing(reactor):
    reactor.crash()
    seen = []
    reactor.callLater(0, seen.append, 1)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    assert seen == [1]


def test_iterate_runs_what_is_ready(reactor):
    seen = []
    reactor.callLater(0, seen.append, "ready")
    reactor.callLater(60, seen.append, "later").cancel()
    reactor.iterate()
    assert seen == ["ready"]
    assert not reactor.running


def test_iterate_waits_for_a_delayed_call_no_longer_than_needed(reactor):
    seen = []
    reactor.callLater(0.001, seen.append, "waited for")
    for _ in range(3):
        if not seen:
            reactor.iterate(30)
    assert seen == ["waited for"]


def test_iterate_gives_up_after_its_delay(reactor):
    reactor.iterate(0.001)


def test_iterate_reads_descriptors_and_thread_calls(reactor):
    seen = []
    thread = threading.Thread(target=reactor.callFromThread, args=(seen.append, "thread"))
    assert reactor.loop
    thread.start()
    while not seen:
        reactor.iterate(30)
    thread.join()
    assert seen == ["thread"]


def test_a_program_can_turn_the_loop_itself(reactor):
    seen = []
    reactor.callWhenRunning(seen.append, "started")
    reactor.addSystemEventTrigger("during", "shutdown", seen.append, "stopped")
    reactor.startRunning()
    assert reactor.running
    assert seen == ["started"]
    reactor.stop()
    while reactor.running:
        reactor.iterate(1)
    assert seen == ["started", "stopped"]


def test_the_running_reactor_is_the_current_one(reactor):
    seen = []
    reactor.addSystemEventTrigger("before", "startup", lambda: seen.append(current_reactor()))
    reactor.callLater(0, lambda: seen.append(current_reactor()))
    reactor.callFromThread(lambda: seen.append(current_reactor()))
    reactor.addSystemEventTrigger("after", "shutdown", lambda: seen.append(current_reactor()))
    reactor.callLater(0.001, reactor.stop)
    reactor.run()
    assert seen == [reactor] * 4
    with pytest.raises(RuntimeError, match="No reactor is running here"):
        current_reactor()


def test_several_reactors_run_in_their_threads(threadable_loop_name):
    seen = {}
    barrier = threading.Barrier(3)

    def program(number):
        reactor = Reactor(threadable_loop_name)

        def together():
            barrier.wait(30)
            seen[number] = current_reactor() is reactor
            reactor.stop()

        reactor.callWhenRunning(together)
        reactor.run()
        reactor.close()

    threads = [threading.Thread(target=program, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {0: True, 1: True, 2: True}


def test_a_reactor_cannot_run_inside_another(reactor):
    other = Reactor("asyncio")
    caught = []

    def nested():
        other.callWhenRunning(other.stop)
        with pytest.raises(RuntimeError) as error:
            other.run()
        caught.append(error)
        reactor.stop()

    reactor.callWhenRunning(nested)
    reactor.run()
    assert caught
    other.run()
    other.close()


def test_an_error_that_ends_the_loop_comes_out_of_run_and_the_next_run_works(reactor):
    class Quit(KeyboardInterrupt):
        pass

    async def leave():
        raise Quit

    tasks = []
    reactor.callWhenRunning(lambda: tasks.append(reactor.loop.create_task(leave())))
    with pytest.raises(Quit):
        reactor.run()
    assert isinstance(tasks.pop().exception(), Quit)
    assert not reactor.running
    reactor.callWhenRunning(reactor.stop)
    reactor.run()


def test_a_thousand_runs_leave_nothing(loop_name, no_new_descriptors):
    Reactor(loop_name).close()
    threads = threading.active_count()
    reactor = Reactor(loop_name)
    assert reactor.loop
    with no_new_descriptors(slack=9):
        for _ in range(1000):
            reactor.callLater(0, reactor.stop)
            reactor.run()
    assert reactor.getDelayedCalls() == []
    assert threading.active_count() == threads
    reactor.close()


def test_reactors_made_run_and_closed_leave_nothing(loop_name, no_new_descriptors):
    def live():
        reactor = Reactor(loop_name)
        reactor.callWhenRunning(reactor.callInThread, list)
        reactor.callLater(0, reactor.stop)
        reactor.run()
        reactor.close()

    live()
    threads = threading.active_count()
    with no_new_descriptors(slack=9):
        for _ in range(50):
            live()
    assert threading.active_count() == threads


def test_a_closed_reactor_is_collected(loop_name):
    reactor = Reactor(loop_name)
    reactor.callLater(0, reactor.stop)
    reactor.run()
    reactor.close()
    gone = weakref.ref(reactor)
    del reactor
    gc.collect()
    assert gone() is None


def test_close_ends_the_tasks_that_are_left(reactor):
    ended = []

    async def linger():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    tasks = []

    def start():
        tasks.append(reactor.loop.create_task(linger()))
        reactor.callLater(0.001, reactor.stop)

    reactor.callWhenRunning(start)
    reactor.run()
    assert not ended
    reactor.close()
    assert ended == [True]


def test_asyncio_sees_the_loop_from_the_first_trigger_on(reactor):
    seen = []
    reactor.addSystemEventTrigger(
        "before", "startup", lambda: seen.append(asyncio.get_running_loop() is reactor.loop)
    )
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == [True]


def test_watched_descriptors_hear_of_the_shutdown(reactor):
    reading, writing = os.pipe()
    heard = []

    class Watched:
        def fileno(self):
            return reading

        def doRead(self):
            raise AssertionError

        def connectionLost(self, reason):
            heard.append((reason.type.__name__, reactor.running))

        def logPrefix(self):
            return "watched"

    reactor.addReader(Watched())
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert heard == [("ConnectionLost", False)]
    assert reactor.getReaders() == []
    os.close(reading)
    os.close(writing)


def test_whoever_stops_the_loop_has_stopped_the_reactor(reactor, logged):
    seen = []

    async def last_words():
        await sleep(0.001)
        seen.append(("waited for", reactor.running))

    reactor.addSystemEventTrigger("before", "shutdown", last_words)
    reactor.addSystemEventTrigger("after", "shutdown", seen.append, "shutdown")
    reactor.callWhenRunning(reactor.loop.stop)
    reactor.run()
    assert seen == [("waited for", True), "shutdown"]
    assert not reactor.running
    assert logged.errors() == []


def test_a_loop_that_is_stopped_again_does_not_end_the_shutdown(reactor):
    seen = []

    async def last_words():
        for _ in range(3):
            reactor.loop.stop()
            await sleep(0.001)
        seen.append("said")

    reactor.addSystemEventTrigger("before", "shutdown", last_words)
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert seen == ["said"]


def test_a_reactor_that_is_stopping_cannot_be_run_until_it_has_stopped(reactor):
    errors = []

    def again():
        try:
            reactor.run()
        except ReactorNotRestartable as error:
            errors.append(error)

    for _ in range(2):
        reactor.callWhenRunning(reactor.stop)
        reactor.addSystemEventTrigger("after", "shutdown", again)
        reactor.run()
    assert len(errors) == 2
