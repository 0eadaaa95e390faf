"""``sennit package``: make a Debian or RPM package of a TAP file's service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError

__all__ = ["command"]


@click.command("package", short_help="Make a .deb or .rpm of a TAP file's service.")
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), default=".", help="Where to.")
@click.option("-n", "--name", metavar="NAME", help="The package's name.  [default: the application's]")
@click.option("--version", metavar="VERSION", default="1.0", help="[default: 1.0]")
@click.option("--description", metavar="LINE", help="What it is, in a line.")
@click.option(
    "--maintainer", metavar="'NAME <ADDRESS>'", default="root <root@localhost>", help="Who makes it."
)
@click.option("--depends", metavar="PACKAGE", multiple=True, help="Another package that it depends on.")
@click.option("--python", metavar="PATH", help="The interpreter.  [default: the system's of this version]")
@click.argument("kind", type=click.Choice(["deb", "rpm"]))
@click.argument("tap", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(kind: str, tap: Path, output: Path, **options: Any) -> None:
    """Make a package of the service that a TAP file describes.

    It has the file as configuration, a systemd unit, a user of its own, and Sennit with what that requires;
    paths in the TAP file are paths on the machine where it is installed.
    """
    from sennit.app.packaging import PackagingError, describe, write_deb, write_rpm
    from sennit.app.plugins import service_makers
    from sennit.app.tap import TapError, load_tap

    try:
        found = load_tap(tap)
        if found.plugin not in service_makers():
            raise CannotRunError(
                f"There is no plug-in {found.plugin!r}; `sennit plugins` lists what is there."
            )
        package = describe(found, **options)
        output.mkdir(parents=True, exist_ok=True)
        path = (write_deb if kind == "deb" else write_rpm)(package, output)
    except (PackagingError, TapError) as error:
        raise CannotRunError(str(error)) from None
    except OSError as error:
        raise CannotRunError(f"Cannot write to {output}: {error.strerror}.") from None
    click.echo(f"{path} is written: {len(package.files)} files, for {package.python}.")
