"""Reactors on the loops of toolkits: made and installed only where the toolkit is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sennit.reactor import LoopNotAvailable
from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor

__all__ = ["ToolkitReactor", "toolkit_reactor"]

_R = TypeVar("_R")


class ToolkitReactor(AsyncioSelectorReactor):
    """A reactor on a toolkit's loop, which is made with it.

    Args:
        loop: The loop's name.

    Raises:
        ImportError: If the loop cannot be had here, in a sentence that says what to install.
    """

    def __init__(self, loop: str) -> None:
        super().__init__(loop)
        try:
            self.loop  # noqa: B018 - asking for it makes it
        except LoopNotAvailable as error:
            raise ImportError(str(error)) from None


def toolkit_reactor(reactor: _R, put: Callable[[Any], object]) -> _R:
    """Hand a reactor to `put`, and close it if that refuses it.

    Returns:
        The reactor.
    """
    made: Any = reactor
    try:
        put(made)
    except BaseException:
        made.close()
        raise
    return reactor
