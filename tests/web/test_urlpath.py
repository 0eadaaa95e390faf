"""`URLPath` and the exceptions that stand for status codes."""

from __future__ import annotations

import pytest

from sennit.web.errors import Error, InfiniteRedirection, PageRedirect, RedirectWithNoLocation
from sennit.web.urlpath import URLPath

URL = "http://h:8080/a/b%20c?x=1#f"


def test_a_url_is_taken_apart():
    url = URLPath.fromString(URL)
    assert (url.scheme, url.netloc, url.path) == (b"http", b"h:8080", b"/a/b%20c")
    assert (url.query, url.fragment) == (b"x=1", b"f")
    assert url.pathList() == [b"", b"a", b"b%20c"]
    assert url.pathList(unquote=True) == [b"", b"a", b"b c"]
    assert str(url) == URL
    assert repr(URLPath(b"http", b"h", b"p")) == (
        "URLPath(scheme=b'http', netloc=b'h', path=b'/p', query=b'', fragment=b'')"
    )


@pytest.mark.parametrize(
    ("way", "there"),
    [
        (lambda url: url.child(b"d/e"), "http://h:8080/a/b%20c/d%2Fe"),
        (lambda url: url.sibling(b"s"), "http://h:8080/a/s"),
        (lambda url: url.sibling(b"s", keepQuery=True), "http://h:8080/a/s?x=1"),
        (lambda url: url.parent(), "http://h:8080/"),
        (lambda url: url.here(), "http://h:8080/a/"),
        (lambda url: url.click(b"../z"), "http://h:8080/z"),
        (lambda url: url.click(b"http://other/"), "http://other/"),
    ],
)
def test_other_urls_are_reached_from_one(way, there):
    assert str(way(URLPath.fromBytes(URL.encode()))) == there


def test_an_empty_path_is_the_root():
    assert str(URLPath()) == "http://localhost/"
    assert str(URLPath.fromString("http://h").child(b"x")) == "http://h/x"


def test_text_and_bytes_are_told_apart():
    with pytest.raises(ValueError, match="str"):
        URLPath.fromString(b"x")
    with pytest.raises(ValueError, match="bytes"):
        URLPath.fromBytes("x")


def test_a_status_code_as_an_exception_finds_its_phrase():
    error = Error(404)
    assert (error.status, error.message, error.response) == (b"404", b"Not Found", None)
    assert str(error) == "404 Not Found"
    assert str(Error(b"999", None, b"body")) == "999"
    assert PageRedirect(302, location=b"/x").message == b"Found to /x"
    assert InfiniteRedirection(302, b"Again", location=b"/x").location == b"/x"
    assert RedirectWithNoLocation(302, b"Found", b"/x").message == b"Found to /x"


@pytest.mark.parametrize("kind", [str, lambda text: text.encode("ascii")], ids=["text", "bytes"])
def test_its_parts_can_be_set(kind):
    url = URLPath.fromString("http://example.com/foo/bar?yes=no#footer")
    for name, value in (
        ("scheme", "https"),
        ("netloc", "x.invalid:81"),
        ("path", "/a%20b"),
        ("query", "q=1"),
    ):
        setattr(url, name, kind(value))
    url.fragment = kind("top")
    assert str(url) == "https://x.invalid:81/a%20b?q=1#top"
    assert url.path == b"/a%20b"
    url.query = kind("")
    assert str(url.child(b"c")) == "https://x.invalid:81/a%20b/c"


def test_bytes_that_a_url_cannot_have_are_encoded():
    assert str(URLPath.fromBytes(b"http://example.com/\xff\x00 ")) == "http://example.com/%FF%00%20"


def test_a_link_with_a_scheme_and_no_root_leads_nowhere():
    with pytest.raises(ValueError, match="rootless"):
        URLPath.fromString("http://example.com/").click(b"https:a/b")


def test_a_host_that_is_no_international_name_stays_as_it_is():
    url = URLPath.fromBytes(b"http://exa*mple.org/a/b%20c")
    assert str(url.sibling(b"d")) == "http://exa*mple.org/a/d"
    assert (url.netloc, url.path) == (b"exa*mple.org", b"/a/b%20c")
