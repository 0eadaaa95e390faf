"""Loops by name: one module per backend, each with ``new()`` that makes a loop of its kind.

A backend that this machine cannot give says so when it is asked for, not when it is imported.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.machinery
import select
import weakref
from importlib.util import find_spec

from sennit.core.native import ROOMS, compiled_folder

__all__ = [
    "LoopNotAvailable",
    "close_at_exit",
    "installed_loops",
    "loop_names",
    "new_loop",
    "runs_nested",
    "stands_on_libuv",
]

# What each loop needs: modules ("a|b" is either), a function of the select module, or a compiled room.
_NEEDS: dict[str, tuple[str, ...]] = {
    "native": ("compiled.reactor/loops/native",),
    "uvloop": ("uvloop",),
    "asyncio": (),
    "select": (),
    "poll": ("select.poll",),
    "epoll": ("select.epoll",),
    "kqueue": ("select.kqueue",),
    "qt": ("qasync", "PySide6|PyQt6"),
    "gtk": ("gi.events",),
    "glib": ("gi.events",),
    "tk": ("_tkinter",),
    "wx": ("wx",),
    "cocoa": ("rubicon.objc",),
}
# Whose loops are turned by a toolkit, which can run a loop within the loop (a modal dialog).
_TOOLKITS = frozenset({"qasync", "gi", "rubicon"})
_open: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
_GUESTS = "sennit.reactor.loops.guest"


class LoopNotAvailable(RuntimeError):
    """This machine, or this installation, lacks what the named loop stands on."""


def loop_names() -> tuple[str, ...]:
    """Return the names that `new_loop` knows, available here or not."""
    return tuple(_NEEDS)


def installed_loops() -> tuple[str, ...]:
    """Return the names of the loops whose libraries are installed here; none of them is imported."""
    return tuple(name for name in _NEEDS if _is_here(name))


def new_loop(name: str | None = None) -> asyncio.AbstractEventLoop:
    """Make an event loop.

    Args:
        name: ``"native"``, ``"uvloop"``, ``"asyncio"`` (the platform's own choice), ``"select"``, ``"poll"``,
            ``"epoll"`` or ``"kqueue"``; or a toolkit's: ``"qt"``, ``"gtk"``, ``"glib"``, ``"tk"``, ``"wx"``
            or ``"cocoa"``.  None takes the first of the first three that is here.

    Returns:
        A new loop, neither running nor set as the thread's current one.

    Raises:
        LoopNotAvailable: If the loop cannot be had here.
        ValueError: If no loop has this name.
    """
    if name is None:
        name = next(each for each in ("native", "uvloop", "asyncio") if _is_here(each))
    if name not in _NEEDS:
        here = ", ".join(installed_loops())
        raise ValueError(
            f"There is no loop named {name!r}; choose from {', '.join(_NEEDS)}.  Installed here: {here}."
        )
    loop: asyncio.AbstractEventLoop = importlib.import_module(f"{__name__}.{name}").new()
    return loop


def stands_on_libuv(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a loop is uvloop's, or a subclass of it."""
    return any(kind.__module__.partition(".")[0] == "uvloop" for kind in type(loop).__mro__)


def runs_nested(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether a call made by the loop may run the loop: on a toolkit's it may, by a modal dialog."""
    modules = [kind.__module__ for kind in type(loop).__mro__]
    return _GUESTS in modules or any(module.partition(".")[0] in _TOOLKITS for module in modules)


def close_at_exit(loop: asyncio.AbstractEventLoop) -> None:
    """Close a loop before the interpreter ends, whose library would complain of being closed by its end."""
    if not _open:
        atexit.register(_close_all)
    _open.add(loop)


def _close_all() -> None:
    for loop in list(_open):
        if not loop.is_running() and not loop.is_closed():
            loop.close()


def _is_here(name: str) -> bool:
    return all(map(_is_there, _NEEDS[name]))


def _is_there(need: str) -> bool:
    package, _, inside = need.partition(".")
    if package == "compiled":
        return compiled_folder() is not None and inside in ROOMS
    if package == "select":
        return hasattr(select, inside)
    return any(_can_import(module) for module in need.split("|"))


def _can_import(module: str) -> bool:
    package, _, inside = module.partition(".")
    try:
        found = find_spec(package)
    except ValueError:
        # Somebody put it in sys.modules by hand, or None there to hide it.
        return False
    if found is None or not inside:
        return found is not None
    # Whether a package has a module, without importing the package.
    finders = found.submodule_search_locations or []
    return importlib.machinery.PathFinder.find_spec(module, list(finders)) is not None
