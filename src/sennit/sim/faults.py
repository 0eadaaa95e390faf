"""Faults that chance asks for: each has a number, so that a failure can be had again with fewer of them.

Fault points are places in a program where a simulation may make something go wrong.  A program says
`maybe("name")` where a fault could be, and does what the fault would do if that is true.  Without a
simulation it is false, for the price of a call.
"""

from __future__ import annotations

from sennit.sim.scheduler import Scheduler
from sennit.sim.trace import Trace

__all__ = ["FaultPoints", "enter", "leave", "maybe"]


class FaultPoints:
    """The fault points of one simulation.

    Args:
        scheduler: Its chances.
        trace: Hears of each fault.

    Attributes:
        suppressed: Which faults don't happen, by their number: what shrinking a failure leaves out.
        happened: The faults that happened: their numbers and names.
    """

    def __init__(self, scheduler: Scheduler, trace: Trace) -> None:
        self._scheduler = scheduler
        self._trace = trace
        self._count = 0
        self.suppressed: frozenset[int] = frozenset()
        self.happened: list[tuple[int, str]] = []

    def maybe(self, name: str, probability: float) -> bool:
        """Say whether a fault happens."""
        return self._scheduler.random.random() < probability and self.happens(name)

    def happens(self, name: str) -> bool:
        """Take note of a fault that chance asks for, and say whether it happens: not if it is suppressed."""
        number = self._count
        self._count += 1
        if number in self.suppressed:
            return False
        self.happened.append((number, name))
        self._trace.note("fault", number, name)
        return True


_active: FaultPoints | None = None


def enter(points: FaultPoints) -> FaultPoints | None:
    """Make the fault points of a simulation the ones that are asked; return those of before."""
    global _active
    before, _active = _active, points
    return before


def leave(before: FaultPoints | None) -> None:
    """End what `enter` began."""
    global _active
    _active = before


def maybe(name: str, probability: float = 0.1) -> bool:
    """Say whether a fault is to happen here now: never without a simulation.

    Args:
        name: What the fault is called in the trace.
        probability: How likely it is, each time that it is asked.
    """
    return False if _active is None else _active.maybe(name, probability)
