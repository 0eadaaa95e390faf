"""Every stream transport keeps the contract of streams, on every loop."""

from __future__ import annotations

import pytest
from tests.transport.child_kit import Child
from tests.transport.memory_kit import Memory
from tests.transport.pipes_kit import Pipes
from tests.transport.secure_kit import TLS, NestedTLS, StartedTLS

from sennit.testing.contract import TCPStreams, UNIXStreams, check_stream, stream_checks

KINDS = [TCPStreams, UNIXStreams, TLS, NestedTLS, StartedTLS, Pipes, Child, Memory]


@pytest.fixture
def _nothing_is_logged():
    """The contract looks itself what is logged."""


@pytest.mark.parametrize(
    ("kind", "check"),
    [pytest.param(kind, check, id=f"{kind.name}-{check}") for kind in KINDS for check in stream_checks(kind)],
)
def test_a_stream_keeps_its_contract(loop_name, kind, check):
    check_stream(check, kind, loop_name)
