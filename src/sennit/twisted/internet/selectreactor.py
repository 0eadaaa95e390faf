"""The reactor on asyncio's loop over ``select``."""

from __future__ import annotations

from sennit.twisted.internet.asyncioreactor import AsyncioSelectorReactor
from sennit.twisted.internet.main import installReactor

__all__ = ["SelectReactor", "install"]


class SelectReactor(AsyncioSelectorReactor):
    """The reactor whose loop waits with ``select``."""

    def __init__(self) -> None:
        super().__init__("select")


def install() -> None:
    """Make a `SelectReactor` the process's reactor.

    Raises:
        ReactorAlreadyInstalledError: If there is a reactor already.
    """
    installReactor(SelectReactor())
