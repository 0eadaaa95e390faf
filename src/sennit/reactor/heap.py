"""A heap of things by time, from which what is not wanted any more goes lazily.

Each that is pushed gets a number, which keeps equal times in order, and says which entry is the live
one: pushing it again makes another, and `Heap.forget` none of them.  Dead entries are dropped when they
surface, or all at once when they are more than half, so that forgetting takes neither a search nor memory.

Where it can be compiled, ``heap.pyx`` takes the place of this module.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf

__all__ = ["Heap", "Placed"]

# Below this many dead entries, sweeping is not worth the walk.
_SWEEP_FROM = 64


class Placed:
    """What can stand in a heap.

    Attributes:
        _number: The number of its live entry; 0 once it was forgotten.
        _place: The time at which that stands in the heap.
    """

    __slots__ = ("_number", "_place")

    _number: int
    _place: float


class Heap:
    """A heap.

    Attributes:
        first: The time of the first entry; infinite if there is none.
        number: The number that was given last.
    """

    __slots__ = ("_dead", "_entries", "first", "number")

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Placed]] = []
        self._dead = 0
        self.first = inf
        self.number = 0

    def __len__(self) -> int:
        """Return how many entries there are, dead ones included."""
        return len(self._entries)

    def push(self, item: Placed, when: float) -> None:
        """Put `item` in at a time; if it stands here already, `forget` it before."""
        self.number = item._number = number = self.number + 1
        item._place = when
        heappush(self._entries, (when, number, item))
        self.first = min(self.first, when)

    def restore(self, item: Placed) -> None:
        """Put in again, as it stood here, what has been popped."""
        heappush(self._entries, (item._place, item._number, item))
        self.first = self._entries[0][0]

    def pop(self) -> Placed | None:
        """Take out the first entry, and return what stood there; None if the entry was dead.

        Raises:
            IndexError: If there is none.
        """
        _, number, item = heappop(self._entries)
        self.first = self._entries[0][0] if self._entries else inf
        if item._number == number:
            return item
        if self._dead:
            self._dead -= 1
        return None

    def forget(self, item: Placed) -> None:
        """Take the entry of `item` for dead."""
        item._number = 0
        self._dead = dead = self._dead + 1
        if dead > _SWEEP_FROM and dead * 2 > len(self._entries):
            self._sweep()

    def live(self) -> list[Placed]:
        """Return all that stands here, in no particular order."""
        return [item for _, number, item in self._entries if number == item._number]

    def shift(self, seconds: float) -> None:
        """Have all stand so much later."""
        self._sweep()
        self._entries = [(when + seconds, number, item) for when, number, item in self._entries]
        for when, _, item in self._entries:
            item._place = when
        self.first += seconds

    def _sweep(self) -> None:
        entries = self._entries
        entries[:] = [entry for entry in entries if entry[1] == entry[2]._number]
        heapify(entries)
        self.first = entries[0][0] if entries else inf
        self._dead = 0
