"""Renders the table of results into the documentation: ``python -m benchmarks.table [FILE ...]``.

Without a FILE the table is rendered from what was published, ``benchmarks/published.json``.  Each FILE, as
``python -m benchmarks`` writes it, is published first: its rooms take the place of those of the same name.
The page has the table between two marks; all else on it is written by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.environment import ROOT

from benchmarks import results
from benchmarks.__main__ import ROOMS
from benchmarks.harness import IN_PYTHON, Result
from benchmarks.processes import HERE

__all__ = ["PAGE", "PUBLISHED", "merge", "page", "render"]

PUBLISHED = HERE / "published.json"
PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN = "<!-- rendered by python -m benchmarks.table: -->\n"
END = "<!-- end of what is rendered -->\n"
QUIET = 0.5
"""The load up to which a machine does next to nothing else."""
COLUMNS = ("twisted", "", "node", "limit")
"""Twisted, the best in Python, Node.js, and a C program."""
ELSEWHERE = frozenset({*COLUMNS, *IN_PYTHON})


def merge(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the rooms of `new`, and those of `old` that `new` does not have.

    What is said of the run is that of `new`; figures from another machine or another interpreter are dropped.
    """
    if old is None or old["machine"] != new["machine"]:
        return dict(new)
    measured = {each["room"] for each in new["results"]}
    kept = [each for each in old["results"] if each["room"] not in measured]
    order = {room: number for number, room in enumerate(ROOMS)}
    together = sorted([*kept, *new["results"]], key=lambda each: order.get(each["room"], len(order)))
    return {**new, "versions": {**old["versions"], **new["versions"]}, "results": together}


def page(text: str, found: Mapping[str, Any]) -> str:
    """Return the page's text with the table of a document in its place.

    Raises:
        ValueError: If the page has no place for it.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} has no place for the table: {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{BEGIN}{render(found)}{END}{after}"


def render(found: Mapping[str, Any]) -> str:
    """Return what is rendered: the machine, a summary, the table, and what is below its floor."""
    all_of_them = results.results_of(found)
    measured = [each for each in all_of_them if not each.note]
    missed = [each for each in measured if each.verdict() == "MISS"]
    versions = ", ".join(f"{peer} {version}" for peer, version in sorted(found["versions"].items()))
    judged = [each for each in measured if each.verdict()]
    where = f"Measured on {results.describe(found['machine'])}, at commit `{found['commit']}`"
    how = f"{found['rounds']} rounds of {found['seconds']:g} s each, or longer where a room tells why"
    loop = f" on the loop `{found['loop']}`" if found.get("loop") else ""
    lines = [
        "",
        f"{where} with the {found['core']} core{loop}, {how}. Peers: {versions}.",
        *_disturbed(found["load"]),
        "",
        _count(judged, missed),
        "",
        "| what | Sennit | by Twisted | by the best in Python | by Node.js | by C |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rooms = dict.fromkeys(each.room for each in measured)
    for room in rooms:
        rows: dict[tuple[str, str], list[Result]] = {}
        for each in measured:
            if each.room == room:
                rows.setdefault((each.name, each.unit), []).append(each)
        lines += [_row(room, name, unit, row) for (name, unit), row in rows.items()]
    lines += ["", *_notes(all_of_them), *_missed(missed), ""]
    return "\n".join(lines)


def _count(judged: Sequence[Result], missed: Sequence[Result]) -> str:
    """Say how many reach their floor, and for how many of which kind another run may say otherwise."""
    near = sum(each.within_noise() for each in missed)
    others = sum(each.within_noise() for each in judged) - near
    return (
        f"{len(judged) - len(missed)} of {len(judged)} figures with a floor reach it by the median. "
        f"For {others} of these, and {near} of those below it, the floor is inside the spread."
    )


def _disturbed(load: float) -> list[str]:
    """Say what other work the machine had, if that is worth a word."""
    if load < QUIET:
        return []
    beginning = f"**Other work gave the machine a load of {load:g} when this run began:**"
    return [f"{beginning} what is told by the second spreads widely, and latencies say nothing."]


def _row(room: str, name: str, unit: str, row: Sequence[Result]) -> str:
    by_peer = {each.peer: each for each in row}
    in_python = [each for each in row if each.peer in IN_PYTHON]
    best = min(in_python, key=lambda each: each.ratio or 0, default=None)
    cells = {
        "twisted": _cell(by_peer.get("twisted")),
        "": _cell(best, f" {best.peer}" if best else ""),
        "node": _cell(by_peer.get("node")),
        "limit": _cell(by_peer.get("limit")),
    }
    others = [f"; {_cell(each)} {each.peer}" for each in row if each.peer and each.peer not in ELSEWHERE]
    alone = by_peer.get("")
    figure = f"{_range(row)} {unit}"
    if alone is not None and alone.floor is not None:
        figure += f" (at most {alone.floor:g})"
        figure = f"**{figure}**" if alone.verdict() == "MISS" else figure
    what = f"`{room}` {name}{''.join(others)}"
    return f"| {what} | {figure} | {' | '.join(cells[column] for column in COLUMNS)} |"


def _range(row: Sequence[Result]) -> str:
    """Return Sennit's figure; from the least to the most, if it is another beside each peer."""
    figures = sorted({each.figure for each in row})
    ends = dict.fromkeys((_number(figures[0]), _number(figures[-1])))
    return " to ".join(ends)


def _cell(result: Result | None, suffix: str = "") -> str:
    if result is None or result.ratio is None:
        return ""
    text = f"{result.ratio:.2f}{suffix}"
    return f"**{text}**" if result.verdict() == "MISS" else text


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _notes(all_of_them: Iterable[Result]) -> list[str]:
    notes = [f"- `{each.room}` {each.name}: {each.note}." for each in all_of_them if each.note]
    return ["Not measured here:", "", *notes, ""] if notes else []


def _missed(missed: Sequence[Result]) -> list[str]:
    if not missed:
        return ["Nothing is below its floor.", ""]
    clear = [each for each in missed if not each.within_noise()]
    near = [each for each in missed if each.within_noise()]
    return [
        *_list("Below their floor:", clear),
        *_list("Below their floor, but within the noise, for the floor is inside the spread:", near),
    ]


def _list(heading: str, missed: Sequence[Result]) -> list[str]:
    if not missed:
        return []
    lines = [heading, ""]
    for each in missed:
        if each.ratio is None:
            told = f"{_number(each.figure)} {each.unit} ({_spread(each)}), at most {each.floor:g}"
        else:
            told = f"{each.ratio:.2f} ({_spread(each)}) by {each.peer}, at least {each.floor:.3g}"
        lines.append(f"- `{each.room}` {each.name}, {each.unit}: {told}")
    return [*lines, ""]


def _spread(result: Result) -> str:
    if not result.theirs:
        return f"{_number(min(result.ours))} to {_number(max(result.ours))}"
    ratios = result.ratios()
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def main() -> int:
    """Publish the files that the command line names, and render the page; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="results to publish")
    files = parser.parse_args().files
    found = results.read(PUBLISHED) if PUBLISHED.exists() else None
    for file in files:
        found = merge(found, results.read(file))
    if found is None:
        parser.error(f"there is no {PUBLISHED.name} yet: name a file of results")
    if files:
        PUBLISHED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
