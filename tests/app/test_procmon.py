"""The process monitor starts programs again as they end, later and later, and ends them in order."""

from __future__ import annotations

import pytest

from sennit.app.procmon import ProcessMonitor
from sennit.core.errors import ProcessDone, ProcessExitedAlready, ProcessTerminated
from sennit.core.failure import Failure
from sennit.log import globalLogPublisher
from sennit.testing import Clock


class Program:
    def __init__(self, protocol, arguments):
        self.protocol = protocol
        self.arguments = arguments
        self.signals = []
        self.over = False

    def signalProcess(self, name):
        if self.over:
            raise ProcessExitedAlready
        self.signals.append(name)

    def end(self, reason=None):
        self.over = True
        self.protocol.processEnded(Failure(ProcessDone(0) if reason is None else reason))


class Reactor(Clock):
    def __init__(self):
        super().__init__()
        self.programs = []
        self.error = None

    def spawnProcess(self, protocol, executable, args, **options):
        if self.error is not None:
            raise self.error
        program = Program(protocol, (executable, list(args), options))
        self.programs.append(program)
        protocol.makeConnection(program)
        return program


@pytest.fixture
def reactor():
    return Reactor()


@pytest.fixture
def monitor(reactor):
    made = ProcessMonitor(reactor)
    made.addProcess("lamp", ["/bin/lamp", "-x"], uid=3, gid=4, env={"A": "b"}, cwd="/tmp")
    return made


@pytest.fixture
def logged():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


def test_a_program_is_started_as_it_was_described(reactor, monitor):
    assert not reactor.programs
    monitor.startService()
    assert reactor.programs[0].arguments == (
        "/bin/lamp",
        ["/bin/lamp", "-x"],
        {"uid": 3, "gid": 4, "env": {"A": "b"}, "path": "/tmp"},
    )
    with pytest.raises(KeyError):
        monitor.addProcess("lamp", ["x"])


def test_one_that_ran_for_a_while_is_started_again_at_once(reactor, monitor):
    monitor.startService()
    reactor.advance(5)
    reactor.programs[0].end()
    reactor.advance(0)
    assert len(reactor.programs) == 2


def test_one_that_ends_at_once_is_started_later_and_later(reactor, monitor):
    monitor.maxRestartDelay = 4
    monitor.startService()
    for delay in (1, 2, 4, 4):
        count = len(reactor.programs)
        reactor.programs[-1].end(ProcessTerminated(1))
        reactor.advance(delay - 0.5)
        assert len(reactor.programs) == count
        reactor.advance(0.5)
        assert len(reactor.programs) == count + 1


def test_one_that_cannot_be_started_is_tried_again(reactor, monitor):
    reactor.error = BlockingIOError(11, "busy")
    monitor.startService()
    reactor.error = None
    reactor.advance(1)
    assert len(reactor.programs) == 1


def test_stopping_ends_programs_and_kills_those_that_do_not_end(reactor, monitor):
    monitor.startService()
    monitor.stopService()
    assert reactor.programs[0].signals == ["TERM"]
    reactor.advance(5)
    assert reactor.programs[0].signals == ["TERM", "KILL"]
    reactor.programs[0].end()
    reactor.advance(10_000)
    assert len(reactor.programs) == 1
    assert not reactor.getDelayedCalls()


def test_stopping_while_one_waits_to_be_started_starts_it_no_more(reactor, monitor):
    monitor.startService()
    reactor.programs[0].end()
    monitor.stopService()
    assert not reactor.getDelayedCalls()


def test_all_are_started_again_when_asked(reactor, monitor):
    monitor.startService()
    reactor.advance(5)
    monitor.restartAll()
    assert reactor.programs[0].signals == ["TERM"]
    reactor.programs[0].end()
    reactor.advance(0)
    assert len(reactor.programs) == 2


def test_one_that_is_removed_is_not_started_again(reactor, monitor):
    monitor.startService()
    monitor.removeProcess("lamp")
    reactor.programs[0].end()
    reactor.advance(100)
    assert len(reactor.programs) == 1
    with pytest.raises(KeyError):
        monitor.stopProcess("lamp")


def test_what_programs_say_is_logged_line_by_line(reactor, monitor, logged):
    monitor.startService()
    program = reactor.programs[0]
    program.protocol.outReceived(b"one\ntw")
    program.protocol.errReceived(b"\xff\n")
    program.protocol.outReceived(b"o")
    program.end(ProcessTerminated(2))
    lines = [(event["stream"], event["line"]) for event in logged if "line" in event]
    assert lines == [("stdout", "one"), ("stderr", repr(b"\xff")), ("stdout", "two")]
    assert any("exit code 2" in event.get("why", "") for event in logged)
