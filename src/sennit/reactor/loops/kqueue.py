"""asyncio's loop on kqueue(2): the quickest selector on the BSDs and macOS."""

from __future__ import annotations

import asyncio
import selectors

from sennit.reactor.loops import LoopNotAvailable


def new() -> asyncio.AbstractEventLoop:
    """Make a loop on kqueue."""
    selector = getattr(selectors, "KqueueSelector", None)
    if selector is None:
        raise LoopNotAvailable('This platform has no kqueue; choose "asyncio" for the best it has.')
    return asyncio.SelectorEventLoop(selector())
