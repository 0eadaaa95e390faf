"""``mktap``: writes the file that says which service ``twistd -f`` runs with which options."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, ClassVar

from sennit.app.interfaces import IServiceMaker
from sennit.app.tap import Tap, TapError, read_options
from sennit.twisted.plugin import getPlugins
from sennit.twisted.python import usage
from sennit.twisted.python.util import gidFromString, uidFromString

__all__ = ["Options", "run"]


class Options(usage.Options):
    """The options of ``mktap``; what follows the plug-in's name is its own."""

    synopsis = "Usage: mktap [options] PLUGIN [plug-in's options]"
    longdesc = "Writes NAME.tap, a readable file, which `twistd -f NAME.tap` runs."
    optParameters: ClassVar[Any] = [
        ["uid", "u", None, "The user to run as, by name or number.", uidFromString],
        ["gid", "g", None, "The group to run as, by name or number.", gidFromString],
        ["appname", "n", None, "The application's name, and the file's.  [default: the plug-in's]"],
    ]

    def __init__(self) -> None:
        super().__init__()
        self.makers = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}

    @property
    def subCommands(self) -> Iterable[Any]:  # type: ignore[override]
        """A sub-command for each service maker, for the help; their options are read later."""
        for name, maker in sorted(self.makers.items()):
            yield (name, None, maker.options, maker.description)


def run() -> None:
    """Write the file that the command line describes.

    Raises:
        SystemExit: If it makes no sense, or cannot be written.
    """
    options = Options()
    words = sys.argv[1:] or ["--help"]
    try:
        options.parseOptions(words)
        if options.subCommand is None:
            raise usage.UsageError("No plug-in is named.")
        maker = options.makers[options.subCommand]
        name = options["appname"] or maker.tapname
        theirs = words[words.index(options.subCommand) + 1 :]
        Tap(maker.tapname, name, read_options(maker, theirs), options["uid"], options["gid"]).write(
            f"{name}.tap"
        )
    except (usage.UsageError, TapError, OSError, KeyError) as error:
        raise SystemExit(f"mktap: {error}") from None
    sys.stdout.write(f"{name}.tap is written; run it with: twistd -f {name}.tap\n")


if __name__ == "__main__":
    run()
