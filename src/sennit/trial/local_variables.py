"""Variables that editors read in a file's first lines, of which ``test-case-name`` names its tests.

# -*- test-case-name: package.test.test_module -*-
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["is_test_file", "local_variables", "named_tests"]

_LINE = re.compile(r"-\*-(.*?)-\*-")


def local_variables(lines: Iterable[str]) -> dict[str, str]:
    """Return the variables in the first two of some lines."""
    for _, line in zip(range(2), lines, strict=False):
        found = _LINE.search(line)
        if found is not None:
            pairs = (part.partition(":") for part in found[1].split(";"))
            return {name.strip(): value.strip() for name, colon, value in pairs if colon}
    return {}


def is_test_file(name: str) -> bool:
    """Return whether a path is that of a test file, by its name."""
    file = Path(name).name
    return file.startswith("test_") and file.endswith(".py")


def named_tests(name: str) -> list[str]:
    """Return what tests a file names: a test file itself, others in their variables.

    Args:
        name: The file's path.

    Returns:
        Names and paths of tests; none if there is no such file.
    """
    if is_test_file(name):
        return [name]
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            named = local_variables(file).get("test-case-name", "")
    except OSError:
        return []
    return [each.strip() for each in named.split(",") if each.strip()]
