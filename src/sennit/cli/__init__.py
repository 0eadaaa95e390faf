"""The ``sennit`` command.

Each subcommand is a module of its own, named in `sennit.cli.table` and imported when it is called for;
``sennit --help`` imports none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sennit.loading import load

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, and leave the interpreter with its exit status.

    Args:
        arguments: The words after the command's name; None for those of this process.

    Raises:
        SystemExit: Always: with 0, with 1 when something could not be done, with 2 when what was asked for
            makes no sense, with 128 plus the signal's number when a second signal cut the work short.
    """
    groups = load("sennit.cli.groups")
    sys.exit(groups.run_command(sys.argv[1:] if arguments is None else list(arguments)))
