"""Adapters of a registry of one's own, consulted when an interface is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import providedBy
from zope.interface.interface import adapter_hooks

__all__: list[str] = []


def _addHook(registry: Any) -> Callable[[Any, object], Any]:
    """Consult `registry`, after those that are consulted already; return what `_removeHook` takes."""

    def hook(interface: Any, candidate: object) -> Any:
        factory = registry.lookup1(providedBy(candidate), interface)
        return None if factory is None else factory(candidate)

    adapter_hooks.append(hook)
    return hook


def _removeHook(hook: Callable[[Any, object], Any]) -> None:
    """Undo `_addHook`."""
    adapter_hooks.remove(hook)
