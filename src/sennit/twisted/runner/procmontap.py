"""``twisted.runner.procmontap``: the process monitor as a plug-in."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.twisted.python import usage
from sennit.twisted.runner.procmon import ProcessMonitor

__all__ = ["Options", "makeService"]


class Options(usage.Options):
    """How programs are watched, and the command line of one."""

    synopsis = "[procmon options] commandline"
    longdesc = (
        "Runs a program, logs what it says, and runs it again when it ends.\n\n"
        "A program that ends at once is run again later, each time twice as late, until it has run for a "
        "while.\n\nFor example: twistd procmon sleep 10"
    )
    optParameters: ClassVar[Any] = [
        ["threshold", "t", 1, "Seconds before which the end of a program counts as instant.", float],
        ["killtime", "k", 5, "Seconds that a program has to end before it is killed.", float],
        ["minrestartdelay", "m", 1, "Seconds to wait, at least, before a program is run again.", float],
        ["maxrestartdelay", "M", 3600, "Seconds to wait, at most, before a program is run again.", float],
    ]
    optFlags: ClassVar[Any] = []

    def parseArgs(self, *args: str) -> None:
        """Take the program's command line."""
        self["args"] = args

    def postOptions(self) -> None:
        """Refuse a command line without a program.

        Raises:
            UsageError: If there is none.
        """
        if not self["args"]:
            raise usage.UsageError("Please specify a process commandline")


def makeService(config: Any) -> ProcessMonitor:
    """Return the monitor that options describe.

    Args:
        config: The `Options`, parsed.
    """
    made = ProcessMonitor()
    made.threshold = config["threshold"]
    made.killTime = config["killtime"]
    made.minRestartDelay = config["minrestartdelay"]
    made.maxRestartDelay = config["maxrestartdelay"]
    made.addProcess(" ".join(config["args"]), config["args"])
    return made
