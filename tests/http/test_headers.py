"""`Headers`: case-insensitive, in bytes and str."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.http import Headers, InvalidHeaderName, InvalidHeaderValue


def test_names_are_found_in_any_case_and_kept_in_canonical_spelling():
    headers = Headers({b"content-TYPE": [b"text/plain"], b"etag": [b'"x"']})
    headers.addRawHeader(b"www-authenticate", b"Basic")
    assert headers.getRawHeaders(b"Content-Type") == [b"text/plain"]
    assert headers.hasHeader("ETAG")
    assert list(headers.getAllRawHeaders()) == [
        (b"Content-Type", [b"text/plain"]),
        (b"ETag", [b'"x"']),
        (b"WWW-Authenticate", [b"Basic"]),
    ]


def test_a_str_name_gives_str_values_and_a_bytes_name_bytes():
    headers = Headers({"X-Name": ["Zoë"]})
    assert headers.getRawHeaders("x-name") == ["Zoë"]
    assert headers.getRawHeaders(b"x-name") == ["Zoë".encode()]


def test_a_default_stands_for_what_is_missing():
    assert Headers().getRawHeaders(b"x") is None
    assert Headers().getRawHeaders("x", 7) == 7


def test_setting_replaces_and_adding_appends():
    headers = Headers({b"a": [b"1", b"2"]})
    headers.addRawHeader("A", "3")
    assert headers.getRawHeaders(b"a") == [b"1", b"2", b"3"]
    headers.setRawHeaders(b"a", [b"4"])
    assert headers.getRawHeaders(b"a") == [b"4"]
    headers.removeHeader(b"A")
    headers.removeHeader(b"A")
    assert not headers.hasHeader(b"a")


def test_a_copy_is_independent_and_equal_until_changed():
    headers = Headers({b"a": [b"1"]})
    copy = headers.copy()
    assert copy == headers
    copy.addRawHeader(b"a", b"2")
    assert copy != headers
    assert headers.getRawHeaders(b"a") == [b"1"]
    assert headers != {b"A": [b"1"]}


def test_line_ends_in_values_become_spaces():
    headers = Headers({b"a": [b"x\r\n y\nz\rw"]})
    assert headers.getRawHeaders(b"a") == [b"x  y z w"]


def test_nul_in_a_value_is_refused():
    with pytest.raises(InvalidHeaderValue):
        Headers().addRawHeader(b"a", b"x\0y")


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"\xe9", "é", b"a\r\n"])
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(InvalidHeaderName):
        Headers().addRawHeader(name, b"x")


def test_a_lone_string_in_place_of_a_list_is_refused():
    for values in ("text", b"bytes", 5):
        with pytest.raises(TypeError, match="list of values"):
            Headers().setRawHeaders(b"a", values)


def test_values_and_names_are_bytes_or_str():
    with pytest.raises(TypeError):
        Headers().addRawHeader(b"a", 5)
    with pytest.raises(TypeError):
        Headers().addRawHeader(None, b"x")
    with pytest.raises(TypeError):
        Headers().setRawHeaders(b"a", [None])


def test_repr_shows_the_fields():
    assert repr(Headers({b"a": [b"1"]})) == "Headers({b'A': [b'1']})"


@given(st.lists(st.tuples(st.sampled_from([b"x-a", b"X-A", b"Y", b"y"]), st.binary(max_size=5)), max_size=9))
def test_from_wire_keeps_every_value_in_order(pairs):
    headers = Headers.from_wire(pairs)
    for name in (b"x-a", b"y"):
        expected = [value for key, value in pairs if key.lower() == name]
        assert headers.getRawHeaders(name, []) == expected
