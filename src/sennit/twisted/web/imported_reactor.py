"""The reactor, as a name that some modules of ``twisted.web`` have: looked up when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from sennit.twisted.table import REACTOR


def __getattr__(name: str) -> Any:
    if name == "reactor":
        return importlib.import_module(REACTOR)
    raise AttributeError(name)
