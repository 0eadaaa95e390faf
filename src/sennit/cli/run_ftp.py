"""``sennit run ftp``: serve files over FTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sennit.cli.serving import (
    ServerOptions,
    certificate_options,
    register_checkers,
    run_server,
    server_options,
    where,
)
from sennit.cli.session_options import auth_option, certificate_option, idle_timeout_option
from sennit.framing.numbers import NumberError, parse_decimal

__all__ = ["command"]

_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def _ports(ctx: click.Context, param: click.Parameter, value: str | None) -> range:
    if value is None:
        return range(1)
    first, _, last = value.partition("-")
    try:
        lowest, highest = parse_decimal(first, 65535), parse_decimal(last or first, 65535)
    except NumberError:
        lowest = highest = 0
    if not 0 < lowest <= highest:
        raise click.BadParameter(f"{value!r} is no range of ports, such as 50000-50100.", ctx, param)
    return range(lowest, highest + 1)


@click.command("ftp", short_help="Serve files over FTP.")
@click.option(
    "-r",
    "--root",
    metavar="DIR",
    type=_DIRECTORY,
    help="The directory in which each user who logs in has one of his name, to read and to change.",
)
@auth_option("Who may log in")
@click.option("--password-file", metavar="FILE", type=_FILE, help="As --auth file:FILE.")
@click.option(
    "--anonymous-root",
    metavar="DIR",
    type=_DIRECTORY,
    help="Let anybody in without a password, to read this directory.",
)
@click.option(
    "--anonymous-name",
    metavar="NAME",
    default="anonymous",
    show_default=True,
    help="The name by which anybody comes in.",
)
@certificate_option("TLS")
@click.option("--require-tls", is_flag=True, help="Let nobody in, and send no data, without TLS.")
@click.option(
    "--passive-ports",
    metavar="FIRST-LAST",
    callback=_ports,
    help="The ports that clients connect to for data.  [default: any]",
)
@click.option(
    "--passive-address",
    metavar="ADDRESS",
    help="The IPv4 address that clients connect to for data, if a gateway stands before this machine.",
)
@click.option(
    "--max-clients",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many clients may be connected at once.  [default: any number]",
)
@idle_timeout_option(600)
@server_options("tcp:2121:interface=127.0.0.1")
def command(
    options: ServerOptions,
    root: Path | None,
    auth: tuple[str, ...],
    password_file: Path | None,
    anonymous_root: Path | None,
    anonymous_name: str,
    certificate: Path | None,
    require_tls: bool,
    passive_ports: range,
    passive_address: str | None,
    max_clients: int | None,
    idle_timeout: float,
) -> int:
    r"""Serve directories over FTP: users' own after a log-in, one for anybody, or both.

    Without --certificate passwords and files are sent in the clear.

    \b
    sennit run ftp --anonymous-root public
    sennit run ftp --root users --auth file:passwords --certificate server.pem --require-tls
    """
    checkers = (*auth, *([f"file:{password_file}"] if password_file is not None else []))
    if (root is None) == bool(checkers):
        raise click.UsageError("--root needs --auth or --password-file, and these need --root.")
    if not checkers and anonymous_root is None:
        raise click.UsageError("Nobody could log in: give --root with --auth, or --anonymous-root.")
    if require_tls and certificate is None:
        raise click.UsageError("--require-tls needs --certificate.")

    def make_factory(reactor: Any) -> Any:
        from sennit.cred import Portal
        from sennit.ftp.realm import FTPRealm
        from sennit.ftp.server import FTPFactory

        # A directory that was not named stands for nobody's: no checker lets its users in.
        portal = Portal(FTPRealm(anonymous_root or root, root or anonymous_root))
        register_checkers(portal, (*checkers, *(["anonymous"] if anonymous_root is not None else [])))
        factory = FTPFactory(portal, anonymous_name)
        factory.allowAnonymous = anonymous_root is not None
        factory.tls_context = None if certificate is None else certificate_options(certificate)
        factory.require_tls = require_tls
        factory.passivePortRange = passive_ports
        factory.passive_address = passive_address
        factory.connectionLimit = max_clients
        factory.timeOut = idle_timeout or None
        return factory

    return run_server(options, make_factory, where, "Serving FTP")
