"""A client in memory for each test that asks for one."""

from __future__ import annotations

import pytest
from tests.ftp.kit import Talk, make_factory


@pytest.fixture
def talk(tmp_path):
    """Give a function that makes a client; options are attributes of the factory."""
    made = []

    def make(here="10.0.0.1", peer="10.0.0.2", **options):
        factory = make_factory(tmp_path)
        for name, value in options.items():
            setattr(factory, name, value)
        made.append(Talk(factory, here, peer))
        return made[-1]

    yield make
    for each in reversed(made):
        each.leave()
