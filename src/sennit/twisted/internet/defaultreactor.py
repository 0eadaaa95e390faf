"""The reactor of a process that chose none: on the best loop there is.

As every reactor, its class has the name of its module: programs that make fresh reactors find it so.
"""

from __future__ import annotations

import asyncio

from sennit.reactor import Reactor
from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor, current_loop
from sennit.twisted.internet.main import installReactor

__all__ = ["DefaultReactor", "install"]


class DefaultReactor(AsyncioSelectorReactor):
    """The reactor on the best loop there is: the native one, uvloop's, or asyncio's own.

    Its loop becomes the thread's current one where there is none: programs that see an
    `AsyncioSelectorReactor` call `asyncio.ensure_future` before it runs, and expect that to run.
    If they did so before anything needed the reactor's loop, asyncio made a loop for the task, and the
    reactor takes it.
    """

    def __init__(self) -> None:
        # A loop of its own, made when it is needed.
        Reactor.__init__(self)

    def _make_loop(self) -> asyncio.AbstractEventLoop:
        current = current_loop()
        if current is not None and not current.is_running() and asyncio.all_tasks(current):
            return current
        loop = super()._make_loop()
        if current is None:
            asyncio.set_event_loop(loop)
        return loop


def install() -> None:
    """Make a `DefaultReactor` the process's reactor.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    installReactor(DefaultReactor())
