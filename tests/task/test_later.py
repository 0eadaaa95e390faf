from __future__ import annotations

from typing import Any

from sennit.core.current import set_default_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.task import Clock, deferLater


def results_of(deferred: Deferred[Any]) -> list[Any]:
    results: list[Any] = []
    deferred.addBoth(results.append)
    return results


def test_a_call_is_made_later_and_its_result_given() -> None:
    clock = Clock()
    results = results_of(deferLater(clock, 1, lambda a, b: (a, b), 1, b=2))
    clock.advance(0.5)
    assert results == []
    clock.advance(0.5)
    assert results == [(1, 2)]


def test_without_a_function_it_is_just_a_wait() -> None:
    clock = Clock()
    results = results_of(deferLater(clock, 1))
    clock.advance(1)
    assert results == [None]


def test_a_deferred_that_the_function_returns_is_waited_for() -> None:
    clock = Clock()
    wait: Deferred[int] = Deferred()
    results = results_of(deferLater(clock, 1, lambda: wait))
    clock.advance(1)
    assert results == []
    wait.callback(3)
    assert results == [3]


def test_what_the_function_raises_is_the_failure() -> None:
    clock = Clock()
    results = results_of(deferLater(clock, 1, lambda: 1 / 0))
    clock.advance(1)
    assert results[0].check(ZeroDivisionError)


def test_cancelling_calls_the_call_off() -> None:
    clock = Clock()
    deferred = deferLater(clock, 1, print)
    results = results_of(deferred)
    deferred.cancel()
    assert results[0].check(CancelledError)
    assert clock.calls == []


def test_no_clock_means_the_current_reactor() -> None:
    clock = Clock()
    set_default_reactor(lambda: clock)
    try:
        deferLater(None, 1)
    finally:
        set_default_reactor(None)
    assert len(clock.calls) == 1
