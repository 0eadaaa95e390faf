"""Dates, ranges, conditions, negotiation, cookies: what the fields mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.http.conditional import etag_matches, evaluate, if_range_holds
from sennit.http.cookies import format_set_cookie, parse_cookies
from sennit.http.dates import (
    DateLine,
    datetimeToLogString,
    datetimeToString,
    format_date,
    parse_date,
    stringToDatetime,
    timegm,
)
from sennit.http.negotiation import accepts_coding, parse_qualities
from sennit.http.ranges import (
    UNSATISFIABLE,
    content_range,
    parseContentRange,
    ranges_within,
    read_ranges,
    unsatisfied_range,
)


def ranges_of(value, size):
    """Return the ranges that a field asks for; None if it is to be ignored."""
    try:
        return ranges_within(read_ranges(value), size)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "text",
    [b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994"],
)
def test_all_three_forms_of_a_date_are_read(text):
    assert parse_date(text) == 784111777
    assert stringToDatetime(text) == 784111777


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"yesterday",
        b"Sun, 06 Nov 1994 08:49:37 GMT; length=5",
        b"Sun, 31 Feb 1994 08:49:37 GMT",
        b"Sun, 06 Foo 1994 08:49:37 GMT",
        b"Sun, 06 Nov 1994 24:00:00 GMT",
        b"Sun, 06 Nov 1950 08:49:37 GMT",
        b"Sun, 06 Nov 1994 08:49:37 UTC",
    ],
)
def test_what_is_no_date_is_told_apart(text):
    assert parse_date(text) is None
    with pytest.raises(ValueError, match="no HTTP date"):
        stringToDatetime(text)


@given(st.integers(0, 4_000_000_000))
def test_dates_survive_the_round_trip(seconds):
    assert parse_date(format_date(seconds)) == seconds


def test_dates_are_written_in_the_preferred_form():
    assert datetimeToString(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert datetimeToLogString(784111777) == "[06/Nov/1994:08:49:37 +0000]"
    assert timegm(1994, 11, 6, 8, 49, 37) == 784111777
    with pytest.raises(ValueError, match="epoch"):
        timegm(1969, 1, 1, 0, 0, 0)


def test_the_date_line_changes_with_the_second_only():
    line = DateLine()
    first = line.at(100.2)
    assert line.at(100.9) is first
    assert line.at(101.0) == b"Thu, 01 Jan 1970 00:01:41 GMT"


@pytest.mark.parametrize(
    ("value", "ranges"),
    [
        (b"bytes=0-9", [(0, 10)]),
        (b"bytes=5-", [(5, 100)]),
        (b"bytes=-10", [(90, 100)]),
        (b"bytes=-1000", [(0, 100)]),
        (b"bytes=90-1000", [(90, 100)]),
        (b" Bytes = 0-0 , 99-99 ", [(0, 1), (99, 100)]),
        (b"bytes=100-", UNSATISFIABLE),
        (b"bytes=-0", UNSATISFIABLE),
        (b"bytes=200-300,50-60", [(50, 61)]),
        (b"lines=0-9", None),
        (b"bytes 0-9", None),
        (b"bytes=9-0", None),
        (b"bytes=-", None),
        (b"bytes=a-b", None),
        (b"bytes=+1-2", None),
        (b"bytes=0-0,", [(0, 1)]),
        (b"bytes=, ,0-0", [(0, 1)]),
        (b"bytes=,", None),
        (b"bytes=" + b"," * 40 + b"0-0", None),
        (b"bytes=0-99,0-99", None),
        (b"bytes=" + b",".join([b"0-0"] * 17), None),
        (b"bytes=" + b"9" * 20 + b"-", None),
    ],
)
def test_ranges_are_read_or_ignored(value, ranges):
    assert ranges_of(value, 100) == ranges


@given(st.binary(max_size=40), st.integers(0, 50))
def test_ranges_lie_inside_whatever_is_asked(value, size):
    for start, stop in ranges_of(b"bytes=" + value, size) or []:
        assert 0 <= start < stop <= size


def test_content_ranges_are_written_and_read():
    assert content_range(1, 4, 11) == b"bytes 1-3/11"
    assert unsatisfied_range(11) == b"bytes */11"
    assert parseContentRange("bytes 1-3/11") == (1, 3, 11)
    assert parseContentRange("bytes 1-3/*") == (1, 3, None)
    with pytest.raises(ValueError, match="Content-Range"):
        parseContentRange("lines 1-3/11")


def condition(method=b"GET", etag=b'"now"', modified=1000, **fields):
    headers = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return evaluate(method, headers.get, etag, modified)


OLD, SAME, NEW = format_date(500), format_date(1000), format_date(2000)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, None),
        ({"if_none_match": b'"now"'}, 304),
        ({"if_none_match": b'W/"now"'}, 304),
        ({"if_none_match": b'"a", "now"'}, 304),
        ({"if_none_match": b"*"}, 304),
        ({"if_none_match": b'"old"'}, None),
        ({"if_none_match": b'"old"', "if_modified_since": NEW}, None),
        ({"if_modified_since": SAME}, 304),
        ({"if_modified_since": OLD}, None),
        ({"if_modified_since": b"rubbish"}, None),
        ({"if_match": b'"now"'}, None),
        ({"if_match": b'W/"now"'}, 412),
        ({"if_match": b'"old"'}, 412),
        ({"if_match": b"*"}, None),
        ({"if_unmodified_since": OLD}, 412),
        ({"if_unmodified_since": SAME}, None),
        ({"if_match": b'"now"', "if_unmodified_since": OLD}, None),
        ({"method": b"PUT", "if_none_match": b"*"}, 412),
        ({"method": b"PUT", "if_modified_since": SAME}, None),
        ({"etag": None, "if_match": b"*"}, 412),
        ({"etag": None, "if_none_match": b"*"}, None),
        ({"modified": None, "if_modified_since": NEW}, None),
    ],
)
def test_conditions_are_decided_in_the_order_of_the_rfc(fields, status):
    assert condition(**fields) == status


def test_strong_comparison_never_takes_a_weak_tag():
    assert not etag_matches(b'W/"a"', b'W/"a"', weak=False)
    assert etag_matches(b'W/"a"', b'"a"', weak=True)


def test_bare_words_are_tags_too():
    assert etag_matches(b"abc", b"x abc,y", weak=False)


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (None, True),
        (b'"now"', True),
        (b'"old"', False),
        (b'W/"now"', False),
        (SAME, True),
        (OLD, False),
        (b"x", False),
    ],
)
def test_if_range_takes_a_strong_tag_or_the_exact_date(value, holds):
    assert if_range_holds(value, b'"now"', 1000) is holds


def test_qualities_are_read_in_order():
    assert parse_qualities(b"gzip;q=0.5, br , *; q=0, x;q=2, ;, y;level=1;Q=1.000") == [
        (b"gzip", 0.5),
        (b"br", 1.0),
        (b"*", 0.0),
        (b"x", 0.0),
        (b"y", 1.0),
    ]


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (b"gzip", True),
        (b"GZIP;q=0.1", True),
        (b"x-gzip", True),
        (b"gzip;q=0", False),
        (b"*", True),
        (b"*;q=0", False),
        (b"gzip;q=0, *", False),
        (b"deflate, br", False),
        (b"", False),
    ],
)
def test_gzip_is_accepted_when_the_client_says_so(value, accepted):
    assert accepts_coding([value], b"gzip") is accepted


def test_cookies_are_split_and_the_first_of_a_name_counts():
    assert parse_cookies([b'a=b; c="d"; e; a=2; f=g=h', b"i= j "]) == {
        b"a": b"b",
        b"c": b'"d"',
        b"f": b"g=h",
        b"i": b"j ",
    }


def test_a_set_cookie_value_has_every_attribute_asked_for():
    value = format_set_cookie(
        "k",
        "v",
        expires=b"Thu, 01 Jan 1970 00:00:00 GMT",
        domain="d",
        path="/p",
        max_age="5",
        comment="c",
        secure=True,
        http_only=True,
        same_site="Lax",
    )
    assert value == (
        b"k=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=d; Path=/p; Max-Age=5; Comment=c; "
        b"Secure; HttpOnly; SameSite=lax"
    )


def test_nothing_in_a_cookie_can_begin_another_attribute():
    assert format_set_cookie(b"k", b"v; Domain=evil\r\nX: y") == b"k=v  Domain=evil  X: y"


def test_same_site_has_three_values():
    with pytest.raises(ValueError, match="sameSite"):
        format_set_cookie(b"k", b"v", same_site="sometimes")
