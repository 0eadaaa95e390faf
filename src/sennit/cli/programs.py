"""Finding what a command line names in a program: ``package.module:name``, or ``package.module:name()``."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from sennit.cli.groups import CannotRunError

__all__ = ["load_object"]


def load_object(name: str, option: str) -> Any:
    """Import what a name says; the current directory comes first.

    Args:
        name: The module, a colon, and a name in it, dotted if need be; with ``()`` it is called.
        option: Which option the name was given to, for messages.

    Raises:
        CannotRunError: If there is no such thing.
        click.BadParameter: If the name is not of that form.
    """
    module_name, colon, path = name.partition(":")
    called = path.endswith("()")
    path = path.removesuffix("()")
    parts = path.split(".")
    if not colon or not module_name or not all(part.isidentifier() for part in parts):
        raise click.BadParameter(f"{name!r} is not MODULE:NAME.", param_hint=option)
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise CannotRunError(f"There is no module {module_name}.") from None
        raise
    for part in parts:
        try:
            found = getattr(found, part)
        except AttributeError:
            raise CannotRunError(f"The module {module_name} has no {path}.") from None
    return found() if called else found
