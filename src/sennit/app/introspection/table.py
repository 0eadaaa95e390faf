"""A snapshot as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["as_text"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def as_text(snapshot: dict[str, Any], most: int = 20) -> str:
    """Write a snapshot as tables.

    Args:
        snapshot: As `sennit.app.introspection.ask` returns it.
        most: How many rows a table has at the most.
    """
    process = snapshot["process"]
    lines = [
        f"{process['pid']}  {process['command']}",
        f"Sennit {process['sennit']}, Python {process['python']}, {process['loop']}",
        f"{process['cpu']:.1f} s of processor time, {octets(process['memory'])} at most",
    ]
    loop = snapshot.get("loop") or {}
    if (blocked := loop.get("blocked")) is not None:
        lines += ["", f"THE LOOP IS BLOCKED, for {blocked['seconds']:.1f} s, by {blocked['where']}"]
        lines += blocked["stack"].rstrip().split("\n")
    for title, rows, columns in _tables(snapshot, loop):
        lines += ["", f"{title} ({len(rows)})"]
        lines += _table(rows[:most], columns)
        if len(rows) > most:
            lines.append(f"  and {len(rows) - most} more")
    if "lag" in loop:
        lines += ["", *_histogram(loop["lag"])]
    return "\n".join(lines) + "\n"


_Column = tuple[str, Callable[[dict[str, Any]], str]]


def _tables(
    snapshot: dict[str, Any], loop: dict[str, Any]
) -> Iterable[tuple[str, list[dict[str, Any]], Sequence[_Column]]]:
    columns: dict[str, Sequence[_Column]] = {
        "ports": [_plain("kind"), _plain("address"), _plain("serves"), _plain("accepted")],
        "connections": [
            _plain("peer"),
            _plain("host"),
            _plain("side"),
            ("age", lambda row: duration(row["age"])),
            ("received", lambda row: octets(row["received"])),
            ("sent", lambda row: octets(row["sent"])),
            ("unsent", lambda row: octets(row["unsent"])),
            _plain("protocol"),
        ],
        "deferreds": [_plain("count"), _plain("goes_on"), _plain("cancelled_by"), _plain("made")],
        "coroutines": [_plain("count"), _plain("name"), _plain("at"), _plain("waits_for")],
        "timers": [("in", lambda row: duration(row["in"])), _plain("call")],
        "threads": [_plain("name"), _plain("at")],
    }
    for title, shown in columns.items():
        if title in snapshot:
            yield title, snapshot[title], shown
    if loop.get("slowest"):
        shown = [("took", lambda row: duration(row["seconds"])), _plain("callback"), _plain("where")]
        yield "slowest callbacks", loop["slowest"], shown


def _plain(name: str) -> _Column:
    return name, lambda row: "-" if row[name] is None else str(row[name])


def _table(rows: list[dict[str, Any]], columns: Sequence[_Column]) -> list[str]:
    if not rows:
        return []
    cells = [[name for name, _ in columns], *([show(row) for _, show in columns] for row in rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _histogram(lag: dict[str, Any]) -> list[str]:
    whole = sum(lag["counts"])
    mean = lag["total"] / whole if whole else 0.0
    lines = [f"loop lag: {whole} looks, {duration(mean)} on average, {duration(lag['longest'])} at most"]
    names = [f"up to {duration(bound)}" for bound in lag["bounds"]] + ["longer"]
    for name, count in zip(names, lag["counts"], strict=True):
        if count:
            lines.append(f"  {name:>12}  {count:>8}  {'#' * max(1, round(40 * count / whole))}")
    return lines


def duration(seconds: float | None) -> str:
    """Write a number of seconds; a dash for None."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def octets(number: float | None) -> str:
    """Write a number of octets; a dash for None."""
    if number is None:
        return "-"
    unit = 0
    while number >= _STEP and unit < len(_UNITS) - 1:
        number /= _STEP
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"
