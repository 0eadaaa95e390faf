"""Query strings and form bodies."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.http import RemoteProtocolError, parse_qs, urlparse
from sennit.http.forms import parse_form

MULTIPART = b"multipart/form-data; boundary=B"


def form(content_type, body, max_fields=10, max_memory=1000):
    return parse_form(content_type, BytesIO(body), len(body), max_fields=max_fields, max_memory=max_memory)


def part(name, value, extra=b""):
    return (
        b'--B\r\nContent-Disposition: form-data; name="' + name + b'"' + extra + b"\r\n\r\n" + value + b"\r\n"
    )


def test_arguments_are_decoded_and_gathered_by_name():
    assert parse_qs(b"a=%41+b;c=d&a=2") == {b"a": [b"A b", b"2"], b"c": [b"d"]}


def test_blank_values_are_kept_on_demand():
    assert parse_qs(b"a=1&b=&c") == {b"a": [b"1"]}
    assert parse_qs(b"a=1&b=&c", 1) == {b"a": [b"1"], b"b": [b""], b"c": [b""]}
    with pytest.raises(ValueError, match="no '='"):
        parse_qs(b"a", strict_parsing=1)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=8))
def test_what_urlencode_writes_is_read_back(pairs):
    expected = {}
    for name, value in pairs:
        expected.setdefault(name.encode(), []).append(value.encode())
    assert parse_qs(urlencode(pairs).encode(), 1) == expected


def test_urls_are_split_into_bytes():
    assert tuple(urlparse(b"http://h/p;x?q#f")) == (b"http", b"h", b"/p", b"x", b"q", b"f")
    with pytest.raises(TypeError):
        urlparse("http://h/")


def test_a_urlencoded_form_is_read_and_the_body_rewound():
    content = BytesIO(b"a=1&b=&a=2")
    found = parse_form(
        b"application/x-www-form-urlencoded; charset=utf-8", content, 10, max_fields=10, max_memory=100
    )
    assert found == {b"a": [b"1", b"2"], b"b": [b""]}
    assert content.read() == b"a=1&b=&a=2"


def test_a_multipart_form_is_read():
    body = part(b"a", b"1") + part(b"f", b"\0\xff\r\n--", b'; filename="x"') + part(b"a", b"") + b"--B--\r\n"
    assert form(MULTIPART, body) == {b"a": [b"1", b""], b"f": [b"\0\xff\r\n--"]}


def test_another_body_is_no_form():
    assert form(b"application/json", b"{}") is None


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (b"application/x-www-form-urlencoded", b"a=" + b"x" * 1000, 413),
        (b"application/x-www-form-urlencoded", b"a&" * 11, 413),
        (MULTIPART, part(b"a", b"x" * 1001) + b"--B--\r\n", 413),
        (MULTIPART, b"".join(part(b"a", b"x") for _ in range(11)) + b"--B--\r\n", 413),
        (MULTIPART, part(b"a", b"x"), 400),
        (MULTIPART, b"", 400),
        (MULTIPART, b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n", 400),
        (MULTIPART, b"--B\r\nno header\r\n\r\nx\r\n--B--\r\n", 400),
        (b"multipart/form-data", b"--B--", 400),
        (b"multipart/form-data; boundary=" + b"B" * 71, b"--B--", 400),
    ],
)
def test_a_form_past_a_limit_or_out_of_form_is_refused(content_type, body, status):
    with pytest.raises(RemoteProtocolError) as caught:
        form(content_type, body)
    assert caught.value.status == status


@given(st.binary(max_size=200))
def test_any_multipart_body_is_a_form_or_an_error_of_the_protocol(body):
    try:
        found = form(MULTIPART, b"--B\r\n" + body)
    except RemoteProtocolError as error:
        found = error.status
    assert found in (400, 413) or isinstance(found, dict)
