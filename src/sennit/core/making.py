"""How a call of `Deferred` makes one: as Python does it; where it can be compiled, by ``making.pyx``."""

from __future__ import annotations

__all__ = ["make_quickly"]


def make_quickly(deferred: type[object]) -> None:
    """Have calls of `deferred`, though not of its subclasses, skip what nobody has changed.

    Compiled code does; here, nothing takes less than what Python does by itself.

    Args:
        deferred: The class of Deferreds.
    """
