"""``sennit run web``: serve a directory over HTTP."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError
from sennit.cli.serving import ServerOptions, run_server, seconds, server_options

__all__ = ["command"]

_ALL_ADDRESSES = {"0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - shown, not bound


@click.command("web", short_help="Serve a directory over HTTP.")
@click.option(
    "-p",
    "--path",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=".",
    help="The directory to serve.  [default: the current one]",
)
@click.option(
    "--index",
    metavar="NAME",
    multiple=True,
    default=("index.html",),
    help="The file that stands for its directory; may be given several times, the first that exists counts."
    "  [default: index.html]",
)
@click.option("--no-listing", is_flag=True, help="Answer 403 for a directory without an index file.")
@click.option(
    "--follow-symlinks",
    is_flag=True,
    help="Also serve what symbolic links inside DIR point to outside of it.",
)
@click.option(
    "--access-log", metavar="FILE", help="Append a line for each request to this file; - is standard output."
)
@click.option(
    "--idle-timeout",
    metavar="SECONDS",
    callback=seconds,
    default="60",
    help="Close a connection after so long without a request; 0 for never.  [default: 60]",
)
@click.option(
    "--max-connections",
    metavar="N",
    type=click.IntRange(min=1),
    help="Close further connections at once while so many are open.  [default: no limit]",
)
@click.option(
    "--max-body",
    metavar="BYTES",
    type=click.IntRange(min=0),
    default=1 << 20,
    help="Answer 413 to a request with a larger body.  [default: 1048576]",
)
@server_options("tcp:8080")
def command(
    options: ServerOptions,
    path: Path,
    index: tuple[str, ...],
    no_listing: bool,
    follow_symlinks: bool,
    access_log: str | None,
    idle_timeout: float,
    max_connections: int | None,
    max_body: int,
) -> int:
    """Serve a directory over HTTP.

    Directories are listed unless they have an index file. Names that begin with a dot are served like others.
    """
    if not path.is_dir():
        problem = "is not a directory" if path.exists() else "does not exist"
        raise CannotRunError(f"The path {path} {problem}.")

    def make_factory(reactor: Any) -> Any:
        from sennit.http.limits import Limits
        from sennit.web import Site
        from sennit.web.static import File

        # A file of no known type is shown, not run: a browser takes text/html for a page with scripts.
        root = File(str(path), "text/plain", follow_links=follow_symlinks, listing=not no_listing)
        root.indexNames = list(index)
        log_path = None if access_log in (None, "-") else access_log
        site = Site(
            root,
            logPath=log_path,
            timeout=idle_timeout or None,
            reactor=reactor,
            limits=Limits(body_size=max_body),
        )
        if max_connections is not None:
            _limit_connections(site, max_connections)
        if access_log == "-":
            if isinstance(sys.stdout, io.TextIOWrapper):
                # Who reads it through a pipe gets each line when it is written, too.
                sys.stdout.reconfigure(line_buffering=True)
            site.logFile = sys.stdout
        return site

    return run_server(options, make_factory, _url, f"Serving {path.resolve()}")


def _limit_connections(site: Any, most: int) -> None:
    """Have `site` refuse a connection while `most` are open."""
    build = site.buildProtocol

    def build_if_room(address: Any) -> Any:
        return None if len(site.channels) >= most else build(address)

    site.buildProtocol = build_if_room


def _url(address: Any, secure: bool = False) -> str:
    """Return how a browser reaches an address."""
    host = getattr(address, "host", None)
    if host is None:
        name = getattr(address, "name", None)
        return f"unix:{name.decode(errors='replace')}" if name else "an inherited socket"
    host = _ALL_ADDRESSES.get(host, host)
    scheme = "https" if secure else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}/"
