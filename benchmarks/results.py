"""What a run leaves behind: a file of its results, and a line in the history of the machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.environment import ROOT

from benchmarks.harness import Options, Result
from benchmarks.processes import HERE
from benchmarks.programs import version
from sennit.core.native import core_in_use

__all__ = ["RESULTS", "changes", "describe", "document", "keep", "machine", "read", "results_of"]

RESULTS = HERE / "results"
NOTABLE = 0.1
"""How much a ratio must change to be worth a line."""


def machine() -> dict[str, str | int]:
    """Return what the figures depend on; no name by which the machine could be told from one of its kind."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count() or 1,
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, '')} {platform.machine()}".strip()


def describe(known: Mapping[str, str | int]) -> str:
    """Return a machine in a few words."""
    return "{processors} x {processor}, {system}, {python}".format_map(known)


def document(results: Sequence[Result], options: Options, load: float = 0.0) -> dict[str, Any]:
    """Return all that is to be known of a run, for a JSON file.

    Args:
        results: What was measured.
        options: How.
        load: The load that the machine had from other work, when the run began.
    """
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": machine(),
        "core": core_in_use(),
        "loop": options.loop,
        "load": round(load, 1),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "versions": {peer: found for peer in _peers(results) if (found := version(peer))},
        "results": [each.data() for each in results],
    }


def _peers(results: Iterable[Result]) -> list[str]:
    return sorted({each.peer for each in results if each.peer})


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def read(path: Path) -> dict[str, Any]:
    """Return the document in a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def results_of(found: Mapping[str, Any]) -> list[Result]:
    """Return the results in a document."""
    return [Result.of(each) for each in found["results"]]


def keep(found: Mapping[str, Any], home: Path = RESULTS) -> dict[str, Any] | None:
    """Write a document as ``latest.json``, and a line for it into the machine's history.

    Args:
        found: The document.
        home: The folder to write to.

    Returns:
        The line of the last run on this machine that measured any of the same; None if there is none.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / "latest.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    digest = hashlib.sha256(describe(found["machine"]).encode()).hexdigest()[:12]
    history = home / f"history-{digest}.jsonl"
    rows = {each.key: [each.figure, each.ratio] for each in results_of(found) if not each.note}
    line = {"time": found["time"], "commit": found["commit"], "rows": rows}
    before = history.read_text(encoding="utf-8").splitlines() if history.exists() else []
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    for text in reversed(before):
        earlier: dict[str, Any] = json.loads(text)
        if not rows.keys().isdisjoint(earlier["rows"]):
            return earlier
    return None


def changes(earlier: Mapping[str, Any], results: Iterable[Result]) -> list[str]:
    """Return a line for each ratio that is more than a tenth better or worse than it was, in every round.

    Figures without a peer are not compared: they say as much about what else the machine did.

    Args:
        earlier: A line of the history.
        results: What was measured now.
    """
    lines = []
    for each in results:
        _, before = earlier["rows"].get(each.key, (None, None))
        if each.note or not before or each.ratio is None:
            continue
        ratios = each.ratios()
        if abs(each.ratio / before - 1) > NOTABLE and not min(ratios) <= before <= max(ratios):
            lines.append(f"{each.room}: {each.name}: {before:.2f} x {each.peer} became {each.ratio:.2f} x")
    return lines
