"""A short run of the fuzzer."""

from __future__ import annotations

import pytest
from tests.fuzz.runner import TARGETS, run, shares


@pytest.mark.parametrize("name", TARGETS)
def test_known_odd_input_raises_nothing_that_is_not_promised(name):
    run(name, 250, seed=1)


def test_every_target_gets_its_share():
    counts = shares(1000, list(TARGETS))
    assert min(counts.values()) >= 1
    assert 1000 <= sum(counts.values()) < 1000 + len(counts)
