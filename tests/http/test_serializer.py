"""Responses to octets, and the table of states."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.http import LocalProtocolError, fromChunk, response_head, serializer, status_line, toChunk
from sennit.http.serializer import NOT_AS_SET, Openings, field_lines, known_lines, ready_line
from sennit.http.state import TRANSITIONS, Happening, State


def test_a_head_is_status_line_fields_and_an_empty_line():
    head = response_head(
        status_line(b"HTTP/1.1", 404), [(b"A", [b"1", b"2"]), (b"B", [b""])], b"Date: today\r\n"
    )
    assert head == b"HTTP/1.1 404 Not Found\r\nDate: today\r\nA: 1\r\nA: 2\r\nB: \r\n\r\n"


def test_a_status_line_may_have_its_own_reason():
    assert status_line(b"HTTP/1.0", 200, b"Fine") == b"HTTP/1.0 200 Fine\r\n"
    assert status_line(b"HTTP/1.1", 599) == b"HTTP/1.1 599 Unknown Status\r\n"
    for code in (99, 1000):
        with pytest.raises(LocalProtocolError):
            status_line(b"HTTP/1.1", code)


@given(
    st.lists(st.tuples(st.from_regex(rb"[A-Za-z-]{1,9}", fullmatch=True), st.binary(max_size=9)), max_size=5)
)
def test_whatever_passes_is_read_by_h11_as_it_was_meant(fields):
    fields = [(b"X-" + name, value) for name, value in fields]
    try:
        head = response_head(status_line(b"HTTP/1.1", 200), [(name, [value]) for name, value in fields])
    except LocalProtocolError:
        assert any(set(value) & set(b"\r\n\0") for _, value in fields)
        return
    if any(not all(octet in b"\t" or 32 <= octet != 127 for octet in value) for _, value in fields):
        return
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
    client.receive_data(head)
    response = client.next_event()
    expected = [(name.lower(), value.strip(b" \t")) for name, value in fields]
    assert [(bytes(name), bytes(value)) for name, value in response.headers] == expected


@given(st.binary(min_size=1, max_size=300), st.binary(max_size=20))
def test_a_chunk_is_read_back_with_what_follows_it(data, rest):
    assert fromChunk(b"".join(toChunk(data)) + rest) == (data, rest)


@pytest.mark.parametrize(
    "data",
    [b"", b"3\r\nab", b"3\r\nabcd\r\n", b"-3\r\nabc\r\n", b"0x3\r\nabc\r\n", b"3", b"\r\n", b" 3\r\nabc\r\n"],
)
def test_what_is_no_chunk_is_refused(data):
    with pytest.raises(ValueError, match="chunk"):
        fromChunk(data)


def test_every_state_can_lose_the_connection_and_nothing_follows():
    for state in State:
        assert TRANSITIONS[state][Happening.LOST] is State.CLOSED
    assert set(TRANSITIONS[State.CLOSED].values()) == {State.CLOSED}


def test_what_is_not_in_the_table_is_our_error():
    with pytest.raises(LocalProtocolError, match="ANSWERED"):
        TRANSITIONS[State.IDLE][Happening.ANSWERED]


def test_lines_kept_for_the_next_response_are_bounded_and_right():
    for number in range(3000):
        value = b"%d" % number
        assert field_lines({b"X-One": [value], b"X-Two": [b"a", value]}) == (
            b"X-One: %b\r\nX-Two: a\r\nX-Two: %b\r\n" % (value, value)
        )
    assert len(serializer._lines) <= serializer._LINES


@pytest.mark.parametrize("bad", [b"a\rb", b"a\nb", b"a\r\nb", b"a\0b", b"a\r\n"])
def test_a_line_that_may_not_be_sent_is_refused_every_time(bad):
    for _ in range(2):
        with pytest.raises(LocalProtocolError):
            field_lines({b"X-One": [b"fine", bad]})
        with pytest.raises(LocalProtocolError):
            field_lines({bad: [b"fine"]})
        with pytest.raises(LocalProtocolError):
            status_line(b"HTTP/1.1", 200, bad)


def test_ready_lines_are_clean_bounded_and_remembered():
    assert ready_line("content-type", "a\r\nb") == (b"Content-Type", b"Content-Type: a b\r\n")
    for number in range(3000):
        assert ready_line(b"x-one", b"%d" % number) == (b"X-One", b"X-One: %d\r\n" % number)
    assert len(known_lines) <= serializer._LINES
    assert known_lines[b"x-one", b"2999"] == (b"X-One", b"X-One: 2999\r\n")
    ready_line(b"x-long", b"a" * 1000)
    assert (b"x-long", b"a" * 1000) not in known_lines


@pytest.mark.parametrize("name", sorted(NOT_AS_SET))
def test_lines_that_take_more_are_not_remembered(name):
    assert ready_line(name, b"close") == (name, name + b": close\r\n")
    assert (name, b"close") not in known_lines


def test_openings_follow_the_clock_both_ways():
    openings = Openings(b"S")

    def opening(second, code=b"200 OK"):
        return b"HTTP/1.1 %b\r\nServer: S\r\nDate: Thu, 01 Jan 1970 00:00:%02d GMT\r\n" % (code, second)

    assert openings.at(5.0, b"HTTP/1.1", 200, b"OK") == opening(5)
    assert openings.at(5.9, b"HTTP/1.1", 200, b"OK") == opening(5)
    assert openings.at(5.9, b"HTTP/1.1", 404, b"None") == opening(5, b"404 None")
    assert openings.at(5.9, b"HTTP/1.1", 200, b"OK") == opening(5)
    assert openings.at(6.0, b"HTTP/1.1", 200, b"OK") == opening(6)
    assert openings.at(4.5, b"HTTP/1.1", 200, b"OK") == opening(4)
    assert openings.at(4.5, b"HTTP/1.0", 200, None).startswith(b"HTTP/1.0 200 OK\r\n")
