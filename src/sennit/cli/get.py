"""``sennit get``: fetch a URL to a file or to standard output."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import click

from sennit.cli.groups import CannotRunError
from sennit.cli.serving import seconds

__all__ = ["Progress", "command", "file_name"]

_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]+)-[0-9]+|\*)/([0-9]+|\*)")
_UNSAFE = re.compile(r"[\0-\x1f\x7f/\\]")


@click.command("get", short_help="Fetch a URL.")
@click.argument("url", metavar="URL")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the body to this file.  [default: standard output]",
)
@click.option("-O", "--remote-name", is_flag=True, help="Write it to a file named as the URL's last segment.")
@click.option("-C", "--continue", "resume", is_flag=True, help="Go on where the file ends.")
@click.option("-X", "--method", metavar="METHOD", help="The method.  [default: GET, or POST with --data]")
@click.option("-H", "--header", "headers", metavar="FIELD", multiple=True, help="A field, as 'Name: value'.")
@click.option("-d", "--data", metavar="DATA", help="Send this as the body; @FILE sends a file.")
@click.option("-i", "--include", is_flag=True, help="Show the response's head, on standard error.")
@click.option(
    "-x", "--proxy", metavar="URI", help="Use this proxy, http:// or socks5://, not the environment's."
)
@click.option(
    "--cacert",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Trust the authorities in this file alone.",
)
@click.option("--http1", is_flag=True, help="Speak HTTP/1.1 alone.")
@click.option("--redirects", metavar="N", type=click.IntRange(min=0), default=20, help="[default: 20]")
@click.option("--connect-timeout", metavar="SECONDS", callback=seconds, default="30", help="[default: 30]")
@click.option(
    "--timeout", metavar="SECONDS", callback=seconds, default="60", help="Without any data.  [default: 60]"
)
@click.option(
    "--max-time", metavar="SECONDS", callback=seconds, default="0", help="For all of it; 0 for no limit."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(url: str, **options: Any) -> int:
    """Fetch a URL; redirections are followed, and certificates verified.

    The exit status is 1 if there is no answer, if it ends too soon, or if its status is 400 or above.
    """
    from sennit.reactor import run

    if "://" not in url:
        url = f"http://{url}"
    output = options["output"]
    if options["remote_name"] and output is None:
        output = Path(file_name(url))
    if options["resume"] and output is None:
        raise click.UsageError("--continue needs a file: -o FILE, or -O.")
    status = run(_fetch, url, output, options)
    return 130 if status is None else int(status)


def file_name(url: str) -> str:
    """Return the name for a file with what a URL gives: its last segment, and nothing that leads elsewhere.

    Raises:
        click.UsageError: If there is none.
    """
    name = _UNSAFE.sub("_", unquote(urlsplit(url).path.rpartition("/")[2]))
    if name in ("", ".", ".."):
        raise click.UsageError(f"There is no file name in {url!r}: name one with -o FILE.")
    return name


async def _fetch(url: str, output: Path | None, options: dict[str, Any]) -> int:
    from sennit.core.extras import MissingExtraError
    from sennit.http.client import Client, Proxies, Timeouts

    limits = Timeouts(
        connect=options["connect_timeout"],
        tls=options["connect_timeout"],
        first_byte=options["timeout"],
        between_bytes=options["timeout"],
        total=options["max_time"] or None,
    )
    trust = None
    if options["cacert"] is not None:
        from sennit.tls import TrustFiles

        trust = TrustFiles(options["cacert"])
    try:
        proxy = Proxies.from_environment() if options["proxy"] is None else Proxies(options["proxy"])
        client = Client(
            proxy=proxy,
            trust_root=trust,
            timeouts=limits,
            redirects=options["redirects"],
            cookies=True,
            http2=False if options["http1"] else None,
        )
        headers = _headers(options["headers"])
        body = _body(options["data"])
        method = options["method"] or ("GET" if body is None else "POST")
        async with client:
            return await _one(client, method, url, headers, body, output, options)
    except (asyncio.CancelledError, click.ClickException):
        raise
    except (MissingExtraError, OSError, ValueError) as error:
        raise CannotRunError(str(error) or type(error).__name__) from None
    except Exception as error:
        raise CannotRunError(_explain(error)) from None


def _explain(error: BaseException) -> str:
    """Say in a sentence what an error, or the first of those that led to it, is."""
    reasons = getattr(error, "reasons", None)
    if reasons:
        return _explain(reasons[0].value)
    return str(error) or type(error).__name__


def _headers(lines: tuple[str, ...]) -> Any:
    from sennit.http.headers import Headers

    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise click.BadParameter(f"A field is 'Name: value', not {line!r}.", param_hint="--header")
        headers.addRawHeader(name.strip(), value.strip())
    return headers


def _body(data: str | None) -> Any:
    if data is None or not data.startswith("@"):
        return data
    return Path(data[1:]).open("rb")


async def _one(
    client: Any, method: str, url: str, headers: Any, body: Any, output: Path | None, options: dict[str, Any]
) -> int:
    have = _size(output) if options["resume"] and output is not None else 0
    if have:
        headers.setRawHeaders("Range", [f"bytes={have}-"])
    async with client.request(method, url, headers=headers, body=body) as response:
        if options["include"]:
            _show_head(response)
        if have and response.status == 416 and _whole(response) == have:
            _say(options, f"{output} is complete.")
            return 0
        if have and response.status == 206 and _start(response) != have:
            raise CannotRunError("The server did not go on where the file ends.")
        goes_on = bool(have) and response.status == 206
        if not response.ok:
            click.echo(f"{response.url}: {response.status} {response.reason}".rstrip(), err=True)
            if output is not None:
                return 1
        total = response.length
        if total is not None and goes_on:
            total += have
        progress = Progress(total, have if goes_on else 0, shown=not options["quiet"] and output is not None)
        file: BinaryIO = sys.stdout.buffer if output is None else output.open("ab" if goes_on else "wb")
        try:
            async for piece in response:
                file.write(piece)
                progress.advance(len(piece))
            file.flush()
        finally:
            progress.end()
            if output is not None:
                file.close()
        return 0 if response.ok else 1


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _show_head(response: Any) -> None:
    click.echo(f"{response.version} {response.status} {response.reason}".rstrip(), err=True)
    for name, values in response.headers.getAllRawHeaders():
        for value in values:
            click.echo(f"{name.decode('ascii')}: {value.decode('latin-1')}", err=True)
    click.echo(err=True)


def _start(response: Any) -> int | None:
    match = _CONTENT_RANGE.fullmatch(response.header("content-range") or "")
    return int(match[1]) if match is not None and match[1] else None


def _whole(response: Any) -> int | None:
    match = _CONTENT_RANGE.fullmatch(response.header("content-range") or "")
    return int(match[2]) if match is not None and match[2] != "*" else None


def _say(options: dict[str, Any], text: str) -> None:
    if not options["quiet"]:
        click.echo(text, err=True)


class Progress:
    """A line on a terminal's standard error that says how much there is.

    Args:
        total: Octets there will be; None if that is not known.
        done: Octets there are.
        shown: Whether to show it, if standard error is a terminal.
        now: The clock, in seconds.
    """

    def __init__(self, total: int | None, done: int, *, shown: bool, now: Any = time.monotonic) -> None:
        self._total = total
        self._done = self._began_with = done
        self._now = now
        self._began = now()
        self._next = 0.0
        self._shown = shown and sys.stderr.isatty()

    def advance(self, size: int) -> None:
        """Count octets; the line changes a few times a second."""
        self._done += size
        if self._shown and self._now() >= self._next:
            self._next = self._now() + 0.1
            click.echo(f"\r\x1b[K{self.line()}", err=True, nl=False)

    def line(self) -> str:
        """Return what the line says."""
        rate = (self._done - self._began_with) / max(self._now() - self._began, 1e-3)
        text = f"{_amount(self._done)}"
        if self._total:
            share = min(self._done / self._total, 1.0)
            bar = "#" * round(share * 30)
            left = (self._total - self._done) / rate if rate else 0.0
            text = f"[{bar:<30}] {share:4.0%}  {text} of {_amount(self._total)}  {left:.0f} s left"
        return f"{text}  {_amount(rate)}/s"

    def end(self) -> None:
        """Show how it stands at the end."""
        if self._shown:
            click.echo(f"\r\x1b[K{self.line()}", err=True)


def _amount(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError
