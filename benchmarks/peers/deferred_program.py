"""Times every case of the Deferred benchmarks on the ``twisted.internet.defer`` that there is here.

usage: deferred_program.py SECONDS

Prints, as JSON, how many times a second each case runs; each is run for about SECONDS, best of three.
"""

from __future__ import annotations

import gc
import json
import sys
import time

from twisted.internet import defer

from benchmarks.deferred_cases import CASES


def rate(run, seconds):
    """Return the best of three rates at which `run` goes."""
    count = 1
    while True:
        began = time.perf_counter()
        run(count)
        took = time.perf_counter() - began
        if took > seconds / 4:
            break
        count *= 4
    count = max(1, int(count * seconds / took))
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        run(count)
        best = max(best, count / (time.perf_counter() - began))
    return best


def main():
    gc.disable()
    print(json.dumps({name: rate(make(defer), float(sys.argv[1])) for name, make in CASES.items()}))


if __name__ == "__main__":
    main()
