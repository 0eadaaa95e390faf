"""Which of Twisted's tests do not count, and why: ``exclusions.toml``, read and checked."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.environment import ROOT

__all__ = ["PATH", "Exclusion", "exclusions", "read"]

PATH = ROOT / "conformance" / "exclusions.toml"
KINDS = ("private", "deprecated", "platform", "source", "design", "twisted")


@dataclass(frozen=True)
class Exclusion:
    """Some tests, and why they do not count.

    Attributes:
        tests: Their ids, or shell patterns for them.
        kind: One of `KINDS`.
        reason: A sentence.
    """

    tests: tuple[str, ...]
    kind: str
    reason: str

    def fits(self, test: str) -> bool:
        """Return whether it is about a test, by that one's id."""
        return any(fnmatch.fnmatchcase(test, pattern) for pattern in self.tests)


def exclusions() -> list[Exclusion]:
    """Return those of the file.

    Raises:
        ValueError: If an entry is not as it must be; it says which.
    """
    return read(tomllib.loads(PATH.read_text(encoding="utf-8")))


def read(content: Mapping[str, object]) -> list[Exclusion]:
    """Return the exclusions in the file's content."""
    found: list[Exclusion] = []
    entries = content.get("exclude", [])
    assert isinstance(entries, list)
    for entry in entries:
        tests, kind, reason = (entry.get(key) for key in ("tests", "kind", "reason"))
        if not tests or kind not in KINDS or not reason or set(entry) - {"tests", "kind", "reason"}:
            raise ValueError(f"An entry needs tests, a reason, and a kind of {', '.join(KINDS)}: {entry}")
        if any(not each.startswith("twisted.") for each in tests):
            raise ValueError(f"A test's id begins with twisted: {entry}")
        found.append(Exclusion(tuple(tests), kind, reason))
    return found
