"""Plugins: objects that modules in a package's directories offer, found by the interface that they provide.

Sennit's own are modules of the table.  The others are in directories called like the package
(``twisted/plugins``) on ``sys.path``, without an ``__init__.py``, where other distributions put them.
A module that cannot be imported is logged and passed over, each time anew.

What a module offers is kept in its directory (`sennit.twisted.plugin_cache`), so that a module is imported
when one of its plugins is wanted, or when it has changed.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from zope.interface import Interface, providedBy

from sennit.core.components import getAdapterFactory
from sennit.core.failure import Failure
from sennit.core.report import report_error
from sennit.log import Logger
from sennit.twisted.plugin_cache import DirectoryCache, ModuleRow, PluginRow, Stamp, stamp_of
from sennit.twisted.table import TABLE

__all__ = ["CachedDropin", "CachedPlugin", "IPlugin", "getCache", "getPlugins", "pluginPackagePaths"]

_DEFAULT = "twisted.plugins"
_log = Logger()
# What file a module is from, of those that were imported here: another's may be older than its file.
_stamps: WeakKeyDictionary[ModuleType, Stamp] = WeakKeyDictionary()


class IPlugin(Interface):
    """What every plugin provides, beside the interface that it is looked for by."""


class CachedPlugin:
    """What is known of a plugin without its module.

    Args:
        dropin: The module that has it.
        name: Its name there.
        description: Its docstring.
        provided: The interfaces that it provides.
    """

    def __init__(self, dropin: CachedDropin, name: str, description: str | None, provided: Any) -> None:
        self.dropin = dropin
        self.name = name
        self.description = description
        self.provided: list[Any] = list(provided)
        dropin.plugins.append(self)

    def __repr__(self) -> str:
        names = ", ".join(interface.__name__ for interface in self.provided)
        return f"<CachedPlugin {self.name!r}/{self.dropin.moduleName!r} (provides {names!r})>"

    def load(self) -> Any:
        """Return the plugin; its module is imported if it is not yet.

        Raises:
            Exception: Whatever keeps the module from being imported.
        """
        return getattr(importlib.import_module(self.dropin.moduleName), self.name)

    def getComponent(self, interface: Any, registry: Any = None, default: Any = None) -> Any:
        """Return the plugin as what provides an interface, or `default` if it is neither that nor adaptable.

        Args:
            interface: The interface.
            registry: Ignored: there is one.
            default: What is returned otherwise.
        """
        for provided in self.provided:
            if provided.isOrExtends(interface) or getAdapterFactory(provided, interface, None) is not None:
                return interface(self.load(), default)
        return default

    def __conform__(self, interface: Any, registry: Any = None, default: Any = None) -> Any:
        """Adapt the plugin."""
        return self.getComponent(interface, registry, default)


class CachedDropin:
    """What is known of a module with plugins.

    Args:
        moduleName: Its name, in full.
        description: Its docstring.

    Attributes:
        plugins: The `CachedPlugin` of each.
    """

    def __init__(self, moduleName: str, description: str | None) -> None:
        self.moduleName = moduleName
        self.description = description
        self.plugins: list[CachedPlugin] = []


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


def getCache(module: ModuleType) -> dict[str, CachedDropin]:
    """Return what the modules of a package offer.

    Modules that are new or have changed are imported, and what they offer is written down for the next time;
    if that cannot be, it is logged.

    Args:
        module: The package.

    Returns:
        What is known of each module that has plugins or may be imported, by its short name.
    """
    package = module.__name__
    found: dict[str, CachedDropin] = {}
    for name in TABLE:
        parent, _, short = name.rpartition(".")
        if parent == package:
            imported = _import(name)
            if imported is not None:
                found[short] = _describe(imported, name)
    for entry in module.__path__:
        for short, dropin in _directory(package, entry).items():
            found.setdefault(short, dropin)
    return found


def getPlugins(interface: Any, package: ModuleType | None = None) -> Iterator[Any]:
    """Find the plugins that provide an interface or can be adapted to it.

    Args:
        interface: The interface.
        package: The package whose modules are looked through; by default ``twisted.plugins``.

    Yields:
        The plugins, adapted.
    """
    home = importlib.import_module(_DEFAULT) if package is None else package
    for dropin in getCache(home).values():
        for plugin in dropin.plugins:
            try:
                adapted = interface(plugin, None)
            except Exception:
                report_error(Failure(), f"The plugin {plugin.name} of {dropin.moduleName} cannot be loaded")
                continue
            if adapted is not None:
                yield adapted


getPlugIns = getPlugins


def _directory(package: str, entry: str) -> dict[str, CachedDropin]:
    """Return what the modules in one directory, or in a zip file, offer."""
    directory = Path(entry)
    cache = DirectoryCache(directory) if directory.is_dir() else None
    found: dict[str, CachedDropin] = {}
    rows: dict[str, ModuleRow] = {}
    for each in pkgutil.iter_modules([entry]):
        name = f"{package}.{each.name}"
        stamp = None if cache is None else stamp_of(directory, each.name)
        row = None if cache is None or stamp is None else cache.rows.get(each.name)
        if row is not None and row.stamp == stamp:
            known = _recall(name, row)
            if known is not None:
                found[each.name], rows[each.name] = known, row
                continue
        is_new = name not in sys.modules
        importlib.invalidate_caches()
        module = _import(name)
        if module is None:
            continue
        found[each.name] = _describe(module, name)
        if stamp is None or getattr(module, "__file__", None) != str(directory / stamp[0]):
            continue
        if is_new:
            _stamps[module] = stamp
        new = _row(found[each.name], stamp) if _stamps.get(module) == stamp else None
        if new is not None:
            rows[each.name] = new
    if cache is not None:
        try:
            cache.write(rows)
        except OSError as error:
            _log.info(
                "Unable to write to plugin cache {path}: error number {number}",
                path=str(cache.path),
                number=error.errno,
            )
    return found


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:
        report_error(Failure(), f"The plugin module {name} cannot be imported")
        return None


def _describe(module: ModuleType, name: str) -> CachedDropin:
    dropin = CachedDropin(name, module.__doc__)
    for attribute in dir(module):
        value = None if attribute.startswith("__") else getattr(module, attribute)
        if IPlugin.providedBy(value):
            CachedPlugin(dropin, attribute, getattr(value, "__doc__", None), providedBy(value))
    return dropin


def _row(dropin: CachedDropin, stamp: Stamp) -> ModuleRow | None:
    """Return what to write down of a module; None if its interfaces cannot be found again by their names."""
    rows = []
    for plugin in dropin.plugins:
        names = [f"{interface.__module__}:{interface.__name__}" for interface in plugin.provided]
        if [_interface(name) for name in names] != plugin.provided:
            return None
        rows.append(PluginRow(plugin.name, plugin.description, tuple(names)))
    return ModuleRow(stamp, dropin.description, tuple(rows))


def _recall(name: str, row: ModuleRow) -> CachedDropin | None:
    """Return what was written down of a module; None if an interface is no longer what it was."""
    dropin = CachedDropin(name, row.description)
    for plugin in row.plugins:
        provided: Sequence[Any] = [_interface(interface) for interface in plugin.provided]
        if None in provided:
            return None
        CachedPlugin(dropin, plugin.name, plugin.description, provided)
    return dropin


def _interface(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except Exception:  # whatever a module does when it is imported
        return None
    return found if isinstance(found, type(Interface)) else None
