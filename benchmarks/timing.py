"""How programs that measure themselves do so: by the CPU that they take, whatever else the machine does."""

from __future__ import annotations

import gc
import time

__all__ = ["cost", "rate"]


def cost(run, count):
    """Return the seconds of CPU that ``run(count)`` takes."""
    began = time.process_time()
    run(count)
    return time.process_time() - began


def rate(run, seconds):
    """Return the best of three rates, by seconds of CPU, at which ``run(count)`` does its work `count` times.

    Args:
        run: What to measure; it takes a count.
        seconds: About how long each of the three is to last.
    """
    count = 1
    while True:
        took = cost(run, count)
        if took > seconds / 4:
            break
        count *= 4
    count = max(1, int(count * seconds / took))
    gc.collect()
    return max(count / cost(run, count) for _ in range(3))
