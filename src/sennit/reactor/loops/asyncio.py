"""The loop that asyncio itself chooses for this platform."""

from __future__ import annotations

import asyncio
import sys


def new() -> asyncio.AbstractEventLoop:
    """Make asyncio's own loop: proactor on Windows, else one on the best selector."""
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    return asyncio.SelectorEventLoop()
