"""Runs Twisted's own tests on Sennit, in parallel, and prints a table by package: ``make conformance``.

    python -m conformance.run                          all modules of the baseline
    python -m conformance.run twisted.logger 'twisted.test.test_d*'
    python -m conformance.run --failures twisted.test.test_defer

Each module runs in a process of its own (`conformance.nursery`).  A test counts as passed, skipped, excluded
(`conformance.exclusions`) or failed; one that a crash or the time limit cut off has failed, and a module that
cannot be imported has failed with as many tests as Twisted has in it.  `--check` ends with 1 if a package
passes less than ``ratchet.tsv`` says, also when it is run once more; `--raise` writes there what passes now;
`--review` runs excluded tests as well, and tells of exclusions that fit nothing or whose tests pass.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import queue
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.environment import ROOT
from conformance.exclusions import Exclusion, exclusions
from conformance.graft import python

__all__ = ["Outcome", "baseline", "main", "package_of", "stale", "summed"]

BASELINE = ROOT / "conformance" / "conformance-baseline.tsv"
RATCHET = ROOT / "conformance" / "ratchet.tsv"
KINDS = ("passed", "skipped", "excluded", "failed")
Rows = list[tuple[str, collections.Counter[str]]]


@dataclass
class Outcome:
    """What became of a module's tests.

    Attributes:
        module: Its name.
        baseline: How many of its tests pass on Twisted.
        tests: What became of each: a kind of `KINDS`, and why.
        problem: What kept it from running, or from running to its end.
        built: Whether what it is about exists: not if it imports a module that the drop-in does not have.
        seconds: How long it took.
    """

    module: str
    baseline: int
    tests: dict[str, tuple[str, str]] = field(default_factory=dict)
    problem: str = ""
    built: bool = True
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


def run_modules(
    interpreter: Path, wanted: Mapping[str, tuple[int, int]], jobs: int, *, review: bool = False
) -> list[Outcome]:
    """Run the tests of modules, in so many processes at once."""
    # Those with most tests first, so that none of them runs alone at the end.
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for module in sorted(wanted, key=lambda module: -wanted[module][0]):
        waiting.put(module)
    outcomes: list[Outcome] = []
    excluded = exclusions()
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS")}
    if review:
        environ["CONFORMANCE_REVIEW"] = "1"

    def serve(directory: str) -> None:
        with subprocess.Popen(
            [str(interpreter), "-m", "conformance.nursery", directory],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as nursery:
            assert nursery.stdin is not None
            assert nursery.stdout is not None
            while not waiting.empty():
                try:
                    module = waiting.get_nowait()
                except queue.Empty:
                    break
                nursery.stdin.write(f"{module}\n")
                nursery.stdin.flush()
                said = json.loads(nursery.stdout.readline())
                outcome = Outcome(module, wanted[module][1], problem=said["problem"], seconds=said["seconds"])
                _read(outcome, Path(directory, f"{module}.jsonl"), wanted[module][0], excluded)
                outcomes.append(outcome)
                if sys.stderr.isatty():
                    print(f"\r{len(outcomes)}/{len(wanted)}", end="\r", file=sys.stderr)
            nursery.stdin.close()

    with (
        tempfile.TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as directory,
        concurrent.futures.ThreadPoolExecutor(jobs) as pool,
    ):
        for running in [pool.submit(serve, directory) for _ in range(min(jobs, len(wanted)))]:
            running.result()
    return sorted(outcomes, key=lambda outcome: outcome.module)


def _read(outcome: Outcome, path: Path, tests: int, excluded: Sequence[Exclusion]) -> None:
    named: list[str] = []
    ended = False
    for line in path.read_text().splitlines() if path.exists() else ():
        entry = json.loads(line)
        if "loading" in entry:
            outcome.problem, outcome.built = entry["loading"], not entry.get("missing")
        elif "tests" in entry:
            named = entry["tests"]
        elif "id" in entry:
            outcome.tests[entry["id"]] = entry["outcome"], entry.get("why", "")
        ended = ended or "ended" in entry
    if ended:
        return
    outcome.problem = outcome.problem or "cut off"
    for name in named or _unnamed(outcome.module, tests, excluded):
        found = next((each for each in excluded if each.fits(name)), None)
        found_kind = ("failed", outcome.problem) if found is None else ("excluded", found.reason)
        outcome.tests.setdefault(name, found_kind)


def _unnamed(module: str, tests: int, excluded: Sequence[Exclusion]) -> list[str]:
    """Return names for the tests of a module that cannot be imported: those that are known, and numbers."""
    known = [
        pattern
        for each in excluded
        for pattern in each.tests
        if pattern.startswith(module + ".") and not set(pattern) & set("*?[")
    ]
    return (known + [f"{module}.unknown.{number}" for number in range(tests)])[:tests]


def summed(outcomes: Iterable[Outcome]) -> Rows:
    """Return the counts by package, of all whose subject is built, and of all."""
    packages: dict[str, collections.Counter[str]] = {}
    built: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    for outcome in outcomes:
        counts = collections.Counter({kind: outcome.count(kind) for kind in KINDS})
        counts["tests"], counts["baseline"] = len(outcome.tests), outcome.baseline
        packages.setdefault(package_of(outcome.module), collections.Counter()).update(counts)
        if outcome.built:
            built.update(counts)
        total.update(counts)
    return [*sorted(packages.items()), ("all that is built", built), ("all", total)]


def _print_table(rows: Rows) -> None:
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


def _fallen(rows: Rows) -> dict[str, str]:
    """Return the packages that pass less than the ratchet says, and how much less."""
    floors = dict(line.split("\t") for line in RATCHET.read_text().splitlines()[1:])
    return {
        name: f"{counts['passed']} pass, and {floors[name]} did"
        for name, counts in rows
        if counts["passed"] < int(floors.get(name, 0))
    }


def _lift(rows: Rows) -> None:
    lines = [f"{name}\t{counts['passed']}\n" for name, counts in rows if not name.startswith("all")]
    RATCHET.write_text("package\tpassed\n" + "".join(lines))


def better(one: Outcome, other: Outcome) -> Outcome:
    """Return of each test the better outcome of two runs."""
    for name, told in other.tests.items():
        if KINDS.index(told[0]) < KINDS.index(one.tests.get(name, ("failed", ""))[0]):
            one.tests[name] = told
    return one


def stale(outcomes: Sequence[Outcome], excluded: Iterable[Exclusion]) -> list[str]:
    """Return what is wrong with exclusions, as far as the modules that ran can tell.

    An exclusion is wrong if no test has such a name; or, in a review, if a test passes that it excludes.
    """
    whole = [outcome for outcome in outcomes if not outcome.problem]
    names = [name for outcome in whole for name in outcome.tests]
    modules = [outcome.module for outcome in whole]
    wrong = []
    for each in excluded:
        for pattern in each.tests:
            fixed = pattern.split("*", 1)[0]
            if any(fixed.startswith(module + ".") for module in modules) and not fnmatch.filter(
                names, pattern
            ):
                wrong.append(f"no such test: {pattern}")
    for outcome in outcomes:
        for name, (kind, why) in outcome.tests.items():
            if kind == "excluded" and why.startswith("passes: "):
                wrong.append(f"excluded, and passes: {name}")
    return wrong


def main(arguments: list[str]) -> int:
    """Run what the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m conformance.run")
    parser.add_argument("patterns", nargs="*", help="packages, modules, or shell patterns for them")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--failures", action="store_true", help="tell of each test that failed")
    parser.add_argument("--check", action="store_true", help="end with 1 if a package fell below ratchet.tsv")
    parser.add_argument("--raise", dest="lift", action="store_true", help="write ratchet.tsv")
    parser.add_argument("--review", action="store_true", help="run excluded tests, too, and judge exclusions")
    parser.add_argument("--json", type=Path, help="write every outcome to this file")
    options = parser.parse_args(arguments)
    wanted = {
        module: counts
        for module, counts in baseline().items()
        if not options.patterns or any(_fits(module, pattern) for pattern in options.patterns)
    }
    interpreter = python()
    outcomes = run_modules(interpreter, wanted, options.jobs, review=options.review)
    rows = summed(outcomes)
    fallen = _fallen(rows) if options.check else {}
    if fallen:
        # Tests with time limits fail on a machine that is busy; what is broken fails again.
        again = {module: counts for module, counts in wanted.items() if package_of(module) in fallen}
        second = {each.module: each for each in run_modules(interpreter, again, 1)}
        outcomes = [better(each, second.get(each.module, each)) for each in outcomes]
        rows = summed(outcomes)
        fallen = _fallen(rows)
    if options.failures:
        _print_failures(outcomes)
    _print_table(rows)
    if options.json:
        found: dict[str, Any] = {
            each.module: {
                "tests": each.tests,
                "problem": each.problem,
                "built": each.built,
                "seconds": each.seconds,
            }
            for each in outcomes
        }
        options.json.write_text(json.dumps(found, indent=1))
    if options.lift:
        _lift(rows)
    for line in stale(outcomes, exclusions()):
        print(f"exclusions.toml: {line}")
    for name, what in fallen.items():
        print(f"fallen: {name}: {what}")
    return 1 if fallen else 0


def _fits(module: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(module, pattern) or module.startswith(pattern + ".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
