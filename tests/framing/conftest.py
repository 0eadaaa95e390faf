from __future__ import annotations

import pytest

from sennit.testing import StringTransport


@pytest.fixture
def connect():
    """A function that connects a protocol to a transport which keeps what is written, and gives both."""

    def connect(protocol):
        transport = StringTransport()
        protocol.makeConnection(transport)
        return protocol, transport

    return connect
