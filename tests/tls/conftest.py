"""TLS in memory and over sockets; nothing may be logged that a test does not ask to see."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.tls.kit import CLIENTS, SERVERS

from sennit.log.capture import capturedLogs


@pytest.fixture(params=SERVERS)
def server_engine(request):
    """Make settings of a server."""
    return SERVERS[request.param]


@pytest.fixture(params=CLIENTS)
def client_engine(request):
    """Make settings of a client."""
    return CLIENTS[request.param]


@pytest.fixture
def logged():
    """The exceptions that were logged."""
    with capturedLogs() as events:
        yield lambda: [type(event["log_failure"].value) for event in events if "log_failure" in event]


@pytest.fixture(autouse=True)
def _nothing_is_logged(request):
    if "logged" in request.fixturenames:
        yield
        return
    with capturedLogs() as events:
        yield
    assert [event["log_failure"].getTraceback() for event in events if "log_failure" in event] == []
