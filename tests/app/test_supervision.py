"""Supervisors start again what failed and what belongs to it, give up in time, and stop in order."""

from __future__ import annotations

import pytest

from sennit.app import Service
from sennit.app.supervised import EndingService, ProgramService, TaskService
from sennit.app.supervision import Child, Supervisor, TooManyRestartsError
from sennit.core.deferred import Deferred
from sennit.core.errors import ProcessTerminated
from sennit.core.failure import Failure
from sennit.testing import Clock


class Lamp(EndingService):
    def __init__(self, name, story, slow=None):
        super().__init__()
        self.label, self.story, self.slow = name, story, slow

    def startService(self):
        super().startService()
        self.story.append(f"+{self.label}")

    def stopService(self):
        super().stopService()
        self.story.append(f"-{self.label}")
        return self.slow

    def fail(self):
        self._over(Failure(ValueError(self.label)))

    def end(self):
        self._over(None)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def story():
    return []


def lamps(story, names="abc", **options):
    return [Child(name, lambda name=name: Lamp(name, story), **options) for name in names]


def supervised(story, clock, strategy="one-for-one", children=None, **options):
    made = Supervisor(children or lamps(story), strategy=strategy, reactor=clock, **options)
    made.privilegedStartService()
    made.startService()
    return made


def test_children_start_in_order_and_stop_in_reverse(story, clock):
    supervisor = supervised(story, clock)
    assert story == ["+a", "+b", "+c"]
    done = []
    supervisor.stopService().addCallback(done.append)
    assert story[3:] == ["-c", "-b", "-a"]
    assert done == [None]


@pytest.mark.parametrize(
    ("strategy", "then"),
    [
        ("one-for-one", ["-b", "+b"]),
        ("one-for-all", ["-c", "-b", "-a", "+a", "+b", "+c"]),
        ("rest-for-one", ["-c", "-b", "+b", "+c"]),
    ],
)
def test_the_strategy_says_which_start_again(story, clock, strategy, then):
    supervisor = supervised(story, clock, strategy)
    before = supervisor.services["b"]
    before.fail()
    assert story[3:] == then
    assert supervisor.services["b"] is not before


def test_a_child_that_ends_well_starts_again_only_if_it_always_does(story, clock):
    children = [
        *lamps(story, "a"),
        *lamps(story, "b", restart="on-failure"),
        *lamps(story, "c", restart="never"),
    ]
    supervisor = supervised(story, clock, children=children)
    for name in "abc":
        supervisor.services[name].end()
    assert story[3:] == ["-a", "+a", "-b", "-c"]
    assert list(supervisor.services) == ["a"]


def test_one_that_is_over_does_not_start_again_with_the_others(story, clock):
    supervisor = supervised(
        story, clock, "one-for-all", [*lamps(story, "a"), *lamps(story, "b", restart="on-failure")]
    )
    supervisor.services["b"].end()
    supervisor.services["a"].fail()
    assert story[2:] == ["-b", "-a", "+a"]


def test_too_many_restarts_in_the_period_end_the_supervisor_with_its_cause(story, clock):
    supervisor = supervised(story, clock, intensity=2, period=10)
    failures = []
    supervisor.when_ended().addErrback(failures.append)
    for _ in range(2):
        supervisor.services["a"].fail()
    assert not failures
    supervisor.services["a"].fail()
    assert failures[0].check(TooManyRestartsError)
    assert str(failures[0].value.__cause__) == "a"
    assert story[-3:] == ["-c", "-b", "-a"]
    assert not supervisor.running


def test_restarts_that_are_far_apart_are_borne(story, clock):
    supervisor = supervised(story, clock, intensity=1, period=10)
    for _ in range(5):
        supervisor.services["a"].fail()
        clock.advance(11)
    assert supervisor.running


def test_a_supervisor_above_sees_that_one_below_gave_up(story, clock):
    below = Child("below", lambda: Supervisor(lamps(story, "a"), intensity=0, reactor=clock))
    supervisor = supervised(story, clock, children=[below])
    first = supervisor.services["below"]
    first.services["a"].fail()
    assert supervisor.services["below"] is not first
    assert story == ["+a", "-a", "+a"]


def test_a_child_that_cannot_start_counts_as_failed(story, clock):
    class Broken(Service):
        def startService(self):
            raise OSError("no port")

    def make():
        raise ValueError("cannot be made")

    supervisor = supervised(story, clock, children=[Child("x", Broken)], intensity=2)
    assert not supervisor.running
    failures = []
    supervisor = Supervisor([Child("x", make)], reactor=clock, intensity=1)
    supervisor.when_ended().addErrback(failures.append)
    supervisor.startService()
    assert failures[0].check(TooManyRestartsError)


def test_one_that_does_not_stop_is_killed_after_its_grace(story, clock):
    class Stubborn(Lamp):
        def kill(self):
            story.append("kill")
            self.end()

    children = [*lamps(story, "a"), Child("s", lambda: Stubborn("s", story, Deferred()), grace=3)]
    supervisor = supervised(story, clock, children=children)
    done = []
    supervisor.stopService().addCallback(done.append)
    clock.advance(2)
    assert story[2:] == ["-s"]
    clock.advance(1)
    assert story[2:] == ["-s", "kill", "-a"]
    assert done == [None]
    assert not clock.getDelayedCalls()


def test_stopping_while_children_start_again_stops_them_all(story, clock):
    slow = Deferred()
    children = [Child("a", lambda: Lamp("a", story, slow)), *lamps(story, "b")]
    supervisor = supervised(story, clock, children=children)
    supervisor.services["a"].fail()
    assert story[2:] == ["-a"]
    supervisor.stopService()
    assert story[2:] == ["-a", "-b"]
    assert not supervisor.services


def test_a_coroutine_ends_when_it_returns_fails_or_is_cancelled():
    gate = []

    async def main(result):
        deferred = Deferred()
        gate.append(deferred)
        await deferred
        if result is not None:
            raise result

    said = []
    service = TaskService(main, None)
    service.startService()
    service.when_ended().addCallback(said.append)
    gate[0].callback(None)
    assert (said, service.running) == ([None], 0)
    service = TaskService(main, ValueError("x"))
    service.startService()
    service.when_ended().addErrback(lambda failure: said.append(failure.type))
    gate[1].callback(None)
    assert said[1:] == [ValueError]
    service.startService()
    service.stopService().addCallback(lambda _: said.append("stopped"))
    assert said[2:] == ["stopped"]


def test_a_program_ends_with_its_status():
    class Transport:
        def __init__(self):
            self.signals = []

        def signalProcess(self, name):
            self.signals.append(name)

    class Reactor:
        def spawnProcess(self, protocol, executable, args, **options):
            self.protocol, self.started = protocol, (executable, args, options)
            protocol.makeConnection(Transport())

    reactor = Reactor()
    service = ProgramService(["/bin/lamp", "-x"], cwd="/srv", reactor=reactor)
    service.startService()
    assert reactor.started[:2] == ("/bin/lamp", ["/bin/lamp", "-x"])
    said = []
    service.when_ended().addErrback(lambda failure: said.append(failure.type))
    reactor.protocol.processEnded(Failure(ProcessTerminated(3)))
    assert said == [ProcessTerminated]
    service.startService()
    transport = reactor.protocol.transport
    service.stopService().addCallback(said.append)
    service.kill()
    assert transport.signals == ["TERM", "KILL"]
    reactor.protocol.processEnded(Failure(ProcessTerminated(None, 9)))
    assert said[1:] == [None]


@pytest.mark.parametrize("options", [{"strategy": "none-for-all"}, {"children": lamps([], "aa")}])
def test_a_supervisor_that_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError, match=r"one of|different"):
        Supervisor(**{"children": [], **options})
    with pytest.raises(ValueError, match="restarted"):
        Child("a", Service, restart="sometimes")
