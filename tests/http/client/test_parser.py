"""The response parser: whole, octet by octet, with trailing octets, and with what hypothesis thinks of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.http.client.events import BodyData, EndOfMessage, ResponseHead
from sennit.http.client.limits import ClientLimits
from sennit.http.client.parser import ResponseParser


def parse(*pieces, method=b"GET", eof=False, limits=None):
    parser = ResponseParser(limits) if limits else ResponseParser()
    parser.expect(method)
    for piece in pieces:
        parser.receive_data(piece)
    if eof:
        parser.receive_eof()
    return parser


def octets(data):
    return [data[index : index + 1] for index in range(len(data))]


def summary(parser):
    heads, body, trailers, ended = [], b"", None, False
    for event in parser.events:
        if isinstance(event, ResponseHead):
            heads.append((event.version, event.code, event.reason, tuple(event.headers), event.keep_alive))
        elif isinstance(event, BodyData):
            body += event.data
        elif isinstance(event, EndOfMessage):
            ended, trailers = True, event.trailers
    return heads, body, trailers, ended


GOOD = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y \r\n\r\nhello": (
        [(11, 200, b"OK", ((b"Content-Length", b"5"), (b"X", b"y")), True)],
        b"hello",
    ),
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab": (
        [(10, 200, b"OK", ((b"Content-Length", b"2"),), False)],
        b"ab",
    ),
    b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n": ([(11, 404, b"", ((b"Content-Length", b"0"),), True)], b""),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n": (
        [(11, 200, b"OK", ((b"Transfer-Encoding", b"chunked"),), True)],
        b"abcde",
    ),
    b"HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n\tc\r\nContent-Length: 1\r\n\r\nz": (
        [(11, 200, b"OK", ((b"X", b"a  b c"), (b"Content-Length", b"1")), True)],
        b"z",
    ),
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n": (
        [(11, 103, b"Early Hints", ((b"Link", b"</a>"),), True), (11, 204, b"No Content", (), True)],
        b"",
    ),
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n": (
        [(11, 304, b"Not Modified", ((b"Content-Length", b"10"),), True)],
        b"",
    ),
}


@pytest.mark.parametrize("wire", GOOD)
@pytest.mark.parametrize("cut", [lambda wire: [wire], octets], ids=["whole", "bytewise"])
def test_a_response_is_read_however_it_is_cut(wire, cut):
    parser = parse(*cut(wire))
    heads, body, _, ended = summary(parser)
    assert (heads, body, ended) == (*GOOD[wire], True)
    assert parser.error is None
    assert parser.complete
    assert not parser.excess


@pytest.mark.parametrize("wire", GOOD)
def test_what_follows_a_response_is_noticed_and_is_no_part_of_it(wire):
    parser = parse(wire + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    heads, body, _, ended = summary(parser)
    assert (heads, body, ended) == (*GOOD[wire], True)
    assert parser.excess


BAD = [
    b"garbage\r\n\r\n",
    b"ICY 200 OK\r\n\r\n",
    b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n",
    b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\rb\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\nSet-Cookie: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\0b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
]


@pytest.mark.parametrize("wire", BAD)
@pytest.mark.parametrize("cut", [lambda wire: [wire], octets], ids=["whole", "bytewise"])
def test_what_is_no_response_is_refused(wire, cut):
    parser = parse(*cut(wire))
    assert parser.error is not None
    assert not any(isinstance(event, EndOfMessage) for event in parser.events)


def framed(*fields):
    return b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\nabcdef"


@pytest.mark.parametrize(
    "wire",
    [
        framed(b"Content-Length: 3", b"Content-Length: 3"),
        framed(b"Content-Length: 3, 3"),
        framed(b"Content-Length: 3", b"Content-Length: 4"),
    ],
)
def test_cve_2020_10108_several_content_lengths_are_refused(wire):
    assert parse(wire).error is not None


def test_cve_2020_10109_content_length_beside_transfer_encoding_is_refused():
    assert parse(framed(b"Content-Length: 3", b"Transfer-Encoding: chunked")).error is not None
    assert parse(framed(b"Transfer-Encoding: chunked", b"Content-Length: 3")).error is not None


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"identity", b"xchunked", b"chunked, chunked"])
def test_ghsa_8r99_h8j2_rw64_a_transfer_coding_other_than_chunked_is_refused(coding):
    assert parse(framed(b"Transfer-Encoding: " + coding)).error is not None


@pytest.mark.parametrize("length", [b"+3", b"-3", b"0x3", b"3_0", b"3 0", b"", b"99999999999999999999"])
def test_cve_2022_24801_a_content_length_is_digits_alone(length):
    assert parse(framed(b"Content-Length: " + length)).error is not None


@pytest.mark.parametrize("size", [b"-3", b"+3", b"0x3", b"3;a\nb", b" 3", b"", b"fffffffffffffffff"])
def test_cve_2022_24801_a_chunk_size_is_hexadecimal_digits_alone(size):
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\nabc\r\n0\r\n\r\n"
    parser = parse(wire)
    assert parser.error is not None
    assert summary(parser)[1] == b""


def test_known_smuggling_in_trailers_framing_fields_are_refused():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    assert parse(head + b"Content-Length: 5\r\n\r\n").error is not None
    ended = parse(head + b"Digest: x\r\n\r\n")
    assert ended.events[-1].trailers == ((b"Digest", b"x"),)


def test_a_body_without_length_ends_with_the_connection():
    parser = parse(b"HTTP/1.1 200 OK\r\n\r\nab", b"cd", eof=True)
    heads, body, _, ended = summary(parser)
    assert (body, ended) == (b"abcd", True)
    assert heads[0][-1] is False


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_an_end_inside_a_response_is_an_error(wire):
    parser = parse(wire, eof=True)
    assert parser.error is not None
    assert not parser.complete or not summary(parser)[3]


def test_an_end_before_a_response_is_none():
    parser = parse(eof=True)
    assert parser.error is None
    assert not parser.events


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X: y"])
def test_the_answer_to_head_has_no_body(framing):
    wire = b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n"
    for pieces in ([wire], octets(wire)):
        parser = parse(*pieces, method=b"HEAD")
        assert summary(parser)[1:] == (b"", (), True)
        assert parser.events[0].keep_alive
        parser.events.clear()
        parser.expect(b"GET")
        parser.receive_data(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        assert summary(parser)[1] == b"x"


def test_a_body_that_follows_the_answer_to_head_is_excess():
    parser = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", method=b"HEAD")
    assert parser.excess


@pytest.mark.parametrize("fields", [b"", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_what_follows_a_success_of_connect_is_not_http(fields):
    parser = parse(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\nSSH-2.0", method=b"CONNECT")
    assert parser.events[0].upgrade
    assert parser.take_rest() == b"SSH-2.0"


def test_a_refusal_of_connect_is_a_response_like_others():
    parser = parse(b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nab", method=b"CONNECT")
    assert summary(parser)[1:] == (b"ab", (), True)


@pytest.mark.parametrize("fields", [b"", b"Upgrade: x\r\nConnection: upgrade\r\n"])
def test_what_follows_101_is_not_http(fields):
    parser = parse(b"HTTP/1.1 101 Switching Protocols\r\n" + fields + b"\r\nrest")
    assert parser.events[0].upgrade
    assert parser.take_rest() == b"rest"


def test_octets_that_nobody_awaits_are_excess():
    parser = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not parser.excess
    parser.receive_data(b"HTTP/1.1 200 OK\r\n")
    assert parser.excess


LIMITS = ClientLimits(header_count=3, header_size=200, body_size=10, chunk_overhead=50, informational=2)
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "wire",
    [
        HEAD + b"A: b\r\n" * 4 + b"\r\n",
        HEAD + b"A: " + b"b" * 200 + b"\r\n\r\n",
        HEAD + b"A: " + b"b" * 300,
        HEAD + b"b" * 300,
        b"HTTP/1.1 200 " + b"b" * 300,
        HEAD + b"X: a\r\n " + b"b" * 300,
        HEAD + b"Content-Length: 11\r\n\r\n",
        HEAD + b"\r\n" + b"b" * 11,
        CHUNKED + b"b\r\n" + b"b" * 11 + b"\r\n",
        CHUNKED + b"1;" + b"x" * 600,
        CHUNKED + b"0\r\n" + b"A: b\r\n" * 4 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    ],
)
@pytest.mark.parametrize("cut", [lambda wire: [wire], octets], ids=["whole", "bytewise"])
def test_everything_that_grows_has_a_limit(wire, cut):
    parser = parse(*cut(wire), limits=LIMITS)
    assert parser.error is not None
    assert not summary(parser)[3]


def test_nothing_is_read_after_an_error():
    parser = parse(b"garbage")
    first = parser.error
    parser.receive_data(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert parser.error is first
    assert not parser.events
    with pytest.raises(type(first)):
        parser.next_event()


PARTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n"),
                *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"X: y\r\n", b" folded\r\n"),
                *(b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"Connection: close\r\n", b"HTTP/1.1 101 S\r\n"),
            ]
        ),
        st.binary(max_size=8),
    ),
    max_size=12,
).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(PARTS, st.sampled_from([b"GET", b"HEAD", b"CONNECT"]), st.lists(st.integers(1, 20), max_size=30))
def test_however_it_is_cut_anything_means_the_same(wire, method, cuts):
    pieces, rest = [], wire
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces = [piece for piece in [*pieces, rest] if piece]
    whole = parse(*([wire] if wire else []), method=method, eof=True)
    cut = parse(*pieces, method=method, eof=True)
    assert summary(cut) == summary(whole)
    assert (cut.error is None) == (whole.error is None)
    assert cut.excess == whole.excess
    assert cut.take_rest() == whole.take_rest()


def test_the_status_line_is_known_while_a_folded_head_is_not_whole():
    parser = parse(b"HTTP/1.0 203 So so\r\nX: folded\r\n more\r\n")
    assert parser.status_line == (10, 203, b"So so")
    parser.receive_data(b"Y: z\r\n\r\n")
    assert [name for name, _ in parser.events[0].headers] == [b"X", b"Y"]
