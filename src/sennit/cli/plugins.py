"""``sennit plugins``: which plug-ins there are, from where, and why one does not load."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import click

__all__ = ["command"]


@dataclass(frozen=True)
class _Row:
    name: str
    source: str
    where: str
    says: str
    loaded: bool


@click.command("plugins", short_help="List plug-ins, and say why one does not load.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--drop-in", is_flag=True, help="Also those in directories called twisted/plugins.")
def command(as_json: bool, drop_in: bool) -> int:
    """List the plug-ins of this environment: entry points of the group sennit.plugins.

    The exit status is 1 if one does not load.
    """
    rows = _entry_points()
    if drop_in or _is_dropped_in():
        rows += _folders()
    if as_json:
        for row in rows:
            click.echo(json.dumps(row.__dict__))
    else:
        width = max((len(row.name) for row in rows), default=0)
        for row in rows:
            mark = click.style(row.name.ljust(width), fg="cyan" if row.loaded else "red")
            click.echo(f"{mark}  {row.says if row.loaded else f'does not load: {row.says}'}")
            click.echo(f"{' ' * width}  {row.where} ({row.source})")
    return 0 if all(row.loaded for row in rows) else 1


def _entry_points() -> list[_Row]:
    from sennit.app.plugins import find_plugins

    return [
        _Row(
            each.name, each.source, each.where, each.problem or str(each.maker.description), not each.problem
        )
        for each in find_plugins()
    ]


def _is_dropped_in() -> bool:
    from sennit.twisted.finder import installed

    return installed()


def _folders() -> list[_Row]:
    """Return what modules of ``twisted.plugins`` from other distributions have, or why they do not load."""
    import importlib
    import pkgutil

    from sennit.twisted.finder import install
    from sennit.twisted.plugin import IPlugin, pluginPackagePaths
    from sennit.twisted.table import PLUGINS

    install()
    rows = []
    for folder in pluginPackagePaths(PLUGINS):
        for found in pkgutil.iter_modules([folder], f"{PLUGINS}."):
            try:
                module = importlib.import_module(found.name)
            except Exception as error:
                rows.append(_Row(found.name, folder, found.name, f"{type(error).__name__}: {error}", False))
                continue
            rows += [
                _Row(_name(plugin, name), folder, f"{found.name}:{name}", _says(plugin), True)
                for name, plugin in vars(module).items()
                if not name.startswith("__") and IPlugin.providedBy(plugin)
            ]
    return rows


def _name(plugin: Any, otherwise: str) -> str:
    return str(getattr(plugin, "tapname", None) or getattr(plugin, "shortName", None) or otherwise)


def _says(plugin: Any) -> str:
    return str(getattr(plugin, "description", "") or type(plugin).__qualname__)
