"""How work is timed: by the CPU that it takes, whatever else the machine does."""

from __future__ import annotations

import gc
import time

__all__ = ["cost", "cpu_of", "rate"]


def cpu_of(process):
    """Return the seconds of CPU that a process has used, in user mode and in the kernel.

    Args:
        process: Its number.
    """
    # The clock that clock_getcpuclockid(3) gives: Python has that function for threads alone.
    return time.clock_gettime(~process << 3 | 2)


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
