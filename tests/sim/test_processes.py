"""Child processes of simulated hosts."""

from __future__ import annotations

import pytest

from sennit.process import getProcessOutput, getProcessOutputAndValue, getProcessValue
from sennit.protocol import ProcessProtocol
from sennit.sim import Outcome, Simulation


@pytest.fixture
def sim():
    with Simulation(1) as made:
        made.host("a").install(
            "/bin/date", lambda args: Outcome(output=b"today " + " ".join(args[1:]).encode())
        )
        made.host("a").install("/bin/false", lambda args: Outcome(status=1, errors=b"no", after=3.0))
        made.host("a").install("/bin/sleep", lambda args: Outcome(after=None))
        yield made
        assert made.errors == []


def test_a_program_says_what_it_was_given_to_say(sim):
    output = sim.host("a").call(lambda reactor: getProcessOutput("/bin/date", ["+%F"], reactor=reactor))
    assert sim.wait(output) == b"today +%F"


def test_a_program_ends_with_its_status_after_its_time(sim):
    value = sim.host("a").call(lambda reactor: getProcessValue("/bin/false", reactor=reactor))
    assert sim.wait(value) == 1
    assert sim.now == pytest.approx(3, abs=0.01)
    whole = sim.host("a").call(lambda reactor: getProcessOutputAndValue("/bin/false", reactor=reactor))
    assert sim.wait(whole) == (b"", b"no", 1)


class Ending(ProcessProtocol):
    """Keeps how the process ended."""

    reason = None

    def processEnded(self, reason):
        self.reason = reason.value


def test_a_program_that_does_not_end_is_killed(sim):
    ending = Ending()
    process = sim.wait(sim.host("a").call(lambda reactor: reactor.spawnProcess(ending, "/bin/sleep")))
    sim.run_for(1000)
    assert ending.reason is None
    process.write(b"hello")
    process.signalProcess("KILL")
    sim.run_for(1)
    assert ending.reason.signal == 9
    assert process.written == b"hello"


def test_a_program_that_the_host_does_not_have_is_not_found(sim):
    with pytest.raises(FileNotFoundError):
        sim.wait(sim.host("a").call(lambda reactor: reactor.spawnProcess(Ending(), "/bin/none")))
