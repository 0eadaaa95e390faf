"""The reactor on asyncio's loop over ``kqueue``."""

from __future__ import annotations

from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.main import installReactor
from sennit.twisted.internet.toolkit import toolkit_reactor

__all__ = ["KQueueReactor", "install"]


class KQueueReactor(AsyncioSelectorReactor):
    """The reactor whose loop is asyncio's, waiting with ``kqueue``."""

    def __init__(self) -> None:
        super().__init__("kqueue")


def install() -> KQueueReactor:
    """Make a `KQueueReactor` the process's reactor.

    Returns:
        It.

    Raises:
        ImportError: If this platform has no kqueue.
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    return toolkit_reactor(KQueueReactor(), installReactor)
