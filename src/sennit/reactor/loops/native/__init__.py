"""The loop of our own: asyncio's, on epoll(7), with turns, reading, writing and accepting compiled.

It is there where its modules were compiled (`sennit.core.native`), on Linux.
"""

from __future__ import annotations

import asyncio
from importlib import import_module

from sennit.core.native import prefer_compiled
from sennit.reactor.loops import LoopNotAvailable

prefer_compiled(__path__, "reactor/loops/native")


def new() -> asyncio.AbstractEventLoop:
    """Make a native loop."""
    try:
        turning = import_module(".turning", __name__)
    except ImportError:
        raise LoopNotAvailable(
            'The native loop is not compiled here (or this is not Linux): choose "uvloop" or "asyncio".'
        ) from None
    loop: asyncio.AbstractEventLoop = turning.NativeLoop()
    return loop
