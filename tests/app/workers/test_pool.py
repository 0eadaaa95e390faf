"""The rules for a set of workers, without processes."""

from __future__ import annotations

import pytest

from sennit.app.workers.pool import Pool, StartError
from sennit.testing import Clock


class FakeWorker:
    def __init__(self, place):
        self.place = place
        self.pid = 1000 + place.generation * 10 + place.number
        self.told = []

    def retire(self):
        self.told.append("retire")

    def stop(self):
        self.told.append("stop")

    def kill(self):
        self.told.append("kill")


class Scene:
    """A pool of two, the workers that it started, and what it reported."""

    def __init__(self):
        self.clock = Clock()
        self.started = []
        self.renewals = []
        self.fail_next = False
        self.pool = Pool(self.clock, 2, self.start, grace=30, start_timeout=60, renewed=self.renewals.append)
        self.outcome = []
        self.pool.begin().addBoth(self.outcome.append)

    def start(self, place):
        if self.fail_next:
            self.fail_next = False
            raise OSError(11, "No processes are left")
        worker = FakeWorker(place)
        self.started.append(worker)
        return worker

    def ready(self, *workers):
        for worker in workers:
            self.pool.is_ready(worker.place)

    def end(self, worker, reason="killed"):
        self.pool.ended(worker.place, reason)

    def living(self):
        return [place.worker for place in self.pool.workers()]


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def serving(scene):
    scene.ready(*scene.started)
    return scene


def test_it_has_begun_when_all_are_ready(scene):
    one, two = scene.started
    scene.ready(one)
    assert scene.outcome == []
    scene.ready(two)
    assert scene.outcome == [None]


def test_one_that_ends_before_it_serves_at_first_is_an_error(scene):
    one, two = scene.started
    scene.end(one, "exit code 1")
    [failure] = scene.outcome
    assert failure.check(StartError)
    assert failure.getErrorMessage() == "Worker 1 ended before it served: exit code 1"
    assert two.told == ["stop"]


def test_one_that_is_not_ready_in_time_is_killed(scene):
    one, two = scene.started
    scene.ready(one)
    scene.clock.advance(60)
    assert (one.told, two.told) == ([], ["kill"])


def test_one_that_dies_is_replaced_at_once_under_its_number(serving):
    one, two = serving.started
    serving.end(one)
    assert [(worker.place.number, worker.place.generation) for worker in serving.started] == [
        (1, 1),
        (2, 1),
        (1, 1),
    ]
    assert serving.living() == [two, serving.started[2]]


def test_those_that_die_young_are_replaced_later_and_later(serving):
    for pause in (0.5, 1.0, 2.0):
        serving.end(serving.started[-1])
        if pause == 0.5:
            serving.end(serving.started[-1])
        before = len(serving.started)
        serving.clock.advance(pause - 0.01)
        assert len(serving.started) == before
        serving.clock.advance(0.02)
        assert len(serving.started) == before + 1


def test_after_one_that_lived_long_the_next_is_replaced_at_once_again(serving):
    serving.end(serving.started[1])
    serving.ready(serving.started[2])
    serving.clock.advance(10)
    serving.end(serving.started[2])
    assert len(serving.started) == 4


def test_in_a_renewal_the_old_retire_once_all_new_ones_are_ready(serving):
    old = serving.started[:]
    serving.pool.renew()
    new = serving.started[2:]
    assert [worker.place.generation for worker in new] == [2, 2]
    serving.ready(new[0])
    assert [worker.told for worker in old] == [[], []]
    assert serving.renewals == []
    serving.ready(new[1])
    assert [worker.told for worker in old] == [["retire"], ["retire"]]
    assert serving.renewals == [None]
    for worker in old:
        serving.end(worker, "exit code 0")
    assert serving.living() == new


def test_one_that_does_not_leave_is_killed_after_the_grace(serving):
    old = serving.started[0]
    serving.pool.renew()
    serving.ready(*serving.started[2:])
    serving.clock.advance(34.9)
    assert old.told == ["retire"]
    serving.clock.advance(0.2)
    assert old.told == ["retire", "kill"]


def test_a_renewal_that_fails_leaves_the_old_ones(serving):
    old = serving.started[:]
    serving.pool.renew()
    one, two = serving.started[2:]
    serving.ready(one)
    serving.end(two, "exit code 1")
    assert serving.renewals == ["Worker 2 ended before it served: exit code 1"]
    assert one.told == ["stop"]
    assert [worker.told for worker in old] == [[], []]
    serving.pool.renew()
    new = serving.started[4:]
    serving.ready(new[0])
    assert serving.renewals[1:] == []
    serving.ready(new[1])
    assert serving.renewals[1:] == [None]


def test_one_that_dies_in_a_renewal_that_fails_is_replaced_after_it(serving):
    old = serving.started[0]
    serving.pool.renew()
    serving.end(old)
    assert len(serving.started) == 4
    serving.end(serving.started[2], "exit code 1")
    assert [(worker.place.number, worker.place.generation) for worker in serving.started[4:]] == [(1, 1)]


def test_a_process_that_cannot_be_had_fails_the_renewal(serving):
    serving.fail_next = True
    serving.pool.renew()
    serving.clock.advance(0)
    [problem] = serving.renewals
    assert "No processes are left" in problem


def test_renewals_asked_for_in_a_renewal_become_one_more(serving):
    serving.pool.renew()
    serving.pool.renew()
    serving.pool.renew()
    assert len(serving.started) == 4
    serving.ready(*serving.started[2:])
    assert [worker.place.generation for worker in serving.started[4:]] == [3, 3]
    serving.ready(*serving.started[4:])
    assert len(serving.started) == 6
    assert serving.renewals == [None, None]


def test_stopping_ends_when_the_last_has_ended(serving):
    ended = []
    serving.pool.stop().addCallback(ended.append)
    one, two = serving.started
    assert (one.told, two.told) == (["stop"], ["stop"])
    serving.end(one)
    assert ended == []
    serving.end(two)
    assert ended == [None]
    serving.pool.renew()
    assert len(serving.started) == 2


def test_no_timer_is_left_when_all_have_ended(serving):
    serving.end(serving.started[0])
    serving.end(serving.started[2])
    serving.pool.stop()
    for worker in serving.living():
        serving.end(worker)
    assert serving.clock.getDelayedCalls() == []
