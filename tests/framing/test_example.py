"""The example of the how-to, tested as the how-to says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from sennit.testing import AccumulatingProtocol, Clock, connected_pair

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "phone_book.py"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[None, 1], ids=["whole", "byte by byte"])
def pair(request, clock):
    factory = runpy.run_path(str(EXAMPLE))["PhoneBook"]()
    protocol = factory.buildProtocol(None)
    protocol.callLater = clock.callLater
    pair = connected_pair(protocol, AccumulatingProtocol(), chunk_size=request.param)
    pair.flush()
    return pair


def ask(pair, data):
    pair.client.protocol.data = b""
    pair.client.write(data)
    pair.flush()
    return pair.client.protocol.data


def test_a_number_is_kept_and_found(pair):
    assert pair.client.protocol.data == b"200 Phone book ready\r\n"
    assert ask(pair, b"SET ann 123\r\nGET ann\r\n") == b"250 Kept\r\n250 123\r\n"
    assert ask(pair, b"GET bob\r\n").startswith(b"404 ")
    assert ask(pair, b"DIAL ann\r\n").startswith(b"500 ")


def test_nothing_is_answered_after_goodbye(pair):
    assert ask(pair, b"QUIT\r\nGET ann\r\n") == b"221 Goodbye\r\n"
    assert pair.client.protocol.closed


def test_a_line_that_is_too_long_ends_the_conversation(pair):
    assert ask(pair, b"x" * 600) == b""
    assert pair.client.protocol.closed


def test_a_silent_client_is_let_go(pair, clock):
    clock.advance(59)
    ask(pair, b"GET ann\r\n")
    clock.advance(59)
    pair.flush()
    assert not pair.client.protocol.closed
    clock.advance(2)
    pair.flush()
    assert pair.client.protocol.closed
    assert not clock.getDelayedCalls()
