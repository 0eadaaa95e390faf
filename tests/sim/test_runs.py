"""Tests under many seeds."""

from __future__ import annotations

import pytest

from sennit.sim import SimulationFailed, maybe, simulated
from sennit.sim.runs import run_seed, shrink
from sennit.trial.unittest import TestCase


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("SEED", "COUNT", "JOBS"):
        monkeypatch.delenv(f"SENNIT_SIM_{name}", raising=False)


def test_a_test_is_run_under_each_seed():
    seen = []

    @simulated(seeds=5, twice=0)
    def test(sim):
        seen.append(sim.seed)

    test()
    assert seen == [0, 1, 2, 3, 4]


def test_the_environment_says_how_many_or_which(monkeypatch):
    seen = []

    @simulated(seeds=5, twice=0)
    def test(sim):
        seen.append(sim.seed)

    monkeypatch.setenv("SENNIT_SIM_COUNT", "2")
    test()
    monkeypatch.setenv("SENNIT_SIM_SEED", "77")
    test()
    assert seen == [0, 1, 77]


def test_a_failure_ends_with_the_command_that_has_it_again(monkeypatch):
    @simulated(seeds=50)
    def test(sim):
        assert sim.random.random() < 0.9

    with pytest.raises(SimulationFailed) as caught:
        test()
    last = str(caught.value).splitlines()[-1]
    assert last.startswith(f"SENNIT_SIM_SEED={caught.value.seed} python -m pytest")
    monkeypatch.setenv("SENNIT_SIM_SEED", str(caught.value.seed))
    with pytest.raises(SimulationFailed):
        test()


def test_seeds_are_shared_out_to_processes(monkeypatch):
    monkeypatch.setenv("SENNIT_SIM_JOBS", "2")

    @simulated(seeds=50)
    def test(sim):
        assert sim.random.random() < 0.9

    with pytest.raises(SimulationFailed):
        test()


def test_a_test_that_does_not_do_the_same_twice_is_found_out():
    runs = []

    @simulated(seeds=1)
    def test(sim):
        runs.append(None)
        sim.trace.note("run", len(runs))

    with pytest.raises(SimulationFailed, match="same twice"):
        test()


def test_a_coroutine_is_a_test_too():
    @simulated(seeds=2)
    async def test(sim):
        await sim.sleep(10)
        assert sim.now == 10

    test()


class TestInACase(TestCase):
    """A method is a test too."""

    @simulated(seeds=2)
    def test_it(self, sim):
        assert self.mktemp()
        assert sim.host("a").up


def test_errors_that_nobody_took_fail_a_test():
    def program(sim):
        sim.host("a").run(lambda reactor: sim.host("a").loop.call_soon(lambda: 1 / 0))
        sim.run_for(1)

    with pytest.raises(SimulationFailed, match="ZeroDivisionError"):
        simulated(program)()
    simulated(program, expect_errors=True)()


def test_faults_that_have_nothing_to_do_with_a_failure_are_left_out():
    def test(sim):
        happened = [number for number in range(200) if maybe_in(sim, number)]
        assert not {3, 20} <= set(happened)

    def maybe_in(sim, number):
        with sim.active():
            return maybe(f"fault {number}", 0.5)

    seed = next(seed for seed in range(200) if run_seed(test, seed)[1] is not None)
    simulation, _ = run_seed(test, seed)
    left = shrink(test, seed, [number for number, _ in simulation.faults.happened])
    names = dict(simulation.faults.happened)
    assert sorted(names[number] for number in left) == ["fault 20", "fault 3"]


def test_without_a_simulation_no_fault_happens():
    assert not any(maybe("anything", 1.0) for _ in range(10))
