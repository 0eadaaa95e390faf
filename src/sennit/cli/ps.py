"""``sennit ps``: look into running servers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError

__all__ = ["command"]


@click.command("ps", short_help="Look into a running server.")
@click.argument("target", metavar="[PID|SOCKET]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one line for each process.")
@click.option("--prometheus", is_flag=True, help="Print metrics in the text format of Prometheus.")
@click.option("--watch", metavar="SECONDS", type=click.FloatRange(min=0.1), help="Look again and again.")
@click.option(
    "--rows",
    metavar="N",
    type=click.IntRange(min=1),
    default=20,
    help="How many rows a table has at the most.  [default: 20]",
)
def command(target: str | None, as_json: bool, prometheus: bool, watch: float | None, rows: int) -> int:
    """Show what a server is at that was started with --introspect.

    That is its ports, connections, timers and threads, what it waits for, how far its loop lags, and what
    kept it from turning. A process with workers shows all of them; without a number or a socket, all
    servers of this user are shown.
    """
    while True:
        text = "".join(_look(path, as_json, prometheus, rows) for path in _paths(target))
        if watch is not None and not (as_json or prometheus):
            click.clear()
        click.echo(text, nl=False)
        if watch is None:
            return 0
        time.sleep(watch)


def _paths(target: str | None) -> list[Path]:
    from sennit.app.introspection.control import find_paths

    if target is not None and not target.isdecimal():
        return [Path(target)]
    found = find_paths(None if target is None else int(target))
    if not found:
        whom = "No server of this user" if target is None else f"Process {target}"
        raise CannotRunError(f"{whom} can be looked into: start it with --introspect.")
    return found


def _look(path: Path, as_json: bool, prometheus: bool, rows: int) -> str:
    from sennit.app.introspection.control import ask
    from sennit.app.introspection.table import as_text

    try:
        snapshot: dict[str, Any] = ask(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotRunError(f"{path} does not answer: {reason}.") from None
    if "error" in snapshot:
        raise CannotRunError(f"{path} cannot tell: {snapshot['error']}")
    if as_json:
        return json.dumps(snapshot) + "\n"
    if prometheus:
        from sennit.app.introspection.prometheus import as_metrics

        return as_metrics(snapshot)
    return as_text(snapshot, rows) + "\n"
