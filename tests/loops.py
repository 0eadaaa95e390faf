"""The loops of which one is the default: what is tested on one of them is tested on each that is here."""

from __future__ import annotations

from sennit.reactor.loops import installed_loops

LOOPS = tuple(name for name in ("native", "uvloop", "asyncio") if name in installed_loops())
