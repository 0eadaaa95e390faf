"""``sennit cert``: make a self-signed certificate for development."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from sennit.cli.groups import CannotRunError

__all__ = ["command"]


@click.command("cert", short_help="Make a certificate for development.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Where to put the files.  [default: the current directory]",
)
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(min=1, max=3650),
    default=30,
    help="How long it is valid.  [default: 30]",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(names: tuple[str, ...], out: Path, days: int, force: bool) -> int:
    """Make a key and a certificate for host names or IP addresses, for development.

    The certificate is signed by itself: a client trusts it when it is told to. The .pem file has the key too;
    only its owner can read it. The .crt file is the certificate alone, for clients.
    """
    from sennit.core.extras import MissingExtraError
    from sennit.tls.development import write_certificate

    try:
        both, alone = write_certificate(out, names, days, replace=force)
    except FileExistsError as error:
        raise CannotRunError(f"{error} --force replaces it.") from None
    except (MissingExtraError, OSError) as error:
        raise CannotRunError(str(error)) from None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    click.echo(f"Key and certificate  {both}")
    click.echo(f"Certificate alone    {alone}")
    quoted = str(both).replace("\\", "\\\\").replace(":", "\\:")
    listen = shlex.quote(f"ssl:8443:privateKey={quoted}")
    click.echo(f"Serve with           sennit run web --listen {listen}")
    click.echo(
        f"Try with             curl --cacert {shlex.quote(str(alone))} https://{_url_host(names[0])}:8443/"
    )
    return 0


def _url_host(name: str) -> str:
    return f"[{name}]" if ":" in name else name
