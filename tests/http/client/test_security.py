"""Each published vulnerability of HTTP that a server could try on a client, as the input that does it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.test_http2 import Both, read
from tests.http.client.test_parser import octets, parse

from sennit.http.client.errors import ResponseFailed
from sennit.http.client.events import BodyData, EndOfMessage, ResponseHead
from sennit.http.client.limits import ClientLimits

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SMALL = ClientLimits(header_count=20, header_size=1000, chunk_overhead=1000)


def refused(data, limits=None):
    """Assert that octets are refused, whole and one by one, and that no second response is made of them."""
    for pieces in ([data], octets(data)):
        parser = parse(*pieces, limits=limits)
        assert parser.error is not None
        assert sum(isinstance(event, ResponseHead) for event in parser.events) <= 1
        assert not any(isinstance(event, EndOfMessage) for event in parser.events)


@pytest.mark.parametrize(
    "value", [b"a\rX-Next: b", b"a\nX-Next: b", b"a\r\rX: b", b"a\0b", b"a\x01b", b"a\x7fb"]
)
def test_known_bare_cr_lf_or_control_inside_a_header_value_is_refused(value):
    refused(HEAD + b"X: " + value + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("size", [b"-1", b"-5", b"+5", b"0x5"])
def test_known_negative_hex_chunk_size_is_refused(size):
    refused(CHUNKED + size + b"\r\nhello\r\n0\r\n\r\n")


def test_known_huge_chunk_size_is_refused():
    refused(CHUNKED + b"f" * 17 + b"\r\nhello\r\n")


@pytest.mark.parametrize("line", [b"0" * 5000, b"5;" + b"a" * 5000])
def test_known_endless_chunk_size_line_is_refused(line):
    refused(CHUNKED + line, SMALL)


@pytest.mark.parametrize("boundary", [b"xx", b"\n", b"\r", b"\r\r", b"x\r\n"])
def test_known_bad_chunk_boundary_is_refused_at_once(boundary):
    refused(CHUNKED + b"5\r\nhello" + boundary + b"0\r\n\r\n")


@pytest.mark.parametrize("extension", [b";a\nb", b";a=b\nc", b';a="b\nc"', b";a\rb", b";\x01", b";a\0"])
def test_cve_2022_24801_a_chunk_extension_holds_no_controls(extension):
    refused(CHUNKED + b"5" + extension + b"\r\nhello\r\n0\r\n\r\n")


def test_known_quadratic_chunk_parser_is_linear():
    size = 40_000
    whole = parse(CHUNKED + b"1\r\na\r\n" * size + b"0\r\n\r\n")
    cut = parse(CHUNKED, *[b"1\r\na\r\n"] * size, b"0\r\n\r\n")
    for parser in (whole, cut):
        assert sum(len(event.data) for event in parser.events if isinstance(event, BodyData)) == size
        assert isinstance(parser.events[-1], EndOfMessage)


def test_known_unlimited_headers_are_refused_by_count_by_size_and_without_end():
    refused(HEAD + b"X: y\r\n" * 21 + b"\r\n", SMALL)
    refused(HEAD + b"X: " + b"y" * 1001 + b"\r\n\r\n", SMALL)
    refused(HEAD + b"X: " + b"y" * 2000, SMALL)


def test_known_unlimited_trailers_are_refused():
    refused(CHUNKED + b"0\r\n" + b"X: y\r\n" * 21 + b"\r\n", SMALL)


def test_known_unlimited_informational_responses_are_refused():
    parser = parse(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 33)
    assert parser.error is not None


@pytest.fixture
def both():
    return Both()


def flags(frame, *names):
    for name in names:
        frame.flags.add(name)
    return frame


def ended_by(both, frames):
    """Assert that a client whose server sends some frames gives the connection up, and says so."""
    outcome = both.ask()
    both.client.dataReceived(b"".join(frame.serialize() for frame in frames))
    assert isinstance(outcome.error, ResponseFailed)
    assert both.wire.disconnected


def test_cve_2019_9513_a_flood_of_priorities_ends_the_connection(both):
    ended_by(both, [PriorityFrame(1, stream_weight=5)] * 3000)


def test_cve_2019_9517_a_flood_of_window_updates_ends_the_connection(both):
    ended_by(both, [WindowUpdateFrame(0, window_increment=1)] * 5000)


def test_cve_2019_9518_a_flood_of_empty_frames_ends_the_connection(both):
    head = flags(HeadersFrame(1, both.server._machine.encoder.encode([(b":status", b"200")])), "END_HEADERS")
    outcome = both.ask()
    both.client.dataReceived(head.serialize())
    body = read(outcome)
    both.client.dataReceived(DataFrame(1, b"").serialize() * 3000)
    assert isinstance(body.reason, ResponseFailed)
    assert both.wire.disconnected


def test_cve_2019_9514_a_flood_of_resets_ends_the_connection(both):
    ended_by(both, [RstStreamFrame(1)] * 3000)


def test_cve_2019_9515_a_flood_of_settings_ends_the_connection(both):
    ended_by(both, [SettingsFrame(0)] * 3000)


def test_known_continuation_flood_ends_the_connection(both):
    ended_by(both, [HeadersFrame(1, b"")] + [ContinuationFrame(1, b"x" * 10)] * 1000)


def test_known_header_bomb_ends_the_connection(both):
    value = (b"bomb", b"x" * 4000)
    encode = both.server._machine.encoder.encode
    both.ask()
    # The first puts a long field into the table, and the second names it with one octet each time.
    first = flags(HeadersFrame(1, encode([(b":status", b"103"), value])), "END_HEADERS")
    both.client.dataReceived(first.serialize())
    bomb = HeadersFrame(1, encode([(b":status", b"200")]) + encode([value]) * 4000)
    ended_by(both, [flags(bomb, "END_HEADERS")])
