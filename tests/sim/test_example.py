"""The worked example of the how-to."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_naive_outbox_loses_notes_and_the_careful_one_does_not(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    example = importlib.import_module("test_outbox")
    try:
        example.test_a_careful_outbox_loses_nothing()
        example.test_a_naive_outbox_loses_notes_and_the_simulation_says_when()
    finally:
        for name in ("test_outbox", "outbox"):
            sys.modules.pop(name, None)
