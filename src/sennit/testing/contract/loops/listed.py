"""The list that the contract's checks are in, and what they work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.reactor import Reactor
from sennit.testing.contract.checks import Case, Checks

__all__ = ["LoopCase", "check"]


class LoopCase(Case):
    """What a check of the contract of loops works with.

    Args:
        loop: The loop's name, as for `Reactor`, or what makes one.

    Attributes:
        reactor: A reactor on a new loop.
    """

    def __init__(self, loop: str | Callable[[], Any]) -> None:
        given: Any = loop if isinstance(loop, str) else loop()
        self._made = None if isinstance(loop, str) else given
        super().__init__(Reactor(given))

    def close(self) -> None:
        """Close the reactor and the loop."""
        super().close()
        if self._made is not None:
            self._made.close()


check: Checks[LoopCase] = Checks()
