"""The options of ``sennit run web`` that are about the site as a whole, whatever it serves."""

from __future__ import annotations

import atexit
import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError
from sennit.cli.serving import ServerOptions, seconds

__all__ = ["SiteOptions", "site_options"]

_DEVELOPMENT_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class SiteOptions:
    """The options that are about the site.

    Attributes:
        port: A TCP port to listen on.
        https: A TCP port to listen on under TLS.
        certificate: The file with the certificate, and the key unless `key` has it.
        key: The file with the key.
        http2: Whether HTTP/2 is spoken too.
        add_header: Fields for every response, as ``Name: value``.
        hsts: Seconds for which clients are to use TLS only; None to say nothing.
        redirect_to_https: Whether requests without TLS are sent to the port of `https`.
        trust_proxy: Networks whose forwarding fields are believed.
        compress: Whether bodies are compressed.
        access_log: The file that has a line for each request; ``-`` is standard output.
        idle_timeout: Seconds that a connection may be without a request; 0 for no limit.
        max_connections: How many connections may be open; None for no limit.
        max_body: Octets that a request's body may have; None for what suits what is served.
        display_tracebacks: Whether clients are shown tracebacks.
    """

    port: int | None
    https: int | None
    certificate: Path | None
    key: Path | None
    http2: bool
    add_header: tuple[str, ...]
    hsts: int | None
    redirect_to_https: bool
    trust_proxy: tuple[str, ...]
    compress: bool
    access_log: str | None
    idle_timeout: float
    max_connections: int | None
    max_body: int | None
    display_tracebacks: bool

    def listening(self, options: ServerOptions) -> ServerOptions:
        """Return the shared options with the endpoints that these name.

        The default endpoint counts only where nothing else says where to listen.

        Raises:
            CannotRunError: If a certificate for development cannot be made.
            click.UsageError: If options do not fit each other.
        """
        context = click.get_current_context()
        if self.certificate is None and self.key is not None:
            raise click.UsageError("--key goes with --certificate.")
        if self.https is None and (self.certificate is not None or self.redirect_to_https):
            raise click.UsageError("--certificate, --key and --redirect-to-https go with --https.")
        given = context.get_parameter_source("listen") is not click.core.ParameterSource.DEFAULT
        listen = list(options.listen) if given else []
        if self.port is not None:
            listen.append(f"tcp:{self.port}")
        if self.https is not None:
            listen.append(self._secure_endpoint())
        return replace(options, listen=tuple(listen)) if listen else options

    def _secure_endpoint(self) -> str:
        certificate, key = self.certificate, self.key or self.certificate
        if certificate is None:
            certificate = key = _development_certificate()
        return f"ssl:{self.https}:privateKey={_quoted(key)}:certKey={_quoted(certificate)}"

    def make(self, make_site: Callable[..., Any], root: Any, reactor: Any, max_body: int) -> Any:
        """Make the site.

        Args:
            make_site: `Site`, or what takes the same keywords.
            root: Its first argument.
            reactor: The reactor.
            max_body: Octets that a request's body may have, if that is not said.

        Raises:
            CannotRunError: If an extra is missing.
            click.BadParameter: If a field or a network is malformed.
        """
        from sennit.core.extras import MissingExtraError
        from sennit.http.limits import Limits

        try:
            site = make_site(
                root,
                logPath=None if self.access_log in (None, "-") else self.access_log,
                timeout=self.idle_timeout or None,
                reactor=reactor,
                limits=Limits(body_size=max_body if self.max_body is None else self.max_body),
                http2=self.http2,
                headers=dict(_field(line) for line in self.add_header),
                hsts=self.hsts,
                https_port=self.https if self.redirect_to_https else None,
                trusted_proxies=self.trust_proxy or None,
            )
        except MissingExtraError as error:
            raise CannotRunError(str(error)) from None
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
        site.displayTracebacks = self.display_tracebacks
        if self.max_connections is not None:
            _limit_connections(site, self.max_connections)
        if self.access_log == "-":
            if isinstance(sys.stdout, io.TextIOWrapper):
                # Who reads it through a pipe gets each line when it is written, too.
                sys.stdout.reconfigure(line_buffering=True)
            site.logFile = sys.stdout
        return site


def site_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `SiteOptions`, which it takes as ``site``."""
    port = click.IntRange(0, 65535)
    options = [
        click.option("--port", metavar="N", type=port, help="Listen on this TCP port, too."),
        click.option("--https", metavar="N", type=port, help="Listen on this TCP port, too, under TLS."),
        click.option(
            "--certificate",
            metavar="FILE",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="The certificate for --https, with its chain.  [default: one made for development]",
        ),
        click.option(
            "--key",
            metavar="FILE",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Its key.  [default: it is in the certificate's file]",
        ),
        click.option("--http2", is_flag=True, help="Speak HTTP/2, too."),
        click.option(
            "--add-header",
            metavar="'NAME: VALUE'",
            multiple=True,
            help="Add a field to every response that has none of that name; may be given several times.",
        ),
        click.option(
            "--hsts",
            metavar="SECONDS",
            type=click.IntRange(min=0),
            help="Tell clients under TLS to use nothing else for so long.",
        ),
        click.option("--redirect-to-https", is_flag=True, help="Send clients without TLS to --https."),
        click.option(
            "--trust-proxy",
            metavar="NETWORK",
            multiple=True,
            help="Believe Forwarded and X-Forwarded fields from this network, such as 10.0.0.0/8 or unix; "
            "may be given several times.",
        ),
        click.option("--compress", is_flag=True, help="Compress bodies as the client likes best."),
        click.option(
            "--access-log",
            metavar="FILE",
            help="Append a line for each request to this file; - is standard output.",
        ),
        click.option(
            "--idle-timeout",
            metavar="SECONDS",
            callback=seconds,
            default="60",
            help="Close a connection after so long without a request; 0 for never.  [default: 60]",
        ),
        click.option(
            "--max-connections",
            metavar="N",
            type=click.IntRange(min=1),
            help="Close further connections at once while so many are open.  [default: no limit]",
        ),
        click.option(
            "--max-body",
            metavar="BYTES",
            type=click.IntRange(min=0),
            help="Answer 413 to a request with a larger body.  [default: 1048576 for a directory]",
        ),
        click.option(
            "--display-tracebacks",
            is_flag=True,
            help="Show clients the traceback of an error: for developers alone.",
        ),
    ]
    names = [field.name for field in fields(SiteOptions)]

    def wrapped(*args: Any, **values: Any) -> Any:
        site = SiteOptions(**{name: values.pop(name) for name in names})
        return command(*args, site=site, **values)

    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    decorated: Callable[..., Any] = wrapped
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise click.BadParameter(f"{line!r} is not 'Name: value'.", param_hint="--add-header")
    return name.strip(), value.strip()


def _quoted(path: Path | None) -> str:
    """Return a path as a part of an endpoint's description."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:")


def _development_certificate() -> Path:
    """Make a certificate that lives as long as this process."""
    from sennit.core.extras import MissingExtraError
    from sennit.tls.development import write_certificate

    folder = tempfile.mkdtemp(prefix="sennit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        both, _ = write_certificate(Path(folder), _DEVELOPMENT_NAMES)
    except (MissingExtraError, OSError) as error:
        raise CannotRunError(str(error)) from None
    return both


def _limit_connections(site: Any, most: int) -> None:
    """Have `site` refuse a connection while `most` are open."""
    build = site.buildProtocol

    def build_if_room(address: Any) -> Any:
        return None if len(site.channels) >= most else build(address)

    site.buildProtocol = build_if_room
