"""Runs Twisted's own tests on Sennit, in parallel, and prints a table by package: ``make conformance``.

    python -m conformance.run                          all modules of the baseline
    python -m conformance.run twisted.logger 'twisted.test.test_d*'
    python -m conformance.run --failures twisted.test.test_defer

Each module runs in a process of its own.  A test counts as passed, skipped, excluded
(`conformance.exclusions`) or failed; one that a crash or the time limit cut off has failed, and a module that
cannot be imported has failed with as many tests as Twisted has in it.  `--check` ends with 1 if a package
passes less than ``ratchet.tsv`` says; `--raise` writes there what passes now.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import contextlib
import fnmatch
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.environment import ROOT
from conformance.graft import python

__all__ = ["Outcome", "baseline", "main", "package_of", "summed"]

BASELINE = ROOT / "conformance" / "conformance-baseline.tsv"
RATCHET = ROOT / "conformance" / "ratchet.tsv"
TIME_LIMIT = 300.0
KINDS = ("passed", "skipped", "excluded", "failed")


@dataclass
class Outcome:
    """What became of a module's tests.

    Attributes:
        module: Its name.
        baseline: How many of its tests pass on Twisted.
        tests: What became of each: a kind of `KINDS`, and why.
        problem: What kept it from running, or from running to its end.
        seconds: How long it took.
    """

    module: str
    baseline: int
    tests: dict[str, tuple[str, str]] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0

    def count(self, kind: str) -> int:
        """Return how many tests are of a kind."""
        return sum(1 for found, _ in self.tests.values() if found == kind)


def baseline() -> dict[str, tuple[int, int]]:
    """Return how many tests each module has, and how many pass on Twisted."""
    found = {}
    for line in BASELINE.read_text().splitlines():
        if line.startswith("twisted") and ".test" in line:
            module, tests, passed, _ = line.split("\t")
            found[module] = int(tests), int(passed)
    return found


def package_of(module: str) -> str:
    """Return the package that a test module is about: for those in twisted.test, the module itself."""
    before, _, after = module.partition(".test")
    return f"twisted.test{after}" if before == "twisted" else before


def run_module(interpreter: Path, module: str, counts: tuple[int, int], directory: Path) -> Outcome:
    """Run a module's tests in a process of its own."""
    outcome = Outcome(module, counts[1])
    path = directory / f"{module}.jsonl"
    work = directory / module
    work.mkdir()
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS")}
    began = time.monotonic()
    with (work / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(interpreter), "-m", "conformance.module", module, str(path)],
            cwd=work,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(TIME_LIMIT)
            if status:
                outcome.problem = f"the process ended with {status}"
        except subprocess.TimeoutExpired:
            outcome.problem = f"not done after {TIME_LIMIT:.0f} s"
        finally:
            # What tests have started and left goes with them.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    outcome.seconds = time.monotonic() - began
    _read(outcome, path, counts[0], (work / "output").read_text(errors="replace"))
    return outcome


def _read(outcome: Outcome, path: Path, tests: int, output: str) -> None:
    named: list[str] = []
    ended = False
    for line in path.read_text().splitlines() if path.exists() else ():
        entry = json.loads(line)
        if "loading" in entry:
            outcome.problem = entry["loading"]
        elif "tests" in entry:
            named = entry["tests"]
        elif "id" in entry:
            outcome.tests[entry["id"]] = entry["outcome"], entry.get("why", "")
        ended = ended or "ended" in entry
    if not ended and not outcome.problem:
        outcome.problem = f"cut off: {output[-500:]}"
    if outcome.problem and not ended:
        for name in named or [f"{outcome.module}.{number}" for number in range(tests)]:
            outcome.tests.setdefault(name, ("failed", outcome.problem))


def summed(outcomes: Iterable[Outcome]) -> list[tuple[str, collections.Counter[str]]]:
    """Return the counts by package, and of all."""
    packages: dict[str, collections.Counter[str]] = {}
    total: collections.Counter[str] = collections.Counter()
    for outcome in outcomes:
        counts = collections.Counter({kind: outcome.count(kind) for kind in KINDS})
        counts["tests"], counts["baseline"] = len(outcome.tests), outcome.baseline
        packages.setdefault(package_of(outcome.module), collections.Counter()).update(counts)
        total.update(counts)
    return [*sorted(packages.items()), ("all", total)]


def _print_table(rows: Iterable[tuple[str, collections.Counter[str]]]) -> None:
    columns = ("tests", *KINDS, "baseline")
    print(f"{'package':34}" + "".join(f"{name:>10}" for name in columns) + f"{'share':>8}")
    for name, counts in rows:
        share = counts["passed"] / counts["baseline"] if counts["baseline"] else 1.0
        print(f"{name:34}" + "".join(f"{counts[each]:10}" for each in columns) + f"{share:8.1%}")


def _print_failures(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.problem:
            print(f"{outcome.module}: {outcome.problem}")
        for name, (kind, why) in outcome.tests.items():
            if kind == "failed" and why != outcome.problem:
                print(f"{name}\n    " + why.rstrip().replace("\n", "\n    "))


def _fallen(rows: Iterable[tuple[str, collections.Counter[str]]]) -> list[str]:
    floors = dict(line.split("\t") for line in RATCHET.read_text().splitlines()[1:])
    return [
        f"{name}: {counts['passed']} pass, and {floors[name]} did"
        for name, counts in rows
        if counts["passed"] < int(floors.get(name, 0))
    ]


def main(arguments: list[str]) -> int:
    """Run what the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m conformance.run")
    parser.add_argument("patterns", nargs="*", help="packages, modules, or shell patterns for them")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--failures", action="store_true", help="tell of each test that failed")
    parser.add_argument("--check", action="store_true", help="end with 1 if a package fell below ratchet.tsv")
    parser.add_argument("--raise", dest="lift", action="store_true", help="write ratchet.tsv")
    parser.add_argument("--json", type=Path, help="write every outcome to this file")
    options = parser.parse_args(arguments)
    wanted = {
        module: counts
        for module, counts in baseline().items()
        if not options.patterns or any(_fits(module, pattern) for pattern in options.patterns)
    }
    interpreter = python()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="conformance-") as directory:
        # Those with most tests first, so that none of them runs alone at the end.
        order = sorted(wanted, key=lambda module: -wanted[module][0])
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            running = [
                pool.submit(run_module, interpreter, module, wanted[module], Path(directory))
                for module in order
            ]
            for done in concurrent.futures.as_completed(running):
                outcomes.append(done.result())
                if sys.stderr.isatty():
                    print(f"\r{len(outcomes)}/{len(running)}", end="\r", file=sys.stderr)
    outcomes.sort(key=lambda outcome: outcome.module)
    rows = summed(outcomes)
    if options.failures:
        _print_failures(outcomes)
    _print_table(rows)
    if options.json:
        found = {each.module: {"tests": each.tests, "problem": each.problem} for each in outcomes}
        options.json.write_text(json.dumps(found, indent=1))
    if options.lift:
        lines = [f"{name}\t{counts['passed']}\n" for name, counts in rows]
        RATCHET.write_text("package\tpassed\n" + "".join(lines))
    fallen = _fallen(rows) if options.check else []
    print("".join(f"fallen: {line}\n" for line in fallen), end="")
    return 1 if fallen else 0


def _fits(module: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(module, pattern) or module.startswith(pattern + ".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
