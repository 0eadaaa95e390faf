"""Who wants which events: how a call to a logger can be nearly free.

An observer may say what it will never look at, by a method ``lowest_rank(namespace) -> int``: the rank of the
least important level it wants from that namespace, or `NOBODY`.  An observer without the method wants all.
A logger asks its observer once and keeps the answer until `generation` moves on, which everything that
can change such an answer sees to by calling `changed`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["NOBODY", "changed", "lowest_rank"]

NOBODY = 100
"""The rank that no level reaches."""

generation = 0


def changed() -> None:
    """Say that answers given before may be wrong from here on."""
    global generation
    generation += 1


def lowest_rank(observer: Any, namespace: str) -> int:
    """Return the rank of the least important level that `observer` wants from `namespace`."""
    ask = getattr(observer, "lowest_rank", None)
    return 0 if ask is None else int(ask(namespace))
