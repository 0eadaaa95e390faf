from __future__ import annotations

import gc

import pytest

from sennit.core.report import set_reporter


@pytest.fixture
def reports():
    """What was reported to have no home, as (failure, message, context)."""
    gc.collect()
    kept = []
    previous = set_reporter(lambda failure, message="", **context: kept.append((failure, message, context)))
    yield kept
    gc.collect()
    set_reporter(previous)


@pytest.fixture
def promptly(reports):
    """The same, with the cycle collector off: only what reference counting frees is reported."""
    gc.disable()
    yield reports
    gc.enable()
