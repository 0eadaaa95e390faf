"""What goes wrong in a simulation itself, as against in the programs that it runs."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["DeadlockError", "NotSimulatedError", "SimulationError", "TimeLimitError"]


class SimulationError(Exception):
    """The root of this room's errors."""


class DeadlockError(SimulationError):
    """Nothing is left to happen, and somebody still waits.

    Args:
        waiting: A line for each task: who waits for what.
    """

    def __init__(self, waiting: Sequence[str]) -> None:
        super().__init__("Nothing is left to happen, and these wait:\n  " + "\n  ".join(waiting))
        self.waiting = list(waiting)


class TimeLimitError(SimulationError):
    """The simulation went on for longer than it may."""


class NotSimulatedError(SimulationError):
    """A program asked its loop for what a simulation does not have."""
