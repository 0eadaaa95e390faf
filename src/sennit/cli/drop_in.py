"""``sennit drop-in``: whether ``import twisted`` is Sennit in every process of this Python environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sennit.cli.groups import CannotRunError

__all__ = ["disable", "enable", "status"]

_T = TypeVar("_T")


@click.command("enable", short_help="Make `import twisted` give Sennit here.")
@click.option("--system", is_flag=True, help="Also where this Python is not a virtual environment's.")
def enable(system: bool) -> None:
    """Make `import twisted` give Sennit in every process of this Python environment.

    Installed programs find a Twisted whose version ends in +sennit, and the commands that come with it as far
    as Sennit has them. Run it again after an upgrade of Sennit.
    """
    environment = _here()
    _try(lambda: environment.enable(system=system))
    _say_enabled(environment)


@click.command("disable", short_help="Take back what `enable` did.")
def disable() -> None:
    """Take back, without trace, what `sennit drop-in enable` did to this Python environment."""
    environment = _here()
    if not environment.enabled():
        click.echo(f"The drop-in is not enabled in {environment.prefix}.")
        return
    _try(environment.disable)
    click.echo(f"The drop-in is disabled in {environment.prefix}.")


@click.command("status", short_help="Say what `import twisted` gives here.")
def status() -> None:
    """Say what `import twisted` gives in this Python environment."""
    environment = _here()
    if environment.enabled():
        _say_enabled(environment)
        return
    theirs = environment.twisted_itself()
    installed = "no Twisted" if theirs is None else f"Twisted {theirs} itself"
    click.echo(f"The drop-in is not enabled in {environment.prefix}; {installed} is installed there.")


def _here() -> Any:
    from sennit.twisted.environment import Environment

    return Environment.here()


def _try(action: Callable[[], _T]) -> _T:
    from sennit.twisted.environment import CannotSwitchError

    try:
        return action()
    except CannotSwitchError as error:
        raise CannotRunError(str(error)) from None


def _say_enabled(environment: Any) -> None:
    from sennit.twisted.environment import VERSION

    commands = environment.commands()
    with_them = f" Commands: {', '.join(commands)}." if commands else ""
    click.echo(f"`import twisted` is Sennit in {environment.prefix}, known as Twisted {VERSION}.{with_them}")
