"""Each published vulnerability of HTTP/1 servers, as the input that did it."""

from __future__ import annotations

import pytest

from sennit.http import (
    Headers,
    HTTPFactory,
    Limits,
    LocalProtocolError,
    RequestHead,
    RequestParser,
    parse_qs,
)
from sennit.http.conditional import parse_etags
from sennit.http.cookies import parse_cookies
from sennit.http.negotiation import parse_qualities
from sennit.http.ranges import read_ranges
from sennit.http.serializer import response_head, status_line

NEXT = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"


def refused(data, status=400, limits=None):
    """Assert that octets are refused before anything behind them is read as a request."""
    for pieces in ([data], [data[i : i + 1] for i in range(len(data))]):
        parser = RequestParser(limits or Limits())
        for piece in pieces:
            parser.receive_data(piece)
        assert parser.error is not None
        assert parser.error.status == status
        assert all(getattr(event, "target", None) != b"/smuggled" for event in parser.events)


def post(*lines, body=b""):
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: h", *lines]) + b"\r\n\r\n" + body + NEXT


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


def test_cve_2020_10108_several_content_lengths_are_refused():
    refused(post(b"Content-Length: 5", b"Content-Length: 0", body=b"hello"))
    refused(post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"))
    refused(post(b"Content-Length: 5, 5", body=b"hello"))


def test_cve_2020_10109_content_length_with_transfer_encoding_is_refused():
    refused(post(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"))
    refused(post(b"Transfer-Encoding: chunked", b"Content-Length: 3", body=b"0\r\n\r\n"))


@pytest.mark.parametrize(
    "coding", [b"identity", b"gzip", b"gzip, chunked", b"xchunked", b"chunked;q=1", b'"chunked"']
)
def test_ghsa_8r99_h8j2_rw64_transfer_codings_other_than_chunked_are_not_implemented(coding):
    refused(post(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n"), 501)


@pytest.mark.parametrize("coding", [b"chunked, gzip", b"chunked, chunked", b"", b"\x0bchunked"])
def test_ghsa_8r99_h8j2_rw64_malformed_transfer_codings_are_refused(coding):
    refused(post(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n"))


def test_ghsa_8r99_h8j2_rw64_two_transfer_encoding_fields_are_not_implemented():
    refused(post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 501)


def test_ghsa_8r99_h8j2_rw64_http_1_0_has_no_transfer_encoding():
    refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT)


@pytest.mark.parametrize(
    "length", [b"+5", b"-5", b"0x5", b"5_0", b"5 0", b"\x0b5", b"\x1f5", b"5\x0c", b"", b"five", b"\xd9\xa5"]
)
def test_cve_2022_24801_a_content_length_is_digits_only(length):
    refused(post(b"Content-Length: " + length, body=b"hello"))


@pytest.mark.parametrize("size", [b"0x5", b"+5", b" 5", b"5 ", b"5\x0b", b"5_0", b"", b"\xd9\xa5", b"5\t"])
def test_cve_2022_24801_a_chunk_size_is_hexadecimal_digits_only(size):
    refused(chunked(size + b"\r\nhello\r\n0\r\n\r\n"))


@pytest.mark.parametrize("extension", [b";a\nb", b";a=b\nc", b';a="b\nc"', b";a\rb", b";\x01", b";a\0"])
def test_cve_2022_24801_a_chunk_extension_holds_no_controls(extension):
    refused(chunked(b"5" + extension + b"\r\nhello\r\n0\r\n\r\n"))


def test_cve_2022_24801_lines_end_in_cr_lf_everywhere():
    refused(b"GET / HTTP/1.1\nHost: h\n\n" + NEXT)
    refused(chunked(b"5\nhello\r\n0\r\n\r\n"))
    refused(chunked(b"5\r\nhello\n0\r\n\r\n"))
    refused(chunked(b"5\r\nhello\r\n0\r\n\n"))


@pytest.mark.parametrize("space", [b"\x0b", b"\x0c", b"\x1c", b"\x1f", b"\x85", b"\xa0"])
def test_cve_2022_24801_only_space_and_tab_are_white_space(space):
    parser = RequestParser()
    parser.receive_data(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + space + b"a" + space + b"\r\n\r\n")
    if space < b"\x7f":
        assert parser.error is not None
    else:
        assert parser.events[0].headers[1] == (b"X", space + b"a" + space)


@pytest.mark.parametrize(
    "name", [b"Content-Length ", b" Content-Length", b"Content-Length\t", b"", b"A\0", b"A\xe9"]
)
def test_cve_2022_24801_a_field_name_is_a_token(name):
    refused(post(name + b": 5", body=b"hello"))


def test_cve_2023_46137_pipelined_requests_are_answered_in_their_order(connect, seen):
    client = connect()
    client.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
    client.send(b"GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert [request.uri for request in seen] == [b"/1"]
    seen[0].write(b"one")
    assert [request.uri for request in seen] == [b"/1"]
    seen[0].finish()
    assert [request.uri for request in seen] == [b"/1", b"/2"]
    seen[1].finish()
    seen[2].finish()
    answers = client.wire.value()
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answers.index(b"one") < answers.index(b"HTTP/1.1", 1)


def test_cve_2024_41671_a_request_pipelined_behind_a_finished_body_waits_for_its_turn(connect, seen):
    client = connect()
    client.send(b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n")
    client.send(b"hiPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nyo")
    assert [(request.uri, request.content.read()) for request in seen] == [(b"/1", b"hi")]
    seen[0].finish()
    assert [(request.uri, request.content.read()) for request in seen[1:]] == [(b"/2", b"yo")]


@pytest.mark.parametrize(
    "value", [b"a\rX-Next: b", b"a\nX-Next: b", b"a\r\rX: b", b"a\0b", b"a\x01b", b"a\x7fb"]
)
def test_known_bare_cr_lf_or_control_inside_a_header_value_is_refused(value):
    refused(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + value + b"\r\n\r\n" + NEXT)


def test_known_folded_header_lines_are_refused():
    refused(b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 5\r\n\r\n" + NEXT)
    refused(b"GET / HTTP/1.1\r\nHost: h\r\n X: a\r\n\r\n" + NEXT)


def test_known_negative_hex_chunk_size_is_refused():
    refused(chunked(b"-5\r\nhello\r\n0\r\n\r\n"))


def test_known_huge_chunk_size_is_refused():
    refused(chunked(b"f" * 17 + b"\r\n"), 413)


def test_known_endless_chunk_size_line_is_refused():
    parser = RequestParser(Limits(chunk_overhead=1000))
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(3):
        parser.receive_data(b"0" * 500)
    assert parser.error is not None
    parser = RequestParser(Limits(chunk_overhead=1000))
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;")
    for _ in range(3):
        parser.receive_data(b"a" * 500)
    assert parser.error.status == 400


def test_known_chunks_that_are_mostly_framing_are_refused():
    parser = RequestParser(Limits(chunk_overhead=1000))
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(50):
        parser.receive_data(b"1;" + b"e" * 100 + b"\r\nx\r\n")
    assert parser.error.status == 400


def test_known_small_honest_chunks_pass():
    parser = RequestParser(Limits(chunk_overhead=100))
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(500):
        parser.receive_data(b"1\r\nx\r\n")
    assert parser.error is None


@pytest.mark.parametrize("end", [b"XX", b"\r\r", b"\rX", b"\n\r", b"hello"])
def test_known_bad_chunk_boundary_is_refused_at_once(end):
    parser = RequestParser()
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello" + end)
    assert parser.error.status == 400


def test_known_quadratic_chunk_parser_is_linear():
    # Quadratic work on this much would pass the time limit of any test.
    parser = RequestParser(Limits(body_size=None))
    parser.receive_data(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    count = 400_000
    data = b"1\r\nx\r\n" * count
    for start in range(0, len(data), 599):
        parser.receive_data(data[start : start + 599])
    assert sum(len(event.data) for event in list(parser.events)[1:]) == count


def test_known_unlimited_headers_are_refused_by_count():
    limits = Limits(header_count=10)
    fields = b"".join(b"X%d: y\r\n" % number for number in range(10))
    refused(b"GET / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n", 431, limits)


def test_known_unlimited_headers_are_refused_by_size():
    limits = Limits(header_size=1000)
    refused(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 1000 + b"\r\n\r\n", 431, limits)


def test_known_a_header_without_end_is_refused_without_its_end():
    parser = RequestParser(Limits(header_size=1000, request_line=1000))
    parser.receive_data(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
    for _ in range(40):
        parser.receive_data(b"y" * 100)
    assert parser.error.status == 431


def test_known_unlimited_trailers_are_refused():
    trailers = b"".join(b"X%d: y\r\n" % number for number in range(11))
    body = b"0\r\n" + trailers + b"\r\n"
    refused(chunked(body), 431, Limits(header_count=10))


@pytest.mark.parametrize(
    "trailer", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: other", b"Connection: close"]
)
def test_known_smuggling_in_chunked_trailers_is_refused(trailer):
    refused(chunked(b"0\r\n" + trailer + b"\r\n\r\n"))


def test_known_trailers_never_join_the_headers(connect, seen):
    client = connect()
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-User: admin\r\n\r\n")
    assert seen[0].getHeader(b"x-user") is None


def test_known_the_body_of_a_request_that_offers_an_upgrade_is_not_read_as_a_request():
    data = post(b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: %d" % len(NEXT), body=NEXT)
    parser = RequestParser()
    parser.receive_data(data.removesuffix(NEXT))
    assert [event.target for event in parser.events if isinstance(event, RequestHead)] == [b"/"]


def test_known_quadratic_cookie_and_list_parsing_is_linear():
    # Quadratic work on this much would pass the time limit of any test.
    size = 500_000
    assert parse_cookies([b"a=b; " * size]) == {b"a": b"b"}
    assert parse_cookies([b";" * size]) == {}
    assert len(parse_cookies([b'a="' + b"\\" * size])[b"a"]) == size + 1
    assert len(parse_qualities(b"a;q=0.5," * size)) == 64
    assert parse_qualities(b";" * size) == []
    assert len(parse_etags(b'"a", ' * size)) == size
    assert parse_etags(b'"' * size) == [b'""'] * (size // 2)
    assert len(parse_qs(b"a=b&" * size)[b"a"]) == size
    with pytest.raises(ValueError, match=r"^This is no range"):
        read_ranges(b"bytes=" + b"0-1," * size)


@pytest.mark.parametrize("value", [b"a\r\nX-Injected: b", b"a\nX-Injected: b", b"a\rX-Injected: b"])
def test_known_header_injection_from_the_server_api_becomes_one_line(connect, seen, value):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    seen[0].setHeader(b"x-value", value)
    seen[0].redirect(value)
    seen[0].addCookie(b"k", value, path=value)
    seen[0].finish()
    head = client.wire.value()
    assert b"\nX-Injected" not in head
    assert b"\rX-Injected" not in head


def test_known_header_injection_behind_the_api_sends_nothing(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    seen[0].setHeader(b"x-value", b"fine")
    seen[0].responseHeaders.getRawHeaders(b"x-value").append(b"evil\r\nX-Injected: b")
    with pytest.raises(LocalProtocolError):
        seen[0].write(b"body")
    assert client.wire.value() == b""


@pytest.mark.parametrize("bad", [b"a\rb", b"a\nb", b"a\r\nb", b"a\0b"])
def test_known_injection_into_the_status_line_sends_nothing(connect, seen, bad):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    seen[0].setResponseCode(200, bad)
    with pytest.raises(LocalProtocolError):
        seen[0].write(b"body")
    assert client.wire.value() == b""
    with pytest.raises(LocalProtocolError):
        response_head(status_line(b"HTTP/1.1", 200), [(bad, [b"value"])])


def test_known_header_names_are_tokens():
    for name in (b"a b", b"a:", b"a\r\nb", "é", b"", b"a\0"):
        with pytest.raises(LocalProtocolError):
            Headers().setRawHeaders(name, [b"x"])


def test_known_multipart_header_flood_is_refused(connect, seen):
    client = connect()
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(100))
    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\n' + headers + b"\r\nv\r\n--B--\r\n"
    head = (
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=B\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    assert client.status(head + body) == 413
    assert client.closed
    assert seen == []


def test_known_request_smuggling_by_space_in_the_target_is_refused():
    refused(b"GET /a HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n" + NEXT)


def test_known_a_forged_access_log_line_is_escaped(connect, seen, tmp_path):
    from sennit.http import combinedLogFormatter

    connect().send(b'GET /a"b HTTP/1.1\r\nHost: h\r\nUser-Agent: x" 200 \\ \xff\xe9\r\n\r\n')
    line = combinedLogFormatter("[now]", seen[0])
    assert line.endswith('"-" "x\\" 200 \\\\ \\xff\\xe9"')
    assert '/a\\"b' in line


def test_known_a_forged_client_in_the_access_log_is_escaped():
    from types import SimpleNamespace

    from sennit.http import combinedLogFormatter

    request = SimpleNamespace(
        getHeader=lambda name: None,
        method=b"GET",
        uri=b"/",
        clientproto=b"HTTP/1.1",
        code=200,
        sentLength=1,
        getClientAddress=lambda: SimpleNamespace(host=b'1.2.3.4" \x80\n'),
    )
    assert combinedLogFormatter("[now]", request).startswith('"1.2.3.4\\" \\x80\\x0a" - - [now]')


def test_known_slow_loris_is_answered_408_and_closed(connect, clock):
    client = connect(limits=Limits(header_timeout=10))
    client.send(b"GET / HTTP/1.1\r\n")
    answer = b""
    for _ in range(30):
        clock.advance(0.5)
        answer += client.send(b"X: y\r\n") if not client.closed else b""
    assert client.closed
    assert (answer or client.wire.value()).startswith(b"HTTP/1.1 408 ")


def test_known_empty_lines_do_not_keep_a_connection_open(connect, clock):
    client = connect(HTTPFactory(timeout=10, reactor=clock))
    for _ in range(30):
        clock.advance(0.5)
        client.send(b"\r\n")
    assert client.closed
