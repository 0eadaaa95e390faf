"""The reactors that are there without other distributions, as plugins."""

from __future__ import annotations

from sennit.twisted.application.reactors import Reactor
from sennit.twisted.scripts.trial_worker import REACTORS

__all__ = ["asyncio", "default", "epoll", "poll", "select"]


def _installer(name: str) -> Reactor:
    module, description = REACTORS[name]
    return Reactor(name, module, description)


asyncio, default, epoll, poll, select = map(_installer, ("asyncio", "default", "epoll", "poll", "select"))
