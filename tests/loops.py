"""On which loops the suites run.

`LOOPS` are those of which one is the default: what depends on the loop is tested on each that is here.
`loop_params` names every loop that this machine has, a toolkit's only under the marker ``gui``.  Tk's needs
no display and next to no time, so where Python has tkinter it is always among them.
"""

from __future__ import annotations

import os
import sys

import pytest

from sennit.reactor import LoopNotAvailable
from sennit.reactor.loops import installed_loops, loop_names, new_loop

LOOPS = tuple(name for name in ("native", "uvloop", "asyncio") if name in installed_loops())

# "glib" is "gtk" under another name.
TOOLKITS = ("qt", "gtk", "wx", *(("cocoa",) if sys.platform == "darwin" else ()))

# Their toolkits run in the main thread alone.
MAIN_THREAD_ONLY = ("qt", "wx", "cocoa")


def loop_params(*, distinct=False):
    """Return a fixture's parameters; `distinct` leaves out what is another under a second name."""
    kinds = {}
    for name in loop_names():
        if name in (*TOOLKITS, "glib"):
            continue
        try:
            loop = new_loop(name)
        except LoopNotAvailable:
            continue
        kind = (type(loop), type(getattr(loop, "_selector", None))) if distinct else name
        kinds.setdefault(kind, name)
        loop.close()
    return [*kinds.values(), *(pytest.param(name, marks=pytest.mark.gui) for name in TOOLKITS)]


def threaded_loop(name):
    """Return the name of the loop, or skip the test where it cannot run in another thread."""
    if name in MAIN_THREAD_ONLY:
        pytest.skip(f"{name} runs in the main thread alone")
    return name


def chosen_loop(name):
    """Return the name of the loop, or skip the test where it cannot be had."""
    if name in TOOLKITS:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        if name == "wx" and not os.environ.get("DISPLAY"):
            pytest.skip("wx needs a display")
        try:
            new_loop(name).close()
        except LoopNotAvailable as error:
            pytest.skip(str(error))
    return name
