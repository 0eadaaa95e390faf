"""The request parser: octets in, events out, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.http import BodyData, EndOfMessage, Limits, RemoteProtocolError, RequestHead, RequestParser

GET = b"GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n"
POST = b"POST /form HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nDigest: abc\r\n\r\n"
)
UPGRADE = (
    b"POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello"
)


def head_of(event):
    assert isinstance(event, RequestHead)
    return (event.method, event.target, event.version, event.headers, event.keep_alive, event.length)


def summary(events):
    """Return events with pieces of one body joined, since the cut of pieces is not part of their meaning."""
    found = []
    for event in events:
        if isinstance(event, RequestHead):
            found.append((*head_of(event), event.expects_continue, event.upgrade))
        elif isinstance(event, BodyData):
            if found and isinstance(found[-1], bytes):
                found[-1] += event.data
            else:
                found.append(event.data)
        else:
            found.append(event)
    return found


def parse(*pieces, limits=None):
    parser = RequestParser() if limits is None else RequestParser(limits)
    for piece in pieces:
        parser.receive_data(piece)
    return parser


def pieces_of(data, cuts):
    places = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a != b]


def test_a_request_without_body_is_one_event():
    parser = parse(GET)
    event = parser.next_event()
    headers = [(b"Host", b"example.org"), (b"Accept", b"*/*")]
    assert head_of(event) == (b"GET", b"/a?b=c", 1, headers, True, 0)
    assert parser.next_event() is None


def test_a_request_with_a_length_is_head_body_and_end():
    assert summary(parse(POST).events) == [
        (b"POST", b"/form", 1, [(b"Host", b"h"), (b"Content-Length", b"5")], True, 5, False, False),
        b"hello",
        EndOfMessage(),
    ]


def test_a_chunked_body_loses_its_chunks_and_keeps_its_trailers_apart():
    head, body, end = summary(parse(CHUNKED).events)
    assert head[5] is None
    assert body == b"hello world"
    assert end == EndOfMessage(((b"Digest", b"abc"),))


def test_pipelined_requests_come_out_in_order():
    targets = [event.target for event in parse(GET + POST + GET).events if isinstance(event, RequestHead)]
    assert targets == [b"/a?b=c", b"/form", b"/a?b=c"]


def test_empty_lines_before_a_request_are_passed_over():
    assert len(parse(b"\r\n\r\n" + GET).events) == 1


def test_values_lose_the_white_space_around_them():
    (event,) = parse(b"GET / HTTP/1.1\r\nHost:  \th \t \r\nX:\r\nY:  \r\n\r\n").events
    assert event.headers == [(b"Host", b"h"), (b"X", b""), (b"Y", b"")]


@pytest.mark.parametrize("data", [GET, POST, CHUNKED, UPGRADE, GET + CHUNKED + POST])
def test_octet_by_octet_is_the_same_as_whole(data):
    assert summary(parse(*[data[i : i + 1] for i in range(len(data))]).events) == summary(parse(data).events)


@given(cuts=st.lists(st.integers(0, 10_000), max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_cut_is_the_same_as_whole(cuts):
    data = GET + CHUNKED + UPGRADE + b"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n"
    whole = parse(GET + CHUNKED + UPGRADE)
    cut = parse(*pieces_of(data, cuts))
    assert summary(cut.events)[: len(summary(whole.events))] == summary(whole.events)


def h11_events(data):
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    found = []
    while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        if isinstance(event, h11.Request):
            headers = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
            found.append((bytes(event.method), bytes(event.target), bytes(event.http_version), headers))
        elif isinstance(event, h11.Data):
            if isinstance(found[-1], bytes):
                found[-1] += bytes(event.data)
            else:
                found.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            found.append("end")
    return found


def our_events(data, cuts):
    found = []
    for event in summary(parse(*pieces_of(data, cuts)).events):
        if isinstance(event, tuple):
            method, target, version, headers, _, length, _, _ = event
            found.append((method, target, b"1.%d" % version, headers))
            if length == 0:
                found.append("end")
        else:
            found.append("end" if isinstance(event, EndOfMessage) else event)
    return found


TOKEN = st.text("abcXYZ019-_.", min_size=1, max_size=12).map(str.encode)
VALUE = st.text("abc XYZ=,;/\t\"'~", max_size=20).map(lambda text: text.strip(" \t").encode())


@given(
    method=st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"BREW", b"M-SEARCH"]),
    target=st.text("abc/%20?=&-_~", max_size=20).map(lambda text: b"/" + text.encode()),
    headers=st.lists(st.tuples(TOKEN.map(b"X-".__add__), VALUE), max_size=8),
    body=st.none() | st.binary(max_size=200),
    chunks=st.lists(st.binary(min_size=1, max_size=60), max_size=6),
    chunked=st.booleans(),
    cuts=st.lists(st.integers(0, 10_000), max_size=8),
)
@settings(max_examples=300, deadline=None)
def test_it_reads_what_h11_reads(method, target, headers, body, chunks, chunked, cuts):
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: h"]
    lines += [b"%b: %b" % header for header in headers]
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
        content = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    elif body is not None:
        lines.append(b"Content-Length: %d" % len(body))
        content = body
    else:
        content = b""
    data = b"\r\n".join(lines) + b"\r\n\r\n" + content
    assert our_events(data, cuts) == h11_events(data)


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_octets_end_in_events_or_an_error_of_the_protocol(data, cuts):
    parser = parse(*pieces_of(b"POST / HTTP/1.1\r\n" + data, cuts))
    status = 400
    try:
        while parser.next_event() is not None:
            pass
    except RemoteProtocolError as error:
        status = error.status
    assert 400 <= status <= 505


def test_a_method_that_llhttp_does_not_know_is_read_like_others():
    data = b"BREW /pot HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    for parser in (parse(data), parse(b"B", b"REW", b" /pot", data[9:]), parse(GET, data), parse(POST, data)):
        (head,) = [event for event in parser.events if getattr(event, "method", None) == b"BREW"]
        assert (head.target, head.length) == (b"/pot", 2)
        assert parser.error is None


def test_an_unknown_method_behind_other_requests_in_one_read_is_not_implemented():
    parser = parse(GET + b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert parser.error.status == 501


def test_half_a_method_after_a_body_is_never_taken_for_a_whole_one():
    parser = parse(POST + b"G", b"DELETE / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [event.method for event in parser.events if isinstance(event, RequestHead)] == [b"POST"]
    assert parser.error is not None


def test_a_request_that_offers_an_upgrade_holds_back_what_follows_until_told():
    parser = parse(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + GET)
    assert parser.next_event().upgrade
    assert parser.next_event() is None
    assert parser.paused
    parser.resume()
    assert parser.next_event().target == b"/a?b=c"


def test_what_follows_a_taken_upgrade_goes_to_the_new_protocol():
    parser = parse(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\x81\x00", b"\x82")
    assert parser.take_rest() == b"\x81\x00\x82"
    parser.receive_data(GET)
    assert len(parser.events) == 1


def test_after_connection_close_nothing_is_read():
    parser = parse(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + GET, GET)
    assert len(parser.events) == 1
    assert parser.error is None


@pytest.mark.parametrize(
    ("data", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_persistence_follows_version_and_connection_field(data, keep_alive):
    assert parse(data).next_event().keep_alive is keep_alive


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: user@h\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"GET / HTTP/1.7\r\nHost: h\r\n\r\n", 505),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTQ/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"DESCRIBE / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: a miracle\r\n\r\n", 417),
        (b"GET" + b" " * 100, 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
    ],
)
def test_what_is_wrong_has_its_status(data, status):
    parser = parse(data)
    with pytest.raises(RemoteProtocolError) as caught:
        parser.next_event()
    assert caught.value.status == status


@pytest.mark.parametrize("host", [b"h", b"h:80", b"[::1]:8080", b"127.0.0.1", b"", b"a_b.example."])
def test_hosts_that_are_well_formed_pass(host):
    assert parse(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").error is None


def test_http_1_0_needs_no_host():
    assert parse(b"GET / HTTP/1.0\r\n\r\n").next_event().version == 0


def test_an_error_is_sticky_and_comes_after_the_events_before_it():
    parser = parse(GET + b"GET / HTTP/9.9\r\n\r\n" + GET)
    assert parser.next_event().target == b"/a?b=c"
    for _ in range(2):
        with pytest.raises(RemoteProtocolError):
            parser.next_event()
        parser.receive_data(GET)


def test_an_end_inside_a_request_is_an_error():
    for cut in (GET[:10], POST[:-1]):
        parser = parse(cut)
        parser.receive_eof()
        assert parser.error is not None
    parser = parse(GET)
    parser.receive_eof()
    assert parser.error is None


def test_expect_is_noted_in_http_1_1_only():
    template = b"POST / HTTP/1.%d\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n"
    assert parse(template % 1).next_event().expects_continue
    assert not parse(template % 0).next_event().expects_continue


def test_the_request_line_is_limited():
    limits = Limits(request_line=100)
    assert parse(b"GET /" + b"a" * 99 + b" HTTP/1.1\r\nHost: h\r\n\r\n", limits=limits).error is None
    assert parse(b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n", limits=limits).error.status == 414
    assert parse(b"GET /", *[b"a"] * 200, limits=limits).error.status == 414


def test_the_body_is_limited_by_what_is_announced_and_by_what_comes():
    limits = Limits(body_size=4)
    assert parse(POST, limits=limits).error.status == 413
    assert parse(CHUNKED, limits=limits).error.status == 413
    assert parse(POST, limits=Limits(body_size=5)).error is None


def test_what_follows_the_first_read_of_a_body_of_known_length_is_not_copied():
    parser = parse(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nfirst")
    assert parser.body_left == 199_995
    read = b"x" * 199_995
    parser.receive_data(read)
    assert parser.body_left == 0
    head, first, rest, end = parser.events
    assert (head.length, first.data, end.trailers) == (200_000, b"first", ())
    assert rest.data is read


def test_a_request_behind_a_body_in_the_same_read_is_read_anew():
    parser = parse(
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe",
        b"llo\r\nOOPS / HTTP/1.1\r\nHost: h\r\n\r\n",
    )
    kinds = [RequestHead, BodyData, BodyData, EndOfMessage, RequestHead]
    assert [type(event) for event in parser.events] == kinds
    assert parser.events[-1].method == b"OOPS"
    assert parser.error is None


def test_nothing_is_read_behind_a_body_of_a_request_that_closes():
    closing = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhe"
    parser = parse(closing, b"llo" + GET, GET)
    assert isinstance(parser.events[-1], EndOfMessage)
    assert parser.error is None


def test_nothing_at_all_changes_nothing():
    parser = RequestParser()
    for piece in (b"", b"GET", b"", b" /", b"", b" HTTP/1.1\r\n", b"", b"Host: h\r\n", b"", b"\r\n", b""):
        parser.receive_data(piece)
    assert parser.error is None
    assert [event.target for event in parser.events] == [b"/"]
