"""`HTTPClient`: one answer, however it is cut, and whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.core.errors import ConnectionLost
from sennit.core.failure import Failure
from sennit.http.simple_client import HTTPClient
from sennit.protocol import connectionDone
from sennit.testing import StringTransport


class Recorder(HTTPClient):
    max_body = 5000

    def __init__(self):
        self.seen = []

    def handleStatus(self, version, status, message):
        self.seen.append((version, status, message))

    def handleHeader(self, key, val):
        self.seen.append((key, val))

    def handleResponse(self, buff):
        self.seen.append(buff)

    def handleBadResponse(self):
        self.seen.append("bad")


def received(text, step=None, reason=connectionDone):
    client = Recorder()
    client.makeConnection(StringTransport(lenient=True))
    for start in range(0, len(text), step or max(1, len(text))):
        client.dataReceived(text[start : start + (step or len(text))])
    client.connectionLost(reason)
    return client


OK = b"HTTP/1.1 200 OK\r\n"
STATUS = (b"HTTP/1.1", b"200", b"OK")


@pytest.mark.parametrize("step", [None, 1])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OK + b"Content-Length: 2\r\n\r\nhi", [STATUS, (b"Content-Length", b"2"), b"hi"]),
        (OK + b"A: b\r\n c\r\n\r\nto the end", [STATUS, (b"A", b"b c"), b"to the end"]),
        (
            b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" + OK + b"Transfer-Encoding: chunked\r\n\r\n"
            b"A;x=y\r\n0123456789\r\n1\r\na\r\n0\r\nT: r\r\n\r\n",
            [(b"X", b"y"), STATUS, (b"Transfer-Encoding", b"chunked"), b"0123456789a"],
        ),
    ],
)
def test_an_answer_is_the_same_however_it_is_cut(text, expected, step):
    assert received(text, step).seen == expected


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n",
        b"HTTP/1.1 2000 OK\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1_0\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000,
        OK + b"A: b\r\n" * 501 + b"\r\n",
        OK + b"A: " + b"b" * 70_000,
        OK + b"\r\n" + b"x" * 5001,
    ],
)
def test_known_bad_framing_and_endless_answers_are_cut_off(text):
    client = received(text)
    assert "bad" in client.seen
    assert client.transport.disconnecting


def test_an_answer_that_was_cut_off_is_not_complete():
    lost = Failure(ConnectionLost())
    assert not received(OK + b"Content-Length: 5\r\n\r\nhi").complete
    assert not received(OK + b"\r\nhi", reason=lost).complete
    assert not received(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi").complete
    assert received(OK + b"\r\nhi").complete
    assert received(OK + b"Content-Length: 2\r\n\r\nhi", reason=lost).complete


@pytest.mark.parametrize(
    "send",
    [
        lambda client: client.sendCommand(b"GET", b"/ x"),
        lambda client: client.sendCommand(b"GET", b"/\r\nX: y"),
        lambda client: client.sendCommand(b"G ET", b"/"),
        lambda client: client.sendHeader(b"A b", b"c"),
        lambda client: client.sendHeader(b"A", b"c\x00"),
    ],
)
def test_known_cve_2019_12387_what_would_break_a_line_is_not_sent(send):
    client = Recorder()
    client.makeConnection(StringTransport())
    with pytest.raises(ValueError, match=r"Invalid|header"):
        send(client)
    assert client.transport.value() == b""


_PIECES = st.sampled_from(
    [
        *(OK, b"\r\n", b"\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"),
        *(b"3\r\nabc\r\n", b"0\r\n", b"x"),
    ]
)


@settings(max_examples=200)
@given(st.lists(_PIECES | st.binary(max_size=8), max_size=12).map(b"".join))
def test_no_octets_break_the_client_and_cuts_make_no_difference(text):
    assert received(text).seen == received(text, 1).seen


def test_nothing_is_taken_from_a_server_that_was_cut_off():
    client = received(b"nonsense\r\n" + OK + b"Content-Length: 2\r\n\r\nhi")
    assert client.seen == ["bad"]
    client = received(OK + b"Content-Length: 2\r\n\r\nhi, there is more\r\n")
    assert client.seen == [STATUS, (b"Content-Length", b"2"), b"hi"]
