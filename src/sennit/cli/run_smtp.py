"""``sennit run smtp``: take mail into Maildirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError
from sennit.cli.serving import (
    ServerOptions,
    certificate_options,
    register_checkers,
    run_server,
    server_options,
    where,
)
from sennit.cli.session_options import auth_option, certificate_option, idle_timeout_option

__all__ = ["command"]


@click.command("smtp", short_help="Take mail into Maildirs.")
@click.option(
    "-m",
    "--maildir",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder of the mailboxes: each is a Maildir in it, named local@domain.",
)
@click.option(
    "-d",
    "--domain",
    metavar="NAME",
    multiple=True,
    default=("localhost",),
    help="A domain that mail is taken for; may be given several times.  [default: localhost]",
)
@click.option(
    "--mailbox",
    metavar="ADDRESS",
    multiple=True,
    help="Make this mailbox, if it is not there; may be given several times.",
)
@click.option("--create", is_flag=True, help="Make any mailbox of these domains when mail comes for it.")
@auth_option("Let clients log in")
@click.option("--lmtp", is_flag=True, help="Speak LMTP: each recipient is answered for alone.")
@certificate_option("STARTTLS")
@click.option(
    "--max-size",
    metavar="OCTETS",
    type=click.IntRange(min=1),
    default=50 << 20,
    help="How large a message may be.  [default: 50 MiB]",
)
@idle_timeout_option(300)
@click.option("--hostname", metavar="NAME", help="The server's name.  [default: this machine's]")
@server_options("tcp:2525:interface=127.0.0.1")
def command(
    options: ServerOptions,
    maildir: Path,
    domain: tuple[str, ...],
    mailbox: tuple[str, ...],
    create: bool,
    auth: tuple[str, ...],
    lmtp: bool,
    certificate: Path | None,
    max_size: int,
    idle_timeout: float,
    hostname: str | None,
) -> int:
    r"""Take mail for some domains into Maildirs.

    A message is in its Maildir, and on the disk, before the client is told that it is taken.  With --auth,
    addresses of these domains may only send after a log-in.

    \b
    sennit run smtp --maildir mail --domain example.org --mailbox me@example.org
    """
    from sennit.mail import Maildir, MaildirRealm
    from sennit.smtp.addresses import AddressSyntaxError, parse_path

    if lmtp and auth:
        raise click.UsageError("--auth does not go with --lmtp: who may deliver is the socket's affair.")
    try:
        maildir.mkdir(parents=True, exist_ok=True)
        for address in mailbox:
            path, _ = parse_path(f"<{address}>")
            if path.domain.lower() not in {name.lower() for name in domain}:
                raise click.UsageError(f"--mailbox {address} is of no --domain.")
            Maildir(maildir / path.mailbox.lower().replace("/", ""))
    except AddressSyntaxError as error:
        raise click.BadParameter(str(error), param_hint="--mailbox") from None
    except OSError as error:
        raise CannotRunError(str(error)) from None
    realm = MaildirRealm(maildir, domain, create=create, login_required=bool(auth))

    def make_factory(reactor: Any) -> Any:
        return _factory(
            realm, _portal(realm, auth), certificate, lmtp, max_size, idle_timeout or None, hostname
        )

    return run_server(options, make_factory, where, f"Mail for {', '.join(domain)}")


def _portal(realm: Any, auth: tuple[str, ...]) -> Any:
    from sennit.cred import AllowAnonymousAccess, Portal

    portal = Portal(realm, [AllowAnonymousAccess()])
    register_checkers(portal, auth)
    return portal


def _factory(
    realm: Any,
    portal: Any,
    certificate: Path | None,
    lmtp: bool,
    max_size: int,
    idle_timeout: float | None,
    hostname: str | None,
) -> Any:
    import socket
    from dataclasses import replace

    from sennit.smtp.authentication import CramMD5Credentials, LOGINCredentials, PLAINCredentials
    from sennit.smtp.extended import ALL_EXTENSIONS, ESMTP, LMTP
    from sennit.smtp.limits import DEFAULT_LIMITS
    from sennit.smtp.scram import SCRAMCredentials
    from sennit.smtp.server import SMTPFactory

    context = None if certificate is None else certificate_options(certificate)
    mechanisms: dict[bytes, Any] = {}
    if len(portal.checkers) > 1:
        mechanisms = {
            b"SCRAM-SHA-256": SCRAMCredentials,
            b"PLAIN": PLAINCredentials,
            b"LOGIN": LOGINCredentials,
            b"CRAM-MD5": CramMD5Credentials,
        }
    kind: type[ESMTP] = LMTP if lmtp else ESMTP

    def make() -> ESMTP:
        server = kind(mechanisms, context)
        server.offered = ALL_EXTENSIONS
        server.limits = replace(DEFAULT_LIMITS, message_size=max_size)
        server.timeout = idle_timeout
        server.hello_required = True
        # A password is not said aloud where TLS can be had.
        server.authentication_requires_tls = context is not None
        return server

    factory = SMTPFactory(portal)
    factory.protocol = make
    factory.domain = (hostname or socket.getfqdn()).encode()
    factory.timeout = idle_timeout
    return factory
