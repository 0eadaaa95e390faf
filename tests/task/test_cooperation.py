from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sennit.core.current import set_default_reactor
from sennit.core.deferred import Deferred
from sennit.task import (
    Clock,
    Cooperator,
    NotPaused,
    SchedulerError,
    SchedulerStopped,
    TaskDone,
    TaskFailed,
    TaskFinished,
    TaskStopped,
    coiterate,
    cooperate,
)


class Turns:
    """A cooperator that takes so many steps each half second of its clock."""

    def __init__(self, steps: int = 3, *, started: bool = True) -> None:
        self.clock = Clock()
        self.log: list[Any] = []

        def predicates() -> Callable[[], bool]:
            taken = 0

            def enough() -> bool:
                nonlocal taken
                taken += 1
                return taken >= steps

            return enough

        self.cooperator = Cooperator(predicates, lambda step: self.clock.callLater(0.5, step), started)

    def work(self, name: str, steps: int) -> Iterator[None]:
        for number in range(steps):
            self.log.append(f"{name}{number}")
            yield

    def turn(self) -> list[Any]:
        self.log.clear()
        self.clock.advance(0.5)
        return list(self.log)


def outcome(deferred: Deferred[Any]) -> Any:
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "the Deferred has not fired"
    return results[0]


def test_iterators_take_turns() -> None:
    turns = Turns()
    tasks = [turns.cooperator.cooperate(turns.work(name, 3)) for name in "ab"]
    assert [turns.turn(), turns.turn()] == [["a0", "b0", "a1"], ["b1", "a2", "b2"]]
    turns.turn()
    for task in tasks:
        assert outcome(task.whenDone()) is task._iterator
    assert turns.clock.calls == []


def test_nothing_is_scheduled_while_there_is_nothing_to_do() -> None:
    turns = Turns()
    assert turns.clock.calls == []
    turns.cooperator.cooperate(turns.work("a", 3)).stop()
    assert turns.clock.calls == []


def test_each_who_asks_is_told_of_the_end() -> None:
    turns = Turns()
    iterator = turns.work("a", 1)
    task = turns.cooperator.cooperate(iterator)
    first, second = task.whenDone(), task.whenDone()
    turns.turn()
    assert outcome(first) is outcome(second) is outcome(task.whenDone()) is iterator


def test_a_paused_task_takes_no_steps_until_all_pauses_are_undone() -> None:
    turns = Turns(steps=1)
    task = turns.cooperator.cooperate(turns.work("a", 2))
    task.pause()
    task.pause()
    assert turns.turn() == []
    task.resume()
    assert turns.turn() == []
    task.resume()
    assert turns.turn() == ["a0"]
    with pytest.raises(NotPaused):
        task.resume()


def test_a_stopped_task_tells_who_waits() -> None:
    turns = Turns()
    task = turns.cooperator.cooperate(turns.work("a", 2))
    waiting = task.whenDone()
    task.stop()
    assert outcome(waiting).check(TaskStopped)
    for method in (task.stop, task.pause):
        with pytest.raises(TaskStopped):
            method()
    assert turns.turn() == []


def test_a_task_that_is_done_cannot_be_stopped_or_paused() -> None:
    turns = Turns()
    task = turns.cooperator.cooperate(iter(()))
    turns.turn()
    for method in (task.stop, task.pause):
        with pytest.raises(TaskDone):
            method()
    with pytest.raises(NotPaused):
        task.resume()


def test_an_iterator_that_raises_fails_its_task_alone() -> None:
    turns = Turns()

    def broken() -> Iterator[None]:
        yield
        raise ValueError("no")

    task = turns.cooperator.cooperate(broken())
    other = turns.cooperator.cooperate(turns.work("a", 2))
    turns.turn()
    turns.turn()
    assert outcome(task.whenDone()).check(ValueError)
    assert outcome(other.whenDone()) is other._iterator
    with pytest.raises(TaskFailed):
        task.stop()


def test_a_deferred_is_waited_for_while_others_go_on() -> None:
    turns = Turns(steps=1)
    wait: Deferred[None] = Deferred()

    def waiting() -> Iterator[Any]:
        turns.log.append("w0")
        yield wait
        turns.log.append("w1")
        yield "anything else"

    task = turns.cooperator.cooperate(waiting())
    turns.cooperator.cooperate(turns.work("a", 5))
    assert [turns.turn() for _ in range(3)] == [["w0"], ["a0"], ["a1"]]
    with pytest.raises(NotPaused):
        task.resume()
    wait.callback(None)
    assert ["w1"] in [turns.turn() for _ in range(2)]


def test_a_task_paused_while_it_waits_stays_paused() -> None:
    turns = Turns()
    wait: Deferred[None] = Deferred()
    task = turns.cooperator.cooperate(iter([wait, None]))
    turns.turn()
    task.pause()
    wait.callback(None)
    assert turns.clock.calls == []
    task.resume()
    turns.turn()
    assert outcome(task.whenDone()) is task._iterator


def test_a_deferred_that_fails_fails_the_task() -> None:
    turns = Turns()
    wait: Deferred[None] = Deferred()
    task = turns.cooperator.cooperate(iter([wait]))
    turns.turn()
    wait.errback(ValueError("no"))
    assert outcome(task.whenDone()).check(ValueError)


def test_a_task_stopped_while_it_waits_ends_at_once() -> None:
    turns = Turns()
    wait: Deferred[None] = Deferred()
    task = turns.cooperator.cooperate(iter([wait]))
    turns.turn()
    task.stop()
    assert outcome(task.whenDone()).check(TaskStopped)
    wait.callback(None)
    assert turns.clock.calls == []


def test_coiterate_gives_a_deferred_of_the_end() -> None:
    turns = Turns()
    iterator = turns.work("a", 1)
    done: Deferred[Any] = Deferred()
    assert turns.cooperator.coiterate(iterator, done) is done
    other = turns.cooperator.coiterate(turns.work("b", 1))
    turns.turn()
    turns.turn()
    assert outcome(done) is iterator
    assert outcome(other) is not None


def test_stopping_the_cooperator_ends_all_tasks_and_those_to_come() -> None:
    turns = Turns()
    before = turns.cooperator.cooperate(turns.work("a", 5))
    turns.turn()
    turns.cooperator.stop()
    assert not turns.cooperator.running
    after = turns.cooperator.cooperate(turns.work("b", 5))
    for task in (before, after):
        assert outcome(task.whenDone()).check(SchedulerStopped)
        with pytest.raises(SchedulerStopped):
            task.pause()
    assert turns.clock.calls == []
    turns.cooperator.start()
    assert turns.cooperator.running
    turns.cooperator.cooperate(turns.work("c", 1))
    assert turns.turn() == ["c0"]


def test_a_cooperator_can_be_started_later() -> None:
    turns = Turns(started=False)
    turns.cooperator.cooperate(turns.work("a", 1))
    assert not turns.cooperator.running
    assert turns.turn() == []
    turns.cooperator.start()
    assert turns.turn() == ["a0"]


def test_a_task_may_add_pause_and_stop_others_from_its_step() -> None:
    turns = Turns(steps=10)
    tasks: dict[str, Any] = {}

    def meddler() -> Iterator[None]:
        tasks["added"] = turns.cooperator.cooperate(turns.work("added", 1))
        yield
        tasks["victim"].stop()
        tasks["sleeper"].pause()
        yield

    tasks["meddler"] = turns.cooperator.cooperate(meddler())
    tasks["victim"] = turns.cooperator.cooperate(turns.work("victim", 5))
    tasks["sleeper"] = turns.cooperator.cooperate(turns.work("sleeper", 5))
    assert sorted(turns.turn()) == ["added0", "sleeper0", "victim0"]


def test_a_whole_slice_of_time_is_used_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.004, 0.008, 0.012])
    monkeypatch.setattr("sennit.task.cooperation.monotonic", lambda: next(now))
    clock = Clock()
    taken: list[int] = []
    Cooperator(scheduler=lambda step: clock.callLater(1, step)).cooperate(map(taken.append, range(99)))
    clock.advance(1)
    assert taken == [0, 1, 2]


def test_the_functions_use_the_current_reactors_cooperator() -> None:
    for clock in (Clock(), Clock()):
        set_default_reactor(lambda clock=clock: clock)
        try:
            task = cooperate(iter([None]))
            done = coiterate(iter([None]))
            assert len(clock.calls) == 1
            clock.advance(0)
        finally:
            set_default_reactor(None)
        assert outcome(task.whenDone()) is not None
        assert outcome(done) is not None


def test_the_errors_are_one_family() -> None:
    for kind in (TaskDone, TaskStopped, TaskFailed):
        assert issubclass(kind, TaskFinished)
    for kind in (TaskFinished, NotPaused, SchedulerStopped):
        assert issubclass(kind, SchedulerError)
