"""A module loaded anew in a program that runs: what others hold of its old classes and functions is renewed.

After `rebuild`, in every loaded module the names of old functions and classes stand for the new ones;
instances of old classes, and subclasses elsewhere, are of the new.  What is out of reach (an old function in
a list, a frame that runs) stays old: `latestFunction`, `latestClass` and `Sensitive` are for that.
"""

from __future__ import annotations

import gc
import importlib
import linecache
import sys
import time
from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType
from typing import Any

from sennit.core import components
from sennit.twisted.python import log

__all__ = [
    "RebuildError",
    "Sensitive",
    "lastRebuild",
    "latestClass",
    "latestFunction",
    "rebuild",
    "updateInstance",
]

lastRebuild = time.time()


class RebuildError(Exception):
    """What was to be rebuilt is no module."""


class Sensitive:
    """Knows whether anything was rebuilt since it looked last."""

    lastRebuild = lastRebuild

    def needRebuildUpdate(self) -> bool:
        """Return whether anything was."""
        return self.lastRebuild < lastRebuild

    def rebuildUpToDate(self) -> None:
        """Take note that all was looked after."""
        self.lastRebuild = time.time()

    def latestVersionOf(self, anObject: Any) -> Any:
        """Return what a function, method or class is now; any other object as it is."""
        if isinstance(anObject, MethodType):
            return getattr(anObject.__self__, anObject.__name__, anObject)
        if isinstance(anObject, FunctionType):
            return latestFunction(anObject)
        if isinstance(anObject, type):
            return latestClass(anObject)
        return anObject


def _latest(thing: Any) -> Any:
    """Return what goes by the name of `thing` in its module now; `thing` if nothing of its kind does."""
    now: Any = sys.modules.get(thing.__module__)
    for name in thing.__qualname__.split("."):
        now = getattr(now, name, None)
    same = isinstance(now, type) if isinstance(thing, type) else isinstance(now, FunctionType)
    return now if same else thing


def latestFunction(oldFunc: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that now goes by an old one's name; the old one if none does."""
    return _latest(oldFunc)  # type: ignore[no-any-return]


def latestClass(oldClass: type) -> type:
    """Return the class that now goes by an old one's name, its bases renewed; the old one if none does."""
    new: type = _latest(oldClass)
    bases = tuple(latestClass(base) for base in new.__bases__)
    if bases != new.__bases__:
        new.__bases__ = bases
    return new


def updateInstance(self: Any) -> None:
    """Make an instance one of what its class is now."""
    new = latestClass(type(self))
    if new is not type(self):
        self.__class__ = new


def rebuild(module: ModuleType, doLog: object = 1) -> ModuleType:
    """Load a module anew, and renew what others hold of it.

    Args:
        module: The module.
        doLog: Whether to log what is done.

    Returns:
        The module, the same object.

    Raises:
        RebuildError: If it is no module.
        Exception: Whatever its code raises; nothing is renewed then.
    """
    global lastRebuild
    if not isinstance(module, ModuleType):
        raise RebuildError(f"{module!r} is not a module.")
    if doLog:
        log.msg(f"Rebuilding {module.__name__}...")
    old = {name: value for name, value in vars(module).items() if _is_own(module, value)}
    linecache.checkcache(getattr(module, "__file__", None))
    # The module's adapters are registered a second time.
    allowed = components.ALLOW_DUPLICATES
    components.ALLOW_DUPLICATES = 1
    try:
        importlib.reload(module)
    finally:
        components.ALLOW_DUPLICATES = allowed
    fixes: dict[Any, Any] = {}
    for name, value in old.items():
        new = vars(module).get(name)
        if new is not value and type(new) is type(value):
            fixes[value] = new
    _renew_classes({was: now for was, now in fixes.items() if isinstance(was, type)})
    for other in [each for each in list(sys.modules.values()) if isinstance(each, ModuleType)]:
        _renew_names(other, fixes)
    lastRebuild = time.time()
    if doLog:
        log.msg(f"Rebuilt {module.__name__}.")
    return module


def _is_own(module: ModuleType, value: object) -> bool:
    return isinstance(value, type | FunctionType) and value.__module__ == module.__name__


def _renew_classes(classes: dict[type, type]) -> None:
    for old, new in classes.items():
        child: type
        for child in type.__subclasses__(old):
            if child not in classes and child is not new:
                child.__bases__ = tuple(classes.get(base, base) for base in child.__bases__)
    # Whatever the collector knows as referring to a class may be an instance of it.
    for instance in gc.get_referrers(*classes) if classes else ():
        new_class = classes.get(type(instance))
        if new_class is not None:
            try:
                instance.__class__ = new_class
            except TypeError:
                log.msg(f"{type(instance)} has another layout now; its instances stay as they are.")


def _renew_names(module: ModuleType, fixes: dict[Any, Any]) -> None:
    for name, value in list(vars(module).items()):
        try:
            new = fixes.get(value)
        except Exception:  # noqa: S112 (what cannot be hashed was neither class nor function of ours)
            continue
        if new is not None:
            setattr(module, name, new)
