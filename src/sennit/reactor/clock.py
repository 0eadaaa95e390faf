"""The clocks of a reactor: a steady one for timers, a wall clock for programs.

`seconds` answers the wall clock, as programs written for Twisted expect (they stamp messages with it).
Timers count on the steady clock, so that a wall clock put forward or back fires none early or late.
A loop with a time of its own (a simulation) is followed: timers read its ``time()``, and if it has a
``wall_time()`` then `seconds` reads that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sennit.reactor.loops import stands_on_libuv

__all__ = ["steady_clock", "wall_clock"]


def steady_clock(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Return the clock to time delays with on `loop`.

    uvloop's ``time()`` is the start of the loop's current pass in whole milliseconds: a timer set after a
    slow callback would fire early by as much.  It stands on the monotonic clock, so that is read instead.
    """
    if stands_on_libuv(loop):
        return time.monotonic
    return loop.time


def wall_clock(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Return the clock that `seconds` reads on `loop`: the system's, unless the loop brings one."""
    clock: Callable[[], float] = getattr(loop, "wall_time", time.time)
    return clock
