"""Reactors on the loops of toolkits: installed only where the toolkit is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sennit.reactor import LoopNotAvailable

__all__ = ["toolkit_reactor"]

_R = TypeVar("_R")


def toolkit_reactor(reactor: _R, put: Callable[[Any], object]) -> _R:
    """Give a reactor its loop, and hand it to `put`.

    Returns:
        The reactor.

    Raises:
        ImportError: If its loop cannot be had here, in a sentence that says what to install.
    """
    made: Any = reactor
    try:
        made.loop  # noqa: B018 - asking for it makes it
    except LoopNotAvailable as error:
        raise ImportError(str(error)) from None
    try:
        put(made)
    except BaseException:
        made.close()
        raise
    return reactor
