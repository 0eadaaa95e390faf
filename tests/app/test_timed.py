"""Services that call a function at an interval, or step iterators."""

from __future__ import annotations

import pickle

from sennit.app import CooperatorService, TimerService
from sennit.core.current import enter_reactor, leave_reactor
from sennit.core.deferred import Deferred
from sennit.task import Clock


def timer(step, function, *arguments):
    service = TimerService(step, function, *arguments)
    service.clock = Clock()
    return service


def stopped(service):
    results = []
    service.stopService().addBoth(results.append)
    return results


def test_the_function_is_called_at_once_and_at_the_interval():
    calls = []
    service = timer(3, calls.append, "tick")
    service.startService()
    service.clock.advance(3)
    service.clock.advance(2.9)
    assert calls == ["tick", "tick"]
    assert stopped(service) == [None]
    service.clock.advance(10)
    assert calls == ["tick", "tick"]


def test_stopping_waits_for_the_call_under_way():
    call = Deferred()
    service = timer(1, lambda: call)
    service.startService()
    results = stopped(service)
    assert results == []
    call.callback(None)
    assert results == [None]


def test_a_function_that_raises_ends_the_calls():
    calls = []

    def broken():
        calls.append(1)
        raise ValueError("no")

    service = timer(1, broken)
    service.startService()
    service.clock.advance(5)
    assert calls == [1]
    assert stopped(service) == [None]


def test_a_service_that_never_started_stops_at_once():
    assert stopped(TimerService(1, list)) == [None]


def test_a_pickled_timer_leaves_its_loop_behind():
    service = TimerService(1, list)
    service.clock = Clock()
    service.startService()
    service.clock = None
    again = pickle.loads(pickle.dumps(service))
    assert not hasattr(again, "_loop")
    assert (again.step, again.running) == (1, 0)
    service.stopService()


def test_iterators_are_stepped_while_the_service_runs():
    steps, clock, results = [], Clock(), []

    def iterator():
        for step in range(3):
            steps.append(step)
            yield None

    enter_reactor(clock)
    try:
        service = CooperatorService()
        service.coiterate(iterator()).addCallback(results.append)
        clock.advance(1)
        assert steps == []
        service.startService()
        while clock.getDelayedCalls():
            clock.advance(0.1)
        assert steps == [0, 1, 2]
        assert len(results) == 1
        service.stopService()
        assert not service.running
    finally:
        leave_reactor(clock)


def test_a_timer_runs_until_its_call_is_over():
    waiting = Deferred()
    service = TimerService(1, lambda: waiting)
    service.clock = Clock()
    service.startService()
    stopped = service.stopService()
    assert service.running
    assert not stopped.called
    waiting.callback(None)
    assert not service.running
    assert stopped.called
