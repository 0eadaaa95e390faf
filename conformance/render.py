"""Writes the drop-in's table as the page docs/reference/drop-in.md: ``python -m conformance.render``."""

from __future__ import annotations

from conformance.environment import ROOT
from sennit.twisted.table import REACTOR, TABLE

__all__ = ["PAGE", "render"]

PAGE = ROOT / "docs" / "reference" / "drop-in.md"
INTRODUCTION = """\
# The drop-in: which Twisted module is which of ours

Rendered from `sennit.twisted.table` by `python -m conformance.render`. A module that is not here raises
`ModuleNotFoundError` in a program that runs on Sennit. [How to run one](../how-to/run-a-twisted-program.md).

| Twisted module | is made of |
|---|---|
"""


def render() -> str:
    """Return the page's text."""
    rows = [f"| `{name}` | {_cell(name, sources)} |\n" for name, sources in sorted(TABLE.items())]
    return INTRODUCTION + "".join(rows)


def _cell(name: str, sources: tuple[str, ...]) -> str:
    if name == REACTOR:
        return "the process's one reactor, an object; made at its first import"
    return "; ".join(map(_source, sources)) or "a package that holds others"


def _source(source: str) -> str:
    module, _, names = source.partition(":")
    if not names:
        return f"`{module}`"
    shown = []
    for item in names.split():
        ours, _, theirs = item.partition("=")
        shown.append(f"`{ours}` as `{theirs}`" if theirs else f"`{ours}`")
    return f"{', '.join(shown)} of `{module}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
