"""Importing rooms, which are dozens of modules at a time."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType

__all__ = ["load"]


def load(name: str) -> ModuleType:
    """Import a module and return it, and have the collector of garbage wait until it is there.

    What modules are made of stays, so there is nothing for the collector to find; looking for it nevertheless
    took a tenth of what it took to start a program.  It goes on when the module is there, and all that there
    is by then counts as old, as if it had been looked through.

    Args:
        name: The module's full name.

    Raises:
        ImportError: If it cannot be imported; or whatever else its code raises.
    """
    if name in sys.modules or not gc.isenabled():
        return import_module(name)
    gc.disable()
    try:
        return import_module(name)
    finally:
        # What somebody has frozen stays so, be it CPython 3.12 at its own start.
        if not gc.get_freeze_count():
            # To and fro: what is frozen returns among the oldest objects.
            gc.freeze()
            gc.unfreeze()
        gc.enable()
