"""The table's page in the documentation is the table."""

from __future__ import annotations

from conformance.render import PAGE, render

from sennit.twisted.table import TABLE


def test_the_page_is_rendered_from_the_table_as_it_is():
    assert PAGE.read_text(encoding="utf-8") == render(), "run python -m conformance.render"


def test_every_row_is_on_the_page():
    page = render()
    for name in TABLE:
        assert f"| `{name}` |" in page
