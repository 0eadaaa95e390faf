"""Sennit: event-driven networking; protocols apart from transports, deferreds at home with asyncio.

The names below are what most programs need.  Each is loaded when it is first asked for, so that
``import sennit`` stays cheap and a program pays for the rooms it enters.
"""

from __future__ import annotations

from sennit.version import __version__

# Type checkers know this name.  The module that it is commonly taken from loads longer than all of this, and
# before the collector of garbage can be told to wait (`sennit.loading`).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sennit.core.coroutine import ensureDeferred, inlineCallbacks
    from sennit.core.current import current_reactor
    from sennit.core.deferred import Deferred
    from sennit.core.failure import Failure
    from sennit.protocol import ClientFactory, Factory, Protocol, ServerFactory
    from sennit.reactor import Reactor, run
    from sennit.task import TaskGroup, deadline

__all__ = [
    "ClientFactory",
    "Deferred",
    "Factory",
    "Failure",
    "Protocol",
    "Reactor",
    "ServerFactory",
    "TaskGroup",
    "__version__",
    "current_reactor",
    "deadline",
    "ensureDeferred",
    "inlineCallbacks",
    "run",
]

_HOMES = {
    "ClientFactory": "sennit.protocol",
    "Deferred": "sennit.core.deferred",
    "Factory": "sennit.protocol",
    "Failure": "sennit.core.failure",
    "Protocol": "sennit.protocol",
    "Reactor": "sennit.reactor",
    "ServerFactory": "sennit.protocol",
    "TaskGroup": "sennit.task",
    "current_reactor": "sennit.core.current",
    "deadline": "sennit.task",
    "ensureDeferred": "sennit.core.coroutine",
    "inlineCallbacks": "sennit.core.coroutine",
    "run": "sennit.reactor",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'sennit' has no attribute {name!r}")
    from sennit.loading import load

    value = getattr(load(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
