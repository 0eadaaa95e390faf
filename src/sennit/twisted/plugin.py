"""Plugins: objects that modules in a package's directories offer, found by the interface that they provide.

Sennit's own are modules of the table.  The others are in directories called like the package
(``twisted/plugins``) on ``sys.path``, without an ``__init__.py``, where other distributions put them.
A module that cannot be imported is logged and passed over.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from zope.interface import Interface

from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.twisted.table import TABLE

__all__ = ["IPlugin", "getPlugins", "pluginPackagePaths"]

_DEFAULT = "twisted.plugins"


class IPlugin(Interface):
    """What every plugin provides, beside the interface that it is looked for by."""


def pluginPackagePaths(name: str) -> list[str]:
    """Return the directories that a plugin package may have.

    Args:
        name: The package's dotted name.

    Returns:
        A path for each entry of ``sys.path`` where that is not a package proper.
    """
    parts = name.split(".")
    candidates = (Path(entry, *parts).absolute() for entry in dict.fromkeys(sys.path))
    return [str(path) for path in candidates if not (path / "__init__.py").exists()]


def getPlugins(interface: Any, package: ModuleType | None = None) -> Iterator[Any]:
    """Find the plugins that provide an interface or can be adapted to it.

    Args:
        interface: The interface.
        package: The package whose modules are looked through; by default ``twisted.plugins``.

    Yields:
        The plugins, adapted.
    """
    home = importlib.import_module(_DEFAULT) if package is None else package
    for module in _modules(home.__name__, home.__path__):
        for name in dir(module):
            value = None if name.startswith("__") else getattr(module, name)
            if IPlugin.providedBy(value):
                adapted = interface(value, None)
                if adapted is not None:
                    yield adapted


getPlugIns = getPlugins


def _modules(package: str, path: Iterable[str]) -> Iterator[ModuleType]:
    ours = [name for name in TABLE if name.startswith(package + ".")]
    theirs = [found.name for found in pkgutil.iter_modules(path, package + ".")]
    for name in dict.fromkeys(ours + theirs):
        try:
            yield importlib.import_module(name)
        except Exception:
            report_error(Failure(), f"The plugin module {name} cannot be imported")
