"""Plug-ins: what other distributions add, declared by them as entry points of the group ``sennit.plugins``.

    [project.entry-points."sennit.plugins"]
    lamp = "lamp.plugin:maker"

An entry point's object is an `IServiceMaker`, which `sennit tap` and `sennit daemon` know by its ``tapname``.
One that cannot be loaded is kept with the reason; it hinders no other.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sennit.app.interfaces import IServiceMaker

__all__ = ["GROUP", "Plugin", "find_plugins", "service_makers"]

GROUP: Final = "sennit.plugins"

# Sennit's own, here so that they are found in a source tree as well.
_OWN: Final = {
    name: f"sennit.twisted.plugins.services:{attribute}"
    for name, attribute in {
        "ftp": "TwistedFTP",
        "inetd": "TwistedINETD",
        "portforward": "TwistedPortForward",
        "procmon": "TwistedProcmon",
        "socks": "TwistedSOCKS",
        "web": "TwistedWeb",
    }.items()
}


@dataclass(frozen=True)
class Plugin:
    """A plug-in that was found.

    Attributes:
        name: What it is asked for by.
        where: Its object, as ``module:name``.
        source: The distribution that brings it.
        maker: The `IServiceMaker`; None if it did not load.
        problem: Why it did not load; "" if it did.
    """

    name: str
    where: str
    source: str
    maker: Any = None
    problem: str = ""


def find_plugins(group: str = GROUP) -> list[Plugin]:
    """Return the plug-ins of this environment, by name; of two with one name the first stands.

    Args:
        group: The group of entry points.
    """
    found = [_load(name, where, "sennit") for name, where in _OWN.items()] if group == GROUP else []
    for entry in importlib.metadata.entry_points(group=group):
        source = "unknown" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
        found.append(_load(entry.name, entry.value, source))
    return sorted(_told_apart(found), key=lambda plugin: plugin.name)


def service_makers(plugins: Iterable[Plugin] | None = None) -> dict[str, Any]:
    """Return the service makers that loaded, by name.

    Args:
        plugins: Where to look; None for `find_plugins`.
    """
    found = find_plugins() if plugins is None else plugins
    return {plugin.name: plugin.maker for plugin in found if plugin.maker is not None}


def _load(name: str, where: str, source: str) -> Plugin:
    module, _, attribute = where.partition(":")
    try:
        maker: Any = importlib.import_module(module)
        for part in filter(None, attribute.split(".")):
            maker = getattr(maker, part)
        if not IServiceMaker.providedBy(maker):
            return Plugin(name, where, source, problem=f"{maker!r} is no IServiceMaker")
        return Plugin(str(maker.tapname), where, source, maker)
    except Exception as error:
        return Plugin(name, where, source, problem=f"{type(error).__name__}: {error}")


def _told_apart(found: Iterable[Plugin]) -> Iterable[Plugin]:
    standing: dict[str, Plugin] = {}
    for plugin in found:
        first = standing.get(plugin.name) if plugin.maker is not None else None
        if first is None:
            if plugin.maker is not None:
                standing[plugin.name] = plugin
            yield plugin
        elif first.where != plugin.where:
            problem = f"{first.where} of {first.source} has the name already"
            yield Plugin(plugin.name, plugin.where, plugin.source, problem=problem)
