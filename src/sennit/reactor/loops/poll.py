"""asyncio's loop on poll(2): any number of descriptors, on most of POSIX."""

from __future__ import annotations

import asyncio
import selectors

from sennit.reactor.loops import LoopNotAvailable


def new() -> asyncio.AbstractEventLoop:
    """Make a loop on poll."""
    selector = getattr(selectors, "PollSelector", None)
    if selector is None:
        raise LoopNotAvailable('This platform has no poll; choose "asyncio" for the best it has.')
    return asyncio.SelectorEventLoop(selector())
