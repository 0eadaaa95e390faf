"""Where the process's one reactor is put: the name ``twisted.internet.reactor``."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from sennit.core.errors import ConnectionDone, ConnectionLost, ReactorAlreadyInstalledError
from sennit.twisted.finder import installed

__all__ = ["CONNECTION_DONE", "CONNECTION_LOST", "installReactor"]

CONNECTION_DONE = ConnectionDone("Connection done")
CONNECTION_LOST = ConnectionLost("Connection lost")

_NAME = "twisted.internet.reactor"


def refuse_a_second() -> None:
    """Raise ReactorAlreadyInstalledError if there is a reactor already, before another is made."""
    if _NAME in sys.modules:
        raise ReactorAlreadyInstalledError("reactor already installed")


def installReactor(reactor: Any) -> None:
    """Make `reactor` what ``from twisted.internet import reactor`` gives.

    Args:
        reactor: The reactor; ``sys.modules`` holds it, as if it were a module.

    Raises:
        ReactorAlreadyInstalledError: If there is one already.
    """
    refuse_a_second()
    sys.modules[_NAME] = reactor
    if installed():
        # Who imports a module that is there already does not import its package.
        importlib.import_module("twisted.internet").__dict__["reactor"] = reactor
