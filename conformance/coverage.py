"""How much of Twisted's public API the drop-in answers for, from the inventory: names, members, calls.

A name counts if it can be imported and is of the recorded kind.  A member counts if the class or interface
has it.  A call counts if the callable takes the recorded positional parameters: the same names in the same
order.

    python -m conformance.coverage twisted.internet.defer [MORE ...]
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zope.interface.interface import InterfaceClass, Method

__all__ = ["Coverage", "measure", "modules"]

INVENTORY = Path(__file__).with_name("inventory.jsonl")
Entry = dict[str, Any]


@dataclasses.dataclass
class Coverage:
    """What one module lacks, out of what it should have."""

    names: int = 0
    members: int = 0
    calls: int = 0
    lacking_names: list[str] = dataclasses.field(default_factory=list)
    lacking_members: list[str] = dataclasses.field(default_factory=list)
    wrong_calls: list[str] = dataclasses.field(default_factory=list)

    def share_of_names(self) -> float:
        """Return the part of the names that is there, from 0 to 1."""
        return 1 - len(self.lacking_names) / self.names if self.names else 1.0

    def share_of_calls(self) -> float:
        """Return the part of the callables that can be called as recorded, from 0 to 1."""
        return 1 - len(self.wrong_calls) / self.calls if self.calls else 1.0

    def add(self, other: Coverage) -> None:
        """Count `other` in."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def _entries() -> Iterator[Entry]:
    with INVENTORY.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def modules() -> list[str]:
    """Return the names of the modules in the inventory."""
    return sorted({entry["module"] for entry in _entries()})


def measure(module: str) -> Coverage:
    """Measure what `import module` gives in this process against the inventory."""
    total = Coverage()
    for entry in _entries():
        if entry["module"] == module:
            total.add(_measure_name(entry))
    return total


def _measure_name(entry: Entry) -> Coverage:
    name = f"{entry['module']}.{entry['name']}"
    members: dict[str, str] = entry.get("members", {})
    own = entry.get("signature") or entry.get("init")
    callables = {key: text for key, text in members.items() if text.startswith("(")}
    found = Coverage(names=1, members=len(members), calls=len(callables))
    counts_itself = entry["kind"] in ("function", "class")
    found.calls += counts_itself
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            thing = getattr(importlib.import_module(entry["module"]), entry["name"])
    except (ImportError, AttributeError):
        thing = None
    if thing is None or not _is_kind(thing, entry["kind"]):
        found.lacking_names.append(name)
        found.lacking_members += [f"{name}.{key}" for key in members]
        found.wrong_calls += [f"{name}.{key}" for key in callables] + [name] * counts_itself
        return found
    described = thing.namesAndDescriptions(all=True) if entry["kind"] == "interface" else ()
    theirs = dict(described)
    annotated = getattr(thing, "__annotations__", {})
    for key, text in members.items():
        present = key in theirs if described else hasattr(thing, key) or key in annotated
        if not present:
            found.lacking_members.append(f"{name}.{key}")
        if key in callables:
            value = theirs.get(key) if described else getattr(thing, key, None)
            if not (present and _accepts(value, text)):
                found.wrong_calls.append(f"{name}.{key}{text}")
    if counts_itself and not _accepts(thing, own):
        found.wrong_calls.append(f"{name}{own}")
    return found


def _is_kind(thing: object, kind: str) -> bool:
    if kind == "interface":
        return isinstance(thing, InterfaceClass)
    if kind == "class":
        return inspect.isclass(thing)
    return kind != "function" or callable(thing)


def _wanted(text: str | None) -> list[str] | None:
    """Return the names of the positional parameters in a recorded signature; None if it records none."""
    if not text or not text.startswith("("):
        return None
    names: list[str] = []
    for part in _parameters(text):
        name = part.split(":")[0].split("=")[0].strip()
        if name.startswith("*"):
            break
        if name not in ("", "/", "self", "cls"):
            names.append(name)
    return names


def _parameters(text: str) -> Iterator[str]:
    """Yield the parameters in ``(a: 'int' = 3, *b) -> c``, whatever brackets and quotes are inside."""
    depth, start, quote = 0, 1, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                yield text[start:index]
                return
        elif char == "," and depth == 1:
            yield text[start:index]
            start = index + 1


def _accepts(thing: object, text: str | None) -> bool:
    wanted = _wanted(text)
    if wanted is None:
        return True
    if isinstance(thing, Method):
        return wanted == list(thing.positional)
    if not callable(thing):
        return False
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return True
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ours = [each.name for each in parameters if each.kind in positional and each.name not in ("self", "cls")]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        wanted = wanted[: len(ours)]
    return ours[: len(wanted)] == wanted


def main(names: list[str]) -> None:
    """Print how the named modules, or all, are covered, and what they lack."""
    from sennit.twisted import install

    install()
    total = Coverage()
    for module in names or modules():
        found = measure(module)
        total.add(found)
        print(f"{module:40} {_shares(found)}")
        if names:
            for lacking in (*found.lacking_names, *found.lacking_members):
                print("  lacks", lacking)
            for wrong in found.wrong_calls:
                print("  call ", wrong)
    print(f"{'all':40} {_shares(total)}")


def _shares(found: Coverage) -> str:
    names = f"names {found.share_of_names():7.1%} of {found.names:5}"
    return f"{names}  calls {found.share_of_calls():7.1%} of {found.calls:5}"


if __name__ == "__main__":
    main(sys.argv[1:])
