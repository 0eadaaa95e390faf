"""The file ``dropin.cache``: what the plugin modules of a directory offer, so that only wanted ones are read.

It is JSON, and names things: reading it runs no code.  Each module's row holds for the file that it was made
from, told by its name, time and size; so a row is never older than the module, and what is gone is left out.
A file of another format (Twisted keeps a pickle there) counts as none, and a module whose interfaces cannot
be found by their names has no row.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Any, Final

__all__ = ["NAME", "DirectoryCache", "ModuleRow", "PluginRow", "Stamp", "stamp_of"]

NAME: Final = "dropin.cache"
_FORMAT: Final = "sennit plugins 1"
_MOST_OCTETS: Final = 16 << 20

Stamp = tuple[str, int, int]
"""A file's name, when it was changed in nanoseconds, and its size."""


@dataclass(frozen=True)
class PluginRow:
    """A plugin.

    Attributes:
        name: Its name in its module.
        description: Its docstring.
        provided: The interfaces that it provides, as ``module:name``.
    """

    name: str
    description: str | None
    provided: Sequence[str]


@dataclass(frozen=True)
class ModuleRow:
    """A module.

    Attributes:
        stamp: The file that this is true of.
        description: The module's docstring.
        plugins: What it offers.
    """

    stamp: Stamp
    description: str | None
    plugins: Sequence[PluginRow]


def stamp_of(directory: Path, name: str) -> Stamp | None:
    """Return the stamp of the file that a module is imported from; None if there is none."""
    for file in (f"{name}/__init__.py", *(name + suffix for suffix in all_suffixes())):
        try:
            status = (directory / file).stat()
        except OSError:
            continue
        return file, status.st_mtime_ns, status.st_size
    return None


class DirectoryCache:
    """The cache of one directory.

    Args:
        directory: The directory.

    Attributes:
        path: The file.
        rows: What it says, by the modules' short names.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        self.rows = _read(self.path)

    def write(self, rows: dict[str, ModuleRow]) -> None:
        """Put other rows into the file, unless they are there already; whoever reads sees the old or the new.

        Args:
            rows: The rows.

        Raises:
            OSError: If that cannot be written.
        """
        if rows == self.rows:
            return
        self.rows = rows
        content = {
            "format": _FORMAT,
            "modules": {
                name: [
                    list(row.stamp),
                    row.description,
                    [[each.name, each.description, list(each.provided)] for each in row.plugins],
                ]
                for name, row in rows.items()
            },
        }
        descriptor, scratch = tempfile.mkstemp(prefix=f".{NAME}-", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1)
            Path(scratch).chmod(0o644)
            Path(scratch).replace(self.path)
        except OSError:
            Path(scratch).unlink(missing_ok=True)
            raise


def _read(path: Path) -> dict[str, ModuleRow]:
    try:
        if path.stat().st_size > _MOST_OCTETS:
            return {}
        content: Any = json.loads(path.read_bytes())
        if content["format"] != _FORMAT:
            return {}
        return {str(name): _row(*row) for name, row in content["modules"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _row(stamp: Any, description: Any, plugins: Any) -> ModuleRow:
    file, changed, size = stamp
    rows = tuple(PluginRow(str(name), told, tuple(map(str, names))) for name, told, names in plugins)
    return ModuleRow((str(file), int(changed), int(size)), description, rows)
