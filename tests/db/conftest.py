from __future__ import annotations

import pytest
from tests.db import servers

from sennit.db import open_pool


@pytest.fixture(scope="session")
def postgresql():
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb():
    with servers.mariadb() as url:
        yield url


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.interop),
        pytest.param("mariadb", marks=pytest.mark.interop),
    ]
)
def url(request, tmp_path):
    """The address of a database: SQLite's always, the others where their servers are installed."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'test.db'}"
    return request.getfixturevalue(request.param)


@pytest.fixture
def opened():
    """Opens pools, and closes them."""
    pools = []

    def open_one(url, **settings):
        pools.append(open_pool(url, **settings))
        return pools[-1]

    yield open_one
    for pool in pools:
        pool.close()
