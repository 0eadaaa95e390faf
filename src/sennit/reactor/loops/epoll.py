"""asyncio's loop on epoll(7): the quickest selector on Linux."""

from __future__ import annotations

import asyncio
import selectors

from sennit.reactor.loops import LoopNotAvailable


def new() -> asyncio.AbstractEventLoop:
    """Make a loop on epoll."""
    selector = getattr(selectors, "EpollSelector", None)
    if selector is None:
        raise LoopNotAvailable('This platform has no epoll; choose "asyncio" for the best it has.')
    return asyncio.SelectorEventLoop(selector())
