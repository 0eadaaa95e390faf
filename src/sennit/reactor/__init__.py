"""The event loop as programs see it: `Reactor` over any asyncio loop, and `run` for a whole program."""

# ruff: noqa: E402 - the other imports are to find what is compiled
from __future__ import annotations

from sennit.core.current import current_reactor
from sennit.core.native import prefer_compiled

prefer_compiled(__path__, "reactor")

from sennit.reactor.loops import LoopNotAvailable, new_loop
from sennit.reactor.main import run
from sennit.reactor.reactor import Reactor
from sennit.reactor.schedule import DelayedCall

__all__ = ["DelayedCall", "LoopNotAvailable", "Reactor", "current_reactor", "new_loop", "run"]
