"""The event loop as programs see it: `Reactor` over any asyncio loop, and `run` for a whole program."""

from __future__ import annotations

from sennit.core.current import current_reactor
from sennit.reactor.loops import LoopNotAvailable, new_loop
from sennit.reactor.main import run
from sennit.reactor.reactor import Reactor
from sennit.reactor.timers import DelayedCall

__all__ = ["DelayedCall", "LoopNotAvailable", "Reactor", "current_reactor", "new_loop", "run"]
