"""``sennit run socks``: connect for clients that speak SOCKS."""

from __future__ import annotations

from typing import Any

import click

from sennit.cli.serving import ServerOptions, register_checkers, run_server, seconds, server_options, where
from sennit.cli.session_options import auth_option

__all__ = ["command"]

_LOOPBACK = ("127.0.0.0/8", "::1/128")


@click.command("socks", short_help="Connect for clients that speak SOCKS.")
@auth_option("Have clients log in")
@click.option(
    "--allow",
    metavar="NETWORK",
    multiple=True,
    help="Serve clients of this network; may be given several times.  "
    "[default: this machine; with --auth, all]",
)
@click.option(
    "--connect-timeout",
    metavar="SECONDS",
    callback=seconds,
    default="30",
    help="How long a connection may take to be made.  [default: 30]",
)
@server_options("tcp:1080:interface=127.0.0.1")
def command(
    options: ServerOptions, auth: tuple[str, ...], allow: tuple[str, ...], connect_timeout: float
) -> int:
    r"""Connect for clients that speak SOCKS 4, 4a or 5.

    With --auth clients need version 5, which has names and passwords; these are sent in the clear.

    \b
    sennit run socks
    curl --proxy socks5h://localhost:1080 https://example.org/
    """
    from sennit.socks import SOCKSFactory

    clients = allow or (() if auth else _LOOPBACK)

    def make_factory(reactor: Any) -> Any:
        try:
            return SOCKSFactory(
                _portal(auth) if auth else None,
                clients=clients,
                connect_timeout=connect_timeout,
                reactor=reactor,
            )
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--allow") from None

    return run_server(options, make_factory, where, "Serving SOCKS")


def _portal(auth: tuple[str, ...]) -> Any:
    from zope.interface import implementer

    from sennit.cred import IRealm, Portal
    from sennit.socks import Everybody, IProxyUser

    @implementer(IRealm)
    class Realm:
        def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Any:
            return IProxyUser, Everybody(), _nothing

    portal = Portal(Realm())
    register_checkers(portal, auth)
    return portal


def _nothing() -> None:
    """Log nobody out: there is nothing to end."""
