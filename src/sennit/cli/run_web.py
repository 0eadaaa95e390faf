"""``sennit run web``: serve a directory, or an application, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError
from sennit.cli.programs import load_object
from sennit.cli.serving import ServerOptions, run_server, server_options
from sennit.cli.site_options import SiteOptions, site_options

__all__ = ["command"]

_ALL_ADDRESSES = {"0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - shown, not bound
_SMALL_BODY = 1 << 20
_LARGE_BODY = 1 << 30


@click.command("web", short_help="Serve a directory or an application over HTTP.")
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
    "--asgi",
    metavar="MODULE:NAME",
    help="Serve this ASGI application instead; NAME() is called for it.",
)
@click.option("--wsgi", metavar="MODULE:NAME", help="Serve this WSGI application instead, on a thread pool.")
@click.option(
    "--class",
    "resource",
    metavar="MODULE:NAME",
    help="Serve this resource instead, or what this class or function makes when called without arguments.",
)
@click.option(
    "--user-dirs",
    is_flag=True,
    help="Serve ~NAME/, too: the directory public_html in the home of each user.",
)
@server_options("tcp:8080")
@site_options
def command(
    options: ServerOptions,
    site: SiteOptions,
    path: Path,
    index: tuple[str, ...],
    no_listing: bool,
    follow_symlinks: bool,
    asgi: str | None,
    wsgi: str | None,
    resource: str | None,
    user_dirs: bool,
) -> int:
    """Serve a directory or an application over HTTP.

    Directories are listed unless they have an index file. Names that begin with a dot are served like others.
    """
    options = site.listening(options)
    if sum(name is not None for name in (asgi, wsgi, resource)) > 1:
        raise click.UsageError("Of --asgi, --wsgi and --class, one can be served.")
    if asgi is not None and user_dirs:
        raise click.UsageError("--user-dirs does not go with --asgi.")
    if asgi is not None:
        return _run_asgi(options, site, asgi)
    if wsgi is not None:
        return _run_wsgi(options, site, wsgi, user_dirs)
    if resource is not None:
        return _run_resource(options, site, resource, user_dirs)
    if not path.is_dir():
        problem = "is not a directory" if path.exists() else "does not exist"
        raise CannotRunError(f"The path {path} {problem}.")

    def make_factory(reactor: Any) -> Any:
        from sennit.web import Site
        from sennit.web.static import File

        # A file of no known type is shown, not run: a browser takes text/html for a page with scripts.
        root = File(str(path), "text/plain", follow_links=follow_symlinks, listing=not no_listing)
        root.indexNames = list(index)
        return site.make(Site, _compressed(_with_homes(root, user_dirs), site), reactor, _SMALL_BODY)

    return run_server(options, make_factory, _url, f"Serving {path.resolve()}")


def _run_asgi(options: ServerOptions, site: SiteOptions, name: str) -> int:
    """Serve an ASGI application."""
    application = load_object(name, "--asgi")

    def make_factory(reactor: Any) -> Any:
        from sennit.web.asgi import ASGIResource, ASGISite

        resource = ASGIResource(application)
        return site.make(ASGISite.around, (resource, _compressed(resource, site)), reactor, _LARGE_BODY)

    return run_server(options, make_factory, _url, f"Serving {name}")


def _run_wsgi(options: ServerOptions, site: SiteOptions, name: str, user_dirs: bool) -> int:
    """Serve a WSGI application."""
    application: Any = load_object(name, "--wsgi")

    def make_factory(reactor: Any) -> Any:
        from sennit.web import Site
        from sennit.web.wsgi import WSGIResource

        root = WSGIResource(reactor, reactor.getThreadPool(), application)
        return site.make(Site, _compressed(_with_homes(root, user_dirs), site), reactor, _LARGE_BODY)

    return run_server(options, make_factory, _url, f"Serving {name}")


def _run_resource(options: ServerOptions, site: SiteOptions, name: str, user_dirs: bool) -> int:
    """Serve a resource."""
    from sennit.web import IResource

    found: Any = load_object(name, "--class")
    root = found if IResource.providedBy(found) or not callable(found) else found()
    if not IResource.providedBy(root):
        raise CannotRunError(f"{name} is no resource, and makes none: {root!r}.")

    def make_factory(reactor: Any) -> Any:
        from sennit.web import Site

        return site.make(Site, _compressed(_with_homes(root, user_dirs), site), reactor, _LARGE_BODY)

    return run_server(options, make_factory, _url, f"Serving {name}")


def _with_homes(root: Any, wanted: bool) -> Any:
    if not wanted:
        return root
    from sennit.web.homes import WithHomePages

    return WithHomePages(root)


def _compressed(root: Any, site: SiteOptions) -> Any:
    if not site.compress:
        return root
    from sennit.web.compression import CompressedResource

    return CompressedResource(root)


def _url(address: Any, secure: bool = False) -> str:
    """Return how a browser reaches an address."""
    host = getattr(address, "host", None)
    if host is None:
        name = getattr(address, "name", None)
        return f"unix:{name.decode(errors='replace')}" if name else "an inherited socket"
    host = _ALL_ADDRESSES.get(host, host)
    scheme = "https" if secure else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}/"
