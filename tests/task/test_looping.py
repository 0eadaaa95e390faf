from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sennit.core.current import set_default_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.task import Clock, LoopingCall


class Loop:
    """A LoopingCall on its own clock, the times at which it called, and what its Deferred gave."""

    def __init__(
        self,
        interval: float,
        *,
        now: bool = True,
        start: float = 0.0,
        counting: bool = False,
        f: Callable[..., Any] | None = None,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(start)
        self.times: list[Any] = []
        self.results: list[Any] = []
        self.f = f
        self.call = LoopingCall.withCount(self.count) if counting else LoopingCall(self.note)
        self.call.clock = self.clock
        self.finished = self.call.start(interval, now)
        self.finished.addBoth(self.results.append)

    def note(self) -> Any:
        self.times.append(self.clock.seconds())
        return self.f() if self.f is not None else None

    def count(self, count: int) -> Any:
        self.times.append((count, self.clock.seconds()))
        return self.f() if self.f is not None else None


class Waits:
    """A function that returns a new Deferred at each call."""

    def __init__(self) -> None:
        self.deferreds: list[Deferred[None]] = []

    def __call__(self) -> Deferred[None]:
        self.deferreds.append(Deferred())
        return self.deferreds[-1]


def test_it_calls_at_the_start_and_then_at_each_interval() -> None:
    loop = Loop(1)
    loop.clock.pump([0.5, 0.5, 1])
    assert loop.times == [0, 1, 2]
    assert loop.call.running
    assert (loop.call.interval, loop.call.starttime) == (1, 0)
    assert loop.call.deferred is loop.finished
    assert loop.call.call.getTime() == 3


def test_it_can_wait_for_the_first_interval() -> None:
    loop = Loop(1, now=False)
    loop.clock.pump([0.5, 0.5, 1])
    assert loop.times == [1, 2]


def test_late_calls_do_not_shift_those_after_them() -> None:
    loop = Loop(1)
    loop.clock.pump([1.75, 0.125, 0.125, 2.75, 0.25])
    assert loop.times == [0, 1.75, 2, 4.75, 5]


@pytest.mark.parametrize("interval", [0.1, 0.3, 1 / 3, 1e-3])
def test_rounding_of_the_clock_neither_loses_nor_doubles_a_call(interval: float) -> None:
    loop = Loop(interval, start=interval)
    for _ in range(1000):
        loop.clock.advance(interval)
    assert len(loop.times) == 1001


def test_a_timer_that_wakes_early_does_not_double_a_call() -> None:
    loop = Loop(1)
    loop.call.call.reset(0.9999)
    loop.clock.advance(0.9999)
    assert loop.times == [0, 0.9999]
    assert loop.call.call.getTime() == 2


def test_interval_zero_calls_as_often_as_the_clock_goes_round() -> None:
    loop = Loop(0)
    for _ in range(3):
        loop.clock.calls.pop(0)._make()
    assert loop.times == [0, 0, 0, 0]


def test_stopping_fires_the_deferred_with_the_loop() -> None:
    loop = Loop(1)
    loop.call.stop()
    loop.clock.advance(5)
    assert loop.times == [0]
    assert loop.results == [loop.call]
    assert not loop.call.running
    assert loop.call.deferred is None
    assert loop.clock.calls == []


def test_the_function_can_stop_its_own_loop() -> None:
    clock = Clock()
    call = LoopingCall(lambda: call.stop())  # noqa: PLW0108 - it is not there yet
    call.clock = clock
    results: list[object] = []
    call.start(1).addBoth(results.append)
    assert results == [call]
    assert clock.calls == []


def test_an_error_ends_the_loop() -> None:
    loop = Loop(1, f=lambda: 1 / 0)
    (failure,) = loop.results
    assert failure.check(ZeroDivisionError)
    assert not loop.call.running
    assert loop.clock.calls == []


def test_a_deferred_is_waited_for() -> None:
    waits = Waits()
    loop = Loop(1, f=waits)
    loop.clock.advance(2.5)
    assert loop.times == [0]
    waits.deferreds[0].callback(None)
    assert loop.call.call.getTime() == 3
    loop.clock.advance(0.5)
    assert loop.times == [0, 3]
    loop.call.stop()
    assert loop.results == []
    waits.deferreds[1].callback(None)
    assert loop.results == [loop.call]


def test_a_deferred_that_fails_ends_the_loop() -> None:
    waits = Waits()
    loop = Loop(1, f=waits)
    waits.deferreds[0].errback(ValueError("no"))
    assert loop.results[0].check(ValueError)


def test_a_coroutine_function_can_be_looped() -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)

    loop = Loop(1, f=work)
    loop.clock.advance(1)
    assert calls == [1, 1]


def test_reset_begins_the_times_anew() -> None:
    loop = Loop(1)
    loop.clock.advance(0.5)
    loop.call.reset()
    assert (loop.call.starttime, loop.call.call.getTime()) == (0.5, 1.5)
    loop.clock.pump([1, 1])
    assert loop.times == [0, 1.5, 2.5]


def test_reset_does_nothing_while_the_function_is_at_work() -> None:
    waits = Waits()
    loop = Loop(2, f=waits)
    loop.clock.advance(0.5)
    loop.call.reset()
    assert loop.call.starttime == 0
    waits.deferreds[0].callback(None)
    assert loop.call.call.getTime() == 2


def test_a_count_tells_of_missed_calls() -> None:
    loop = Loop(1, counting=True)
    loop.clock.pump([0.5, 0.5, 1, 3.25, 0.25, 0.5])
    assert loop.times == [(1, 0), (1, 1), (1, 2), (3, 5.25), (1, 6)]


def test_a_count_begins_with_the_first_interval_if_that_is_waited_for() -> None:
    loop = Loop(1, counting=True, now=False)
    loop.clock.pump([0.5, 0.5, 1, 3.25, 0.25, 0.5])
    assert loop.times == [(1, 1), (1, 2), (3, 5.25), (1, 6)]


def test_a_count_counts_while_a_deferred_is_waited_for() -> None:
    waits = Waits()
    loop = Loop(1, counting=True, f=waits)
    loop.clock.advance(2.5)
    waits.deferreds[0].callback(None)
    loop.clock.advance(0.5)
    waits.deferreds[1].callback(None)
    loop.clock.advance(4)
    assert loop.times == [(1, 0), (3, 3), (4, 7)]


def test_a_count_after_a_reset_and_after_another_start() -> None:
    loop = Loop(2, counting=True)
    loop.clock.advance(1.5)
    loop.call.reset()
    loop.clock.pump([2, 2])
    assert loop.times == [(1, 0), (1, 3.5), (1, 5.5)]
    loop.call.stop()
    loop.clock.advance(4.5)
    loop.call.start(1)
    loop.clock.advance(1)
    assert loop.times[3:] == [(4, 10), (1, 11)]


def test_a_count_is_one_where_the_interval_is_zero() -> None:
    loop = Loop(0, counting=True)
    loop.clock.calls.pop(0)._make()
    assert loop.times == [(1, 0), (1, 0)]


def test_cancelling_the_deferred_stops_the_loop() -> None:
    loop = Loop(1)
    loop.finished.cancel()
    assert loop.results[0].check(CancelledError)
    assert not loop.call.running
    assert loop.clock.calls == []


def test_cancelling_the_deferred_cancels_what_the_function_waits_for() -> None:
    wait: Deferred[None] = Deferred()
    outcomes: list[Failure] = []
    wait.addErrback(outcomes.append)
    loop = Loop(1, f=lambda: wait)
    loop.finished.cancel()
    assert outcomes[0].check(CancelledError)
    assert loop.results[0].check(CancelledError)
    assert loop.clock.calls == []


def test_misuse_is_told() -> None:
    loop = Loop(1)
    with pytest.raises(AssertionError, match="running already"):
        loop.call.start(1)
    loop.call.stop()
    with pytest.raises(AssertionError, match="cannot be stopped"):
        loop.call.stop()
    with pytest.raises(AssertionError, match="cannot be reset"):
        loop.call.reset()
    with pytest.raises(ValueError, match="must not be negative"):
        loop.call.start(-1)


def test_a_loop_can_be_started_again() -> None:
    loop = Loop(1)
    loop.call.stop()
    loop.clock.advance(0.5)
    loop.call.start(2)
    loop.clock.advance(2)
    assert loop.times == [0, 0.5, 2.5]


def test_without_a_clock_it_is_the_current_reactor() -> None:
    clock = Clock()
    set_default_reactor(lambda: clock)
    try:
        call = LoopingCall(lambda: None)
        call.start(1)
    finally:
        set_default_reactor(None)
    assert call.clock is clock


def test_a_loop_shows_what_it_calls() -> None:
    assert repr(LoopingCall(int, 1, y=2)) == "LoopingCall<None>(int, *(1,), **{'y': 2})"
