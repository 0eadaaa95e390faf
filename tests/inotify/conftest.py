"""Watchers on every loop; tests are coroutines in a running reactor, as for transports."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.transport.conftest import (  # noqa: F401 -- fixtures and a hook, by their names
    _nothing_is_logged,
    descriptors,
    logged,
    loop_name,
    reactor,
)
