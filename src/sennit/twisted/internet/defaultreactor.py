"""The reactor of a process that chose none: on the best loop there is.

As every reactor, its class has the name of its module: programs that make fresh reactors find it so.
"""

from __future__ import annotations

from sennit.reactor import Reactor
from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.main import installReactor

__all__ = ["DefaultReactor", "install"]


class DefaultReactor(AsyncioSelectorReactor):
    """The reactor on the best loop there is: the native one, uvloop's, or asyncio's own."""

    def __init__(self) -> None:
        # A loop of its own, made when it is needed.
        Reactor.__init__(self)


def install() -> None:
    """Make a `DefaultReactor` the process's reactor.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    installReactor(DefaultReactor())
