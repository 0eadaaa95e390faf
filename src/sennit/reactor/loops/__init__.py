"""Loops by name: one module per backend, each with ``new()`` that makes a loop of its kind.

A backend that this machine cannot give says so when it is asked for, not when it is imported.
"""

from __future__ import annotations

import asyncio
import importlib
from importlib.util import find_spec

__all__ = ["LoopNotAvailable", "loop_names", "new_loop", "stands_on_libuv"]

_NAMES = ("uvloop", "asyncio", "select", "poll", "epoll", "kqueue")


class LoopNotAvailable(RuntimeError):
    """This machine, or this installation, lacks what the named loop stands on."""


def loop_names() -> tuple[str, ...]:
    """Return the names that `new_loop` knows, available here or not."""
    return _NAMES


def new_loop(name: str | None = None) -> asyncio.AbstractEventLoop:
    """Make an event loop.

    Args:
        name: ``"uvloop"``, ``"asyncio"`` (the platform's own choice), ``"select"``, ``"poll"``,
            ``"epoll"`` or ``"kqueue"``; None takes uvloop where it is installed, else ``"asyncio"``.

    Returns:
        A new loop, neither running nor set as the thread's current one.

    Raises:
        LoopNotAvailable: If the loop cannot be had here.
        ValueError: If no loop has this name.
    """
    if name is None:
        name = "uvloop" if find_spec("uvloop") is not None else "asyncio"
    if name not in _NAMES:
        raise ValueError(f"There is no loop named {name!r}; choose from {', '.join(_NAMES)}.")
    loop: asyncio.AbstractEventLoop = importlib.import_module(f"{__name__}.{name}").new()
    return loop


def stands_on_libuv(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a loop is uvloop's, or a subclass of it."""
    return any(kind.__module__.partition(".")[0] == "uvloop" for kind in type(loop).__mro__)
