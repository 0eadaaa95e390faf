"""Which subcommands there are: a path of words to a module and the line that help shows for it.

The module has the `click.Command` as ``command``.  A path that others begin with is a group, and has no
module.
"""

from __future__ import annotations

__all__ = ["COMMANDS"]

COMMANDS: dict[tuple[str, ...], tuple[str | None, str]] = {
    ("run",): (None, "Run a server until it is told to stop."),
    ("run", "web"): ("sennit.cli.run_web", "Serve a directory over HTTP."),
}
