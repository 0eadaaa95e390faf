"""Runs a program of Sennit's on a loop of one's choice, as ``python`` would run it: wherever it names none.

usage: on_loop.py LOOP SCRIPT [ARGUMENT ...]
       on_loop.py LOOP -m MODULE [ARGUMENT ...]
"""

from __future__ import annotations

import runpy
import sys

from sennit.reactor import Reactor

_, chosen, *rest = sys.argv
as_usual = Reactor.__init__


def on_chosen(self, loop=None, **options):
    """Make a reactor on the chosen loop, unless it is told another."""
    as_usual(self, chosen if loop is None else loop, **options)


Reactor.__init__ = on_chosen
if rest[0] == "-m":
    sys.argv[:] = rest[1:]
    runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
else:
    sys.argv[:] = rest
    sys.path[0] = rest[0].rpartition("/")[0]
    runpy.run_path(rest[0], run_name="__main__")
