"""The reactor on asyncio's loop over ``poll``."""

from __future__ import annotations

from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.main import installReactor

__all__ = ["PollReactor", "install"]


class PollReactor(AsyncioSelectorReactor):
    """The reactor whose loop waits with ``poll``."""

    def __init__(self) -> None:
        super().__init__("poll")

    doPoll = AsyncioSelectorReactor.doIteration


def install() -> None:
    """Make a `PollReactor` the process's reactor.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    installReactor(PollReactor())
