"""Attributes replaced for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["MonkeyPatcher"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


class MonkeyPatcher:
    """Replaces attributes and puts them back.

    Args:
        *patches: Each an object, an attribute's name, and the value it is to have.
    """

    def __init__(self, *patches: tuple[Any, str, Any]) -> None:
        self._patches = list(patches)
        self._originals: list[tuple[Any, str, Any]] = []

    def addPatch(self, obj: Any, name: str, value: Any) -> None:
        """Add one more; `patch` makes it hold."""
        self._patches.append((obj, name, value))

    def patch(self) -> None:
        """Replace all the attributes."""
        kept = {(id(obj), name) for obj, name, _ in self._originals}
        for obj, name, value in self._patches:
            if (id(obj), name) not in kept:
                kept.add((id(obj), name))
                self._originals.append((obj, name, getattr(obj, name)))
            setattr(obj, name, value)

    __enter__ = patch

    def restore(self) -> None:
        """Put all the attributes back."""
        while self._originals:
            setattr(*self._originals.pop())

    def __exit__(self, *exc_info: object) -> None:
        self.restore()

    def runWithPatches(self, f: Callable[_P, _T], *args: _P.args, **kw: _P.kwargs) -> _T:
        """Call `f` while the attributes are replaced, and return its result."""
        self.patch()
        try:
            return f(*args, **kw)
        finally:
            self.restore()
