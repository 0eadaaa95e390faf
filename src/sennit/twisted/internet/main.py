"""Where the process's one reactor is put: the name ``twisted.internet.reactor``."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from sennit.core.errors import ConnectionDone, ConnectionLost, ReactorAlreadyInstalledError

__all__ = ["CONNECTION_DONE", "CONNECTION_LOST", "installReactor"]

CONNECTION_DONE = ConnectionDone("Connection done")
CONNECTION_LOST = ConnectionLost("Connection lost")

_NAME = "twisted.internet.reactor"


def installReactor(reactor: Any) -> None:
    """Make `reactor` what ``from twisted.internet import reactor`` gives.

    Args:
        reactor: The reactor; ``sys.modules`` holds it, as if it were a module.

    Raises:
        ReactorAlreadyInstalledError: If there is one already.
    """
    if _NAME in sys.modules:
        raise ReactorAlreadyInstalledError("reactor already installed")
    sys.modules[_NAME] = reactor
    package: ModuleType | None = sys.modules.get("twisted.internet")
    if package is not None:
        package.__dict__["reactor"] = reactor
