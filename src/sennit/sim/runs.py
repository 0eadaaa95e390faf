"""`simulated`: run a test under many seeds, and tell how to have a failure again.

A failing seed is run once more with its packets kept, then with fewer and fewer of its faults, as long as it
still fails (delta debugging: Zeller and Hildebrandt, 2002).  What is left, the trace, and the command that
runs just this seed are what the failure says, the command last.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import wraps
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.framing.numbers import NumberError, parse_decimal
from sennit.sim.errors import SimulationError
from sennit.sim.simulation import Simulation

__all__ = ["SimulationFailed", "Test", "run_seed", "run_seeds", "shrink", "simulated"]

Test = Callable[[Simulation], Any]

_LARGEST = (1 << 63) - 1
_SHRINKING_RUNS = 100
# Of the seeds of a test, so many are run twice, and must do the same both times.
_TWICE = 2


class SimulationFailed(AssertionError):
    """A test failed under a seed.

    Args:
        seed: The seed.
        report: What to tell.
    """

    def __init__(self, seed: int, report: str) -> None:
        super().__init__(report)
        self.seed = seed


def simulated(
    test: Any = None,
    *,
    seeds: int = 20,
    twice: int = _TWICE,
    time_limit: float = 86400.0,
    expect_errors: bool = False,
) -> Any:
    """Make a test of a function or a coroutine function that takes a simulation.

    The environment has a say: ``SENNIT_SIM_SEED`` is the one seed to run, ``SENNIT_SIM_COUNT`` how many to
    run instead of `seeds`, ``SENNIT_SIM_JOBS`` in how many processes, ``SENNIT_SIM_TWICE`` how many to run
    twice instead of `twice`.

    Args:
        test: The test; its first argument (after ``self``) is the `Simulation`.
        seeds: How many seeds to run.
        twice: How many of them to run twice, and compare the traces.
        time_limit: How many seconds of virtual time a run may take.
        expect_errors: Whether errors that nobody took (`Simulation.errors`) are for the test to judge.

    Raises:
        SimulationFailed: If a seed fails.
    """
    if test is None:
        return lambda test: simulated(
            test, seeds=seeds, twice=twice, time_limit=time_limit, expect_errors=expect_errors
        )

    parameters = list(inspect.signature(test).parameters.values())
    in_class = int(bool(parameters) and parameters[0].name == "self")

    @wraps(test)
    def run_all(*args: Any, **kwargs: Any) -> None:
        def body(simulation: Simulation) -> Any:
            return test(*args[:in_class], simulation, *args[in_class:], **kwargs)

        options = {"time_limit": time_limit, "expect_errors": expect_errors}
        name = f"{test.__module__}.{test.__qualname__}"
        again = _number("SENNIT_SIM_TWICE")
        again = twice if again is None or not twice else again
        run_seeds(body, _seeds(seeds), name=name, twice=again, command=_command(test), **options)

    del parameters[in_class]
    run_all.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    del run_all.__wrapped__
    return run_all


def _number(name: str) -> int | None:
    text = os.environ.get(name, "")
    if not text:
        return None
    try:
        return parse_decimal(text, _LARGEST)
    except NumberError:
        raise SimulationError(f"The environment's {name} is a number, not {text!r}.") from None


def _seeds(count: int) -> list[int]:
    seed = _number("SENNIT_SIM_SEED")
    if seed is not None:
        return [seed]
    return list(range(_number("SENNIT_SIM_COUNT") or count))


def _command(test: Any) -> str:
    place = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if place:
        return f"python -m pytest '{place}'"
    return f"sennit test {test.__module__}.{test.__qualname__}"


def run_seed(
    test: Test,
    seed: int,
    *,
    time_limit: float = 86400.0,
    expect_errors: bool = False,
    suppressed: frozenset[int] = frozenset(),
    packets: bool = False,
) -> tuple[Simulation, BaseException | None]:
    """Run a test under one seed.

    Args:
        test: The test.
        seed: The seed.
        time_limit: As of `simulated`.
        expect_errors: Likewise.
        suppressed: The numbers of faults that don't happen.
        packets: Whether the trace keeps packets.

    Returns:
        The simulation, and what it failed with, or None.
    """
    simulation = Simulation(seed, time_limit=time_limit, packets=packets)
    simulation.faults.suppressed = suppressed
    with simulation:
        try:
            result = test(simulation)
            if inspect.iscoroutine(result):
                result = ensureDeferred(result)
            if isinstance(result, Deferred):
                simulation.wait(result)
            if simulation.errors and not expect_errors:
                host, context = simulation.errors[0]
                error = context.get("exception")
                raise AssertionError(f"On host {host} nobody took {error!r}: {context.get('message')}")
        except Exception as error:
            return simulation, error
    return simulation, None


def run_seeds(
    test: Test,
    seeds: Sequence[int],
    *,
    name: str = "",
    command: str = "",
    twice: int = _TWICE,
    **options: Any,
) -> None:
    """Run a test under some seeds, and fail with the first that fails.

    Args:
        test: The test.
        seeds: The seeds.
        name: What to call the test.
        command: What runs it.
        twice: How many seeds to run twice, and compare.
        **options: As of `run_seed`.

    Raises:
        SimulationFailed: If one fails, or two runs of one seed differ.
    """
    jobs = _number("SENNIT_SIM_JOBS") or 1
    if jobs > 1 and len(seeds) > 1:
        failing = _first_failing(test, seeds, jobs, options)
    else:
        failing = next((seed for seed in seeds if run_seed(test, seed, **options)[1] is not None), None)
    if failing is not None:
        raise _report(test, failing, name, command, options)
    for seed in seeds[:twice]:
        first, second = (run_seed(test, seed, **options)[0].trace for _ in range(2))
        if first.digest != second.digest:
            lines = _first_difference(first.lines, second.lines)
            raise SimulationFailed(
                seed,
                f"{name} does not do the same twice under seed {seed}.  The first time:\n  {lines[0]}\n"
                f"the second time:\n  {lines[1]}\n{_again(seed, command)}",
            )


def _first_difference(first: list[str], second: list[str]) -> tuple[str, str]:
    for one, other in zip_longest(first, second, fillvalue="the end"):
        if one != other:
            return one, other
    return "more than the trace keeps", "something else, before what the trace keeps"


def _first_failing(test: Test, seeds: Sequence[int], jobs: int, options: dict[str, Any]) -> int | None:
    """Run the seeds in processes, each a share of them; forked, so that the test need not be pickled."""
    global _shared
    _shared = (test, options)
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
            found = pool.map(_share, [list(seeds[number::jobs]) for number in range(jobs)])
            return min((seed for seed in found if seed is not None), default=None)
    finally:
        _shared = None


_shared: tuple[Test, dict[str, Any]] | None = None


def _share(seeds: list[int]) -> int | None:
    assert _shared is not None
    test, options = _shared
    asyncio._set_running_loop(None)
    return next((seed for seed in seeds if run_seed(test, seed, **options)[1] is not None), None)


def shrink(test: Test, seed: int, faults: Sequence[int], **options: Any) -> list[int]:
    """Find few of the faults of a failing run with which it still fails.

    Args:
        test: The test.
        seed: The seed.
        faults: The numbers of all faults that happened.
        **options: As of `run_seed`.

    Returns:
        The numbers of those that are left.
    """
    left = list(faults)
    parts = 2
    for _ in range(_SHRINKING_RUNS):
        size = max(1, -(-len(left) // parts))
        for start in range(0, len(left), size):
            rest = left[:start] + left[start + size :]
            gone = frozenset(faults) - frozenset(rest)
            if run_seed(test, seed, suppressed=gone, **options)[1] is not None:
                left, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(left), parts * 2)
        if not left:
            break
    return left


def _report(test: Test, seed: int, name: str, command: str, options: dict[str, Any]) -> SimulationFailed:
    simulation, error = run_seed(test, seed, packets=True, **options)
    if error is None:
        return SimulationFailed(
            seed, f"{name} failed under seed {seed}, and then did not: it is not deterministic."
        )
    happened = simulation.faults.happened
    left = shrink(test, seed, [number for number, _ in happened], **options)
    gone = frozenset(number for number, _ in happened) - frozenset(left)
    simulation, again = run_seed(test, seed, suppressed=gone, packets=True, **options)
    folder = Path(tempfile.mkdtemp(prefix="sennit-sim-"))
    simulation.trace.write_text(folder / "trace.txt")
    simulation.trace.write_pcap(folder / "trace.pcap")
    lines = [f"{name} failed under seed {seed}: {type(error).__name__}: {error}"]
    if happened:
        words = ", ".join(what for number, what in happened if number in left) or "none at all"
        lines.append(f"Of its {len(happened)} faults these are enough: {words}.")
    lines += ["The last that happened:", *(f"  {line}" for line in simulation.trace.lines[-15:])]
    lines += [f"The trace, and its packets for Wireshark, are in {folder}.", _again(seed, command)]
    failed = SimulationFailed(seed, "\n".join(lines))
    failed.__cause__ = again or error
    return failed


def _again(seed: int, command: str) -> str:
    return f"To run it again:\nSENNIT_SIM_SEED={seed} {command}"
