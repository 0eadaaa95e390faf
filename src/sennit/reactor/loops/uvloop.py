"""The loop on libuv, the fastest where it installs."""

from __future__ import annotations

import asyncio

from sennit.reactor.loops import LoopNotAvailable


def new() -> asyncio.AbstractEventLoop:
    """Make a uvloop loop."""
    try:
        import uvloop
    except ImportError:
        raise LoopNotAvailable(
            'uvloop is not installed: `pip install uvloop`, or choose "asyncio".'
        ) from None
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
