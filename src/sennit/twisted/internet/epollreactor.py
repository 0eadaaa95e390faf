"""The reactor on asyncio's loop over ``epoll``."""

from __future__ import annotations

from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.main import installReactor

__all__ = ["EPollReactor", "install"]


class EPollReactor(AsyncioSelectorReactor):
    """The reactor whose loop waits with ``epoll``."""

    def __init__(self) -> None:
        super().__init__("epoll")

    doPoll = AsyncioSelectorReactor.doIteration


def install() -> None:
    """Make a `EPollReactor` the process's reactor.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    installReactor(EPollReactor())
