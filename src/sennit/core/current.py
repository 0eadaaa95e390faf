"""Which reactor is current: the answer to ``reactor=None``.

A reactor enters itself here for its thread while it runs.  Outside of a run, a default may stand in
(the drop-in's importable global); inside a plain asyncio program, the adopter makes a reactor around
the running loop.  Nothing here knows the reactor's class, so every room may ask.
"""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False  # as in `sennit`
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

__all__ = [
    "current_reactor",
    "default_reactor",
    "enter_reactor",
    "leave_reactor",
    "set_default_reactor",
    "set_loop_adopter",
]


class _Running(threading.local):
    """The reactors running in this thread, the innermost last."""

    def __init__(self) -> None:
        self.stack: list[Any] = []


_running = _Running()
_default: Callable[[], Any] | None = None
_adopter: Callable[[asyncio.AbstractEventLoop], Any] | None = None


def current_reactor() -> Any:
    """Return the reactor of this thread.

    Returns:
        The reactor that is running in this thread; else one around the asyncio loop that is running
        here; else the default that `set_default_reactor` named.

    Raises:
        RuntimeError: If there is none of the three.
    """
    if _running.stack:
        return _running.stack[-1]
    if _adopter is not None:
        loop = sys.modules["asyncio"]._get_running_loop()
        if loop is not None:
            return _adopter(loop)
    if _default is not None:
        return _default()
    raise RuntimeError("No reactor is running here: pass reactor=..., or call this from sennit.run(main).")


def default_reactor() -> Any:
    """Return the reactor that `set_default_reactor` named, or None if it named none."""
    return None if _default is None else _default()


def enter_reactor(reactor: Any) -> None:
    """Make `reactor` current in this thread until `leave_reactor`."""
    _running.stack.append(reactor)


def leave_reactor(reactor: Any) -> None:
    """End what `enter_reactor` began."""
    _running.stack.remove(reactor)


def set_default_reactor(provider: Callable[[], Any] | None) -> None:
    """Name what `current_reactor` answers while no reactor runs in the asking thread."""
    global _default
    _default = provider


def set_loop_adopter(adopter: Callable[[asyncio.AbstractEventLoop], Any]) -> None:
    """Name the function that gives the reactor for an asyncio loop that runs without one."""
    global _adopter
    _adopter = adopter
