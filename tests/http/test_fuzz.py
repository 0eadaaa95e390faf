"""A short run of the fuzzer."""

from __future__ import annotations

import pytest
from tests.http import fuzz


@pytest.mark.parametrize("target", fuzz.SEEDS, ids=lambda target: target.__name__)
def test_known_odd_input_raises_nothing_that_is_not_promised(target):
    fuzz.run(300, targets=[target])
