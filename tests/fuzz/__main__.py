"""``python -m tests.fuzz --inputs N --seed S [--target T]``: odd input for all that reads what peers send.

It writes how many inputs each target had, and ends with 1 at the first exception that a target does not
promise, with the input.
"""

from __future__ import annotations

import argparse
import random
import sys

from sennit.log import globalLogBeginner

from .runner import TARGETS, run, shares


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--inputs", type=int, default=100_000, help="how many inputs in all")
    parser.add_argument("--seed", type=int, help="of the random numbers; by default another each time")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="only this, or these")
    options = parser.parse_args()
    # What is logged about bad input is not looked at; what is reported as an error ends the run.
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    counts = shares(options.inputs, options.target or list(TARGETS))
    seconds = 0.0
    for name, count in counts.items():
        took = run(name, count, seed)
        seconds += took
        sys.stdout.write(f"{name:22}{count:10,} inputs {count / max(took, 1e-9):10,.0f} a second of CPU\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{'all':22}{sum(counts.values()):10,} inputs in {seconds:.0f} s of CPU, seed {seed}: no failure\n"
    )


if __name__ == "__main__":
    main()
