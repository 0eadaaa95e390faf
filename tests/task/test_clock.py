from __future__ import annotations

from contextvars import ContextVar

import pytest

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall, IReactorTime
from sennit.task import Clock


def test_a_clock_is_a_reactors_time_and_its_calls_are_delayed_calls() -> None:
    clock = Clock()
    assert IReactorTime.providedBy(clock)
    assert IDelayedCall.providedBy(clock.callLater(1, print))


def test_time_passes_only_when_told() -> None:
    clock = Clock()
    assert clock.seconds() == clock.rightNow == 0.0
    clock.advance(1.5)
    clock.pump([0.25, 0.25])
    assert clock.seconds() == 2.0


def test_calls_are_made_in_the_order_of_their_times_then_of_their_making() -> None:
    clock = Clock()
    made: list[tuple[str, float]] = []

    def call(name: str) -> None:
        made.append((name, clock.seconds()))

    clock.callLater(2, call, "late")
    clock.callLater(1, call, "first")
    clock.callLater(1, call, name="second")
    assert len(clock.getDelayedCalls()) == 3
    clock.advance(1)
    assert made == [("first", 1), ("second", 1)]
    clock.advance(5)
    assert made[2:] == [("late", 6)]
    assert clock.calls == []


def test_calls_that_become_due_meanwhile_are_made_as_well() -> None:
    clock = Clock()
    made: list[str] = []

    def first() -> None:
        clock.callLater(0, made.append, "now")
        clock.callLater(1, made.append, "later")

    clock.callLater(1, first)
    clock.advance(1)
    assert made == ["now"]
    clock.advance(1)
    assert made == ["now", "later"]


def test_an_error_comes_out_of_advance_and_later_calls_wait() -> None:
    clock = Clock()
    made: list[int] = []
    clock.callLater(1, lambda: 1 / 0)
    clock.callLater(1, made.append, 1)
    with pytest.raises(ZeroDivisionError):
        clock.advance(1)
    assert made == []
    clock.advance(0)
    assert made == [1]


def test_a_call_can_be_put_off_moved_and_called_off() -> None:
    clock = Clock()
    made: list[int] = []
    call = clock.callLater(1, made.append, 1)
    other = clock.callLater(3, made.append, 2)
    call.delay(4)
    assert call.getTime() == 5
    assert clock.calls == [other, call]
    clock.advance(1)
    call.reset(1)
    assert call.getTime() == 2
    assert clock.calls == [call, other]
    assert call.active()
    other.cancel()
    assert not other.active()
    clock.advance(5)
    assert not call.active()
    assert made == [1]


def test_what_is_over_cannot_be_moved_or_called_off() -> None:
    clock = Clock()
    cancelled = clock.callLater(1, print)
    cancelled.cancel()
    called = clock.callLater(0, lambda: None)
    clock.advance(0)
    for call, error in ((cancelled, AlreadyCancelled), (called, AlreadyCalled)):
        for method, args in ((call.cancel, ()), (call.reset, (1,)), (call.delay, (1,))):
            with pytest.raises(error):
                method(*args)


def test_a_call_runs_in_the_context_of_whoever_asked() -> None:
    clock = Clock()
    variable: ContextVar[str] = ContextVar("variable", default="outside")
    seen: list[str] = []
    token = variable.set("asker")
    clock.callLater(1, lambda: seen.append(variable.get()))
    variable.reset(token)
    clock.advance(1)
    assert seen == ["asker"]


def test_a_call_shows_what_it_will_do() -> None:
    call = Clock().callLater(1, int, ["a"], b=2)
    assert "[at 1.0s] pending int(['a'], b=2)>" in repr(call)
