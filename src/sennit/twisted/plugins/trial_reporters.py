"""The reporters of ``trial``, as plugins: as programs list them, and as others bring theirs."""

from __future__ import annotations

from dataclasses import dataclass

from zope.interface import directlyProvides

from sennit.trial.interfaces import IReporter
from sennit.trial.options import REPORTERS
from sennit.twisted.plugin import IPlugin

__all__ = ["bwverbose", "minimal", "subunit", "text", "timing", "tree"]


@dataclass(eq=False)
class ReporterPlugin:
    """Says which reporter an option of ``trial`` means.

    Attributes:
        name: What it is called.
        module: The module that has its class.
        description: A line for ``--help-reporters``.
        longOpt: The argument of ``--reporter`` that means it.
        shortOpt: A letter for it; None if it has none.
        klass: The name of its class.
    """

    name: str
    module: str
    description: str
    longOpt: str
    shortOpt: str | None
    klass: str

    def __post_init__(self) -> None:
        # What it says to be, for `getPlugins`, is what it leads to.
        directlyProvides(self, IPlugin, IReporter)


def _plugin(name: str, option: str) -> ReporterPlugin:
    _, klass, text = REPORTERS[option]
    return ReporterPlugin(name, "twisted.trial.reporter", text, option, None, klass)


tree = _plugin("Tree Reporter", "verbose")
bwverbose = _plugin("Verbose Reporter", "bwverbose")
text = _plugin("Text Reporter", "text")
minimal = _plugin("Summary Reporter", "summary")
timing = _plugin("Timing Reporter", "timing")
subunit = _plugin("Subunit Reporter", "subunit")
