"""What the core of every protocol room promises, as checks for its tests.

A core (`receive_data`, `next_event`, `send`) knows nothing of the pieces in which octets arrive: what it
makes of them is the same whole, octet by octet, and in any pieces between.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

__all__ = ["assert_pieces_do_not_matter", "pieces_of"]

_Result = TypeVar("_Result")


def pieces_of(data: bytes, *, seed: int = 0, random_ways: int = 20) -> Iterator[list[bytes]]:
    """Cut octets in many ways: whole, octet by octet, in two at each place of a short one, and at random.

    Args:
        data: The octets.
        seed: Of the random ways.
        random_ways: How many of these.
    """
    yield [data]
    yield [data[place : place + 1] for place in range(len(data))]
    if len(data) <= 200:
        for place in range(1, len(data)):
            yield [data[:place], data[place:]]
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    for _ in range(random_ways):
        count = chance.randrange(1, 12)
        places = [0, *sorted(chance.randrange(len(data) + 1) for _ in range(count)), len(data)]
        yield [data[start:end] for start, end in pairwise(places)]


def assert_pieces_do_not_matter(converse: Callable[[list[bytes]], _Result], data: bytes) -> _Result:
    """Check that a conversation comes out the same, in whatever pieces one side of it arrives.

    Args:
        converse: Begins a conversation, feeds the pieces, and returns all that came of it; what may come in
            parts (of a body, say) put together.
        data: What arrives.

    Returns:
        What came of it.

    Raises:
        AssertionError: If it differs, with the pieces that made it differ.
    """
    ways = pieces_of(data)
    expected = converse(next(ways))
    for pieces in ways:
        found = converse(pieces)
        assert found == expected, f"In the pieces {pieces} it came out as\n{found}\ninstead of\n{expected}"
    return expected
