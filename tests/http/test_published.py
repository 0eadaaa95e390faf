"""The table of published vulnerabilities in the documentation names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PAGE = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
_TABLE = _PAGE.partition("## Published vulnerabilities")[2].partition("\n## ")[0]
_ROWS = [line.strip("| ").split("|") for line in _TABLE.splitlines() if "`test_" in line]


def named(*places, without):
    """Return the names of the tests in some directories."""
    found = set()
    for place in places:
        for path in (ROOT / "tests" / place).rglob("test_*.py"):
            if not any(each in path.parts for each in without):
                found |= set(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0].strip())
def test_each_row_names_tests_of_its_side(row):
    server, client = [set(re.findall(r"`(test_\w+)`", cell)) for cell in (*row[1:], "")[:2]]
    assert server | client
    assert server <= named("http", "web", without=("client",))
    assert client <= named("http/client", "web", without=())


def test_the_table_is_whole():
    assert len(_ROWS) >= 30
