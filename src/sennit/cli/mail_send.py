"""``sennit mail send``: send a message to a server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import click

from sennit.cli.get import Progress
from sennit.cli.groups import CannotRunError
from sennit.cli.serving import seconds

__all__ = ["command"]

_PASSWORD = "SENNIT_MAIL_PASSWORD"  # noqa: S105 - the name of a variable, and no password


@click.command("send", short_help="Send a message to a server.")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("-f", "--from", "sender", metavar="ADDRESS", required=True, help="The sender; <> for nobody.")
@click.option(
    "-t",
    "--to",
    "recipients",
    metavar="ADDRESS",
    multiple=True,
    required=True,
    help="A recipient; may be given several times.",
)
@click.option("-s", "--server", metavar="HOST[:PORT]", required=True, help="The server.  [default port: 25]")
@click.option(
    "--tls",
    type=click.Choice(["none", "opportunistic", "required", "implicit"]),
    help="How to secure the connection.  [default: implicit at port 465, required at 587 and to log in, else "
    "opportunistic]",
)
@click.option(
    "-u", "--user", metavar="NAME", help=f"Log in; the password is read from ${_PASSWORD} or asked for."
)
@click.option(
    "--cacert", metavar="FILE", type=click.Path(exists=True, dir_okay=False), help="Trust these alone."
)
@click.option("--lmtp", is_flag=True, help="Speak LMTP.")
@click.option("--require-tls", is_flag=True, help="Only if every server on the way is reached under TLS.")
@click.option(
    "--mta-sts",
    is_flag=True,
    help="Keep to the policies of the recipients' domains (MTA-STS): a server that one names, reached under "
    "verified TLS.",
)
@click.option("--hostname", metavar="NAME", help="Who to say we are.  [default: this machine's name]")
@click.option("--connect-timeout", metavar="SECONDS", callback=seconds, default="30", help="[default: 30]")
@click.option(
    "--timeout", metavar="SECONDS", callback=seconds, default="300", help="For each answer.  [default: 300]"
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(file: str, **options: Any) -> int:
    r"""Send the message in FILE, which has its header in it; - is standard input.

    The exit status is 0 if every recipient was taken; 1 if one was refused for good, or nothing could be
    sent; 75 if it may go through when it is tried again.

    \b
    sennit mail send --from me@example.org --to you@example.com --server mail.example.com letter.eml
    """
    from sennit.reactor import run

    status = run(_send, file, options)
    return 130 if status is None else int(status)


async def _send(file: str, options: dict[str, Any]) -> int:
    from sennit.core.extras import MissingExtraError
    from sennit.smtp.addresses import AddressSyntaxError
    from sennit.smtp.errors import SMTPClientError
    from sennit.smtp.mailer import send

    server = _server(options)
    route: dict[str, Any] = {"server": server}
    if options["mta_sts"]:
        from sennit.cli.mail_policies import sending_by

        route = sending_by(server, options["connect_timeout"])
    message: BinaryIO = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: ASYNC230, SIM115 - nothing else runs
    progress = Progress(_size(message), 0, shown=not options["quiet"])
    try:
        sent = await send(
            message,
            options["sender"].strip("<>"),
            options["recipients"],
            identity=options["hostname"],
            timeout=options["timeout"] or None,
            connect_timeout=options["connect_timeout"],
            require_tls=options["require_tls"],
            progress=progress.advance,
            **route,
        )
    except AddressSyntaxError as error:
        raise click.UsageError(str(error)) from None
    except SMTPClientError as error:
        progress.end()
        return _tell_failure(error)
    except (asyncio.CancelledError, click.ClickException):
        raise
    except (MissingExtraError, OSError) as error:
        raise CannotRunError(str(error) or type(error).__name__) from None
    finally:
        if message is not sys.stdin.buffer:
            message.close()
    progress.end()
    if not options["quiet"]:
        for recipient in sent.accepted:
            click.echo(f"{recipient}: {sent.replies[recipient].code} {sent.replies[recipient].text}")
    for recipient, reply in sent.refused.items():
        click.echo(f"{recipient}: {reply.code} {reply.text}", err=True)
    if not sent.refused:
        return 0
    return os.EX_TEMPFAIL if all(reply.transient for reply in sent.refused.values()) else 1


def _server(options: dict[str, Any]) -> Any:
    from sennit.smtp.routing import TLS, Login, MailServer

    trust = login = None
    if options["cacert"] is not None:
        from sennit.tls import TrustFiles

        trust = TrustFiles(options["cacert"])
    if options["user"] is not None:
        password = os.environ.get(_PASSWORD)
        if password is None:
            password = click.prompt("Password", hide_input=True, err=True)
        login = Login(options["user"], password)
    try:
        return MailServer.parse(
            options["server"],
            tls=None if options["tls"] is None else TLS(options["tls"]),
            login=login,
            lmtp=options["lmtp"],
            trust_root=trust,
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--server") from None


def _size(message: BinaryIO) -> int | None:
    try:
        return os.fstat(message.fileno()).st_size or None
    except OSError:
        return None


def _tell_failure(error: Any) -> int:
    for recipient, code, text in error.addresses or ():
        click.echo(f"{recipient}: {code} {text}", err=True)
    if not error.addresses:
        click.echo(f"sennit mail send: {error}", err=True)
    return os.EX_TEMPFAIL if error.retry else 1
