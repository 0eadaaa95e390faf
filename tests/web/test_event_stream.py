"""Server-sent events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.core.deferred import CancelledError, Deferred
from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.web.event_stream import EventStreamResource, format_event

GET = b"GET / HTTP/1.1\r\nHost: h\r\n%b\r\n"


def chunks(octets):
    """Return the pieces of a chunked body that is not complete."""
    pieces = []
    while octets:
        size, _, octets = octets.partition(b"\r\n")
        pieces.append(octets[: int(size, 16)])
        octets = octets[int(size, 16) + 2 :]
    return pieces


def take(browser):
    data = browser.wire.value()
    browser.wire.clear()
    return data


@pytest.mark.parametrize(
    ("arguments", "octets"),
    [
        ({"data": "hello"}, b"data: hello\n\n"),
        ({"data": ""}, b"data: \n\n"),
        ({"data": "a\nb\r\nc\rd"}, b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (
            {"data": "ä", "event": "tick", "id": "7", "retry": 100},
            "event: tick\nid: 7\nretry: 100\ndata: ä\n\n".encode(),
        ),
    ],
)
def test_an_event_is_written_as_the_standard_says(arguments, octets):
    assert format_event(**arguments) == octets


@pytest.mark.parametrize("arguments", [{"event": "a\nb"}, {"event": "a\rb"}, {"id": "a\nb"}, {"id": "a\0"}])
def test_known_what_would_begin_another_line_is_refused(arguments):
    with pytest.raises(ValueError, match="one line"):
        format_event("x", **arguments)


@given(st.text())
def test_no_data_is_more_than_one_event(data):
    octets = format_event(data)
    assert octets.count(b"\n\n") == 1
    assert b"\r" not in octets
    assert all(line.startswith(b"data: ") for line in octets[:-2].split(b"\n"))


def test_events_go_out_as_they_are_sent(browse):
    gate = Deferred()
    seen = []

    async def handler(stream):
        seen.append(stream.last_event_id)
        await stream.send("one", id="1")
        await gate
        await stream.send("two")

    browser = browse(EventStreamResource(handler))
    browser.channel.dataReceived(GET % b"Last-Event-ID: 0\r\n")
    head, _, rest = take(browser).partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: text/event-stream; charset=utf-8" in head
    assert b"\r\nCache-Control: no-store" in head
    assert chunks(rest) == [b"id: 1\ndata: one\n\n"]
    assert seen == ["0"]
    gate.callback(None)
    assert chunks(take(browser)) == [b"data: two\n\n", b""]


def test_a_quiet_stream_is_kept_alive(browse, clock):
    async def handler(stream):
        await Deferred()

    browser = browse(EventStreamResource(handler, keep_alive=10))
    browser.channel.dataReceived(GET % b"")
    take(browser)
    clock.advance(10)
    clock.advance(10)
    assert chunks(take(browser)) == [b":\n\n"] * 2
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert [call for call in clock.getDelayedCalls() if call.active()] == []


def test_a_handler_is_cancelled_when_the_client_goes_away(browse, reported):
    ends = []

    async def handler(stream):
        try:
            await Deferred()
        except CancelledError:
            ends.append("cancelled")
            raise

    browser = browse(EventStreamResource(handler))
    browser.channel.dataReceived(GET % b"")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert ends == ["cancelled"]
    assert reported == []


def test_sending_waits_while_the_transport_is_full(browse):
    sent = []
    gate = Deferred()

    async def handler(stream):
        await gate
        await stream.send("one")
        sent.append(1)

    browser = browse(EventStreamResource(handler))
    browser.channel.dataReceived(GET % b"")
    browser.channel.pauseProducing()
    gate.callback(None)
    assert sent == []
    browser.channel.resumeProducing()
    assert sent == [1]


def test_a_handler_that_raises_ends_its_stream_and_is_reported(browse, reported):
    async def handler(stream):
        raise ValueError("at work")

    browser = browse(EventStreamResource(handler))
    browser.channel.dataReceived(GET % b"")
    assert take(browser).endswith(b"\r\n\r\n0\r\n\r\n")
    assert reported[0].check(ValueError)
