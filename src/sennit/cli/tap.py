"""``sennit tap``: write the file that says which service runs with which options."""

from __future__ import annotations

from pathlib import Path

import click

from sennit.cli.groups import CannotRunError

__all__ = ["command"]


@click.command(
    "tap",
    short_help="Write a TAP file: a service and its options.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="[default: PLUGIN.tap]")
@click.option("-n", "--name", metavar="NAME", help="The application's name.  [default: the plug-in's]")
@click.option("-u", "--uid", metavar="USER", help="The user to run as, by name or number.")
@click.option("-g", "--gid", metavar="GROUP", help="The group to run as, by name or number.")
@click.argument("plugin")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(
    output: Path | None,
    name: str | None,
    uid: str | None,
    gid: str | None,
    plugin: str,
    options: tuple[str, ...],
) -> None:
    """Write a TAP file, which `sennit daemon -f` runs: `sennit tap web --path=/var/www`.

    The options are the plug-in's; they are checked. The file is TOML, to be read and edited.
    """
    from sennit.app.plugins import service_makers
    from sennit.app.tap import Tap, TapError, read_options
    from sennit.twisted.python.util import gidFromString, uidFromString

    makers = service_makers()
    maker = makers.get(plugin)
    if maker is None:
        raise click.BadParameter(f"{plugin!r} is none of {', '.join(makers)}.", param_hint="PLUGIN")
    if "--help" in options:
        click.echo(str(maker.options()))
        return
    try:
        tap = Tap(
            plugin,
            name or plugin,
            read_options(maker, options),
            None if uid is None else uidFromString(uid),
            None if gid is None else gidFromString(gid),
        )
        tap.parsed(maker)
    except TapError as error:
        raise click.UsageError(str(error)) from None
    except (KeyError, ValueError):
        raise click.BadParameter("there is no such user or group.", param_hint="--uid, --gid") from None
    path = output or Path(f"{name or plugin}.tap")
    try:
        tap.write(path)
    except OSError as error:
        raise CannotRunError(f"Cannot write {path}: {error.strerror}.") from None
    click.echo(f"{path} is written; run it with: sennit daemon -f {path}")
