"""What fields say: ranges, cookies, preferences, tags and dates, credentials, proxies; and URLs."""

from __future__ import annotations

from contextlib import suppress
from http.cookiejar import CookieJar
from types import SimpleNamespace

from sennit.core.addresses import IPv4Address
from sennit.cred.errors import LoginFailed
from sennit.haproxy.errors import InvalidProxyHeader
from sennit.haproxy.parser import HeaderParser, parse_v1
from sennit.haproxy.trust import TrustedSources
from sennit.http import Headers
from sennit.http.client.cookies import JarResponse, jar_request
from sennit.http.client.uri import URI, resolve, uri_from_text
from sennit.http.conditional import etag_matches, evaluate, if_range_holds, parse_etags
from sennit.http.cookies import parse_cookies
from sennit.http.dates import parse_date
from sennit.http.forms import parse_qs, urlparse
from sennit.http.h2 import parse_priority
from sennit.http.negotiation import accepts_coding, best_coding, parse_qualities
from sennit.http.ranges import parseContentRange, ranges_within, read_ranges
from sennit.web.forwarded import read_forwarded
from sennit.web.guard import BasicCredentialFactory, DigestCredentialFactory, HTTPAuthSessionWrapper
from sennit.web.urlpath import URLPath

PEER = IPv4Address("TCP", "10.0.0.1", 1)
TRUSTED = TrustedSources()


def ranges(pieces):
    """Range and Content-Range."""
    value = pieces[0]
    with suppress(ValueError):
        found = ranges_within(read_ranges(value), 1000)
        assert not found or all(0 <= start < stop <= 1000 for start, stop in found)
    with suppress(ValueError):
        parseContentRange(value.decode("latin-1"))


def cookies(pieces):
    """Cookie."""
    parse_cookies(pieces)


def set_cookie(pieces):
    """Set-Cookie, into the jar of a client."""
    value = pieces[0].translate(None, b"\r\n\0")
    jar = CookieJar()
    asked = jar_request(b"http://example.org/a/b")
    jar.extract_cookies(JarResponse(SimpleNamespace(headers=Headers({b"set-cookie": [value]}))), asked)
    jar.add_cookie_header(jar_request(b"http://example.org/a/c"))


def preferences(pieces):
    """Accept, Accept-Encoding and Priority."""
    value = pieces[0]
    assert all(0 <= weight <= 1 for _, weight in parse_qualities(value))
    best_coding([value], [b"br", b"gzip"])
    accepts_coding([value], b"gzip")
    parse_priority(value)


def conditions(pieces):
    """Tags and dates."""
    value = pieces[0]
    parse_etags(value)
    etag_matches(b'"a"', value, weak=True)
    parse_date(value)
    if_range_holds(value, b'"a"', 784111777)
    names = (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")
    evaluate(b"GET", dict.fromkeys(names, value).get, b'"a"', 784111777)


_basic = BasicCredentialFactory("here")
_digest = DigestCredentialFactory(b"md5", b"here")
_wrapper = HTTPAuthSessionWrapper(None, [_basic, _digest])
_asked = SimpleNamespace(method=b"GET", getClientAddress=lambda: PEER)


def authorization(pieces):
    """Authorization."""
    factory, response = _wrapper._selectParseHeader(pieces[0])
    for each in (_basic, _digest) if factory is None else (factory,):
        with suppress(LoginFailed):
            each.decode(response or pieces[0], _asked)


def forwarded(pieces):
    """Forwarded, and its forerunners."""
    clean = pieces[0].translate(None, b"\r\n\0")
    names = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")
    read_forwarded(Headers({b"forwarded": [clean]}), PEER, TRUSTED)
    read_forwarded(Headers({name: [clean] for name in names}), PEER, TRUSTED)


def proxy_header(pieces):
    """The header that a proxy puts before a connection, of both versions."""
    parser = HeaderParser()
    with suppress(InvalidProxyHeader):
        for piece in pieces:
            parser.receive_data(piece)
        parser.receive_eof()
    with suppress(InvalidProxyHeader):
        parse_v1(pieces[0])


def urls(pieces):
    """URLs, as clients and servers read them."""
    value = pieces[0]
    with suppress(ValueError):
        uri = URI.fromBytes(value)
        uri.toBytes()
        str(uri.originForm)
    with suppress(ValueError):
        resolve(b"http://example.org/a/b?c#d", value)
    with suppress(ValueError):
        uri_from_text(value.decode("utf-8", "replace"))
    with suppress(ValueError):
        urlparse(value)


def url_paths(pieces):
    """URLs, as `URLPath` has them."""
    with suppress(ValueError):
        path = URLPath.fromBytes(pieces[0])
        str(path.parent())
        str(path.child(b"x"))
        with suppress(ValueError):
            path.click(pieces[0])


def queries(pieces):
    """Query strings."""
    parse_qs(pieces[0], 1)
    parse_qs(pieces[0])
    with suppress(ValueError):
        parse_qs(pieces[0], 1, 1)


RANGES = [b"bytes=0-4,-5, 7-", b"bytes=1-1", b"bytes 0-4/10", b"bytes 0-4/*"]
COOKIES = [b'a=b; c="d e"; f', b"session=0123456789abcdef; $Version=1;;=x"]
SET_COOKIES = [
    b"a=b; Path=/a; Domain=.example.org; Max-Age=60; Secure; HttpOnly; SameSite=Lax",
    b'c="d"; Expires=Sun, 06 Nov 2094 08:49:37 GMT, e=f; version=1; port="80,8080"',
]
PREFERENCES = [b"u=3, i, gzip;q=0.5, *;q=0", b"text/html;level=1;q=0.123, br;Q=1.000", b"u=7, i=?0"]
CONDITIONS = [
    b'"a", W/"b", *',
    b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"Sunday, 06-Nov-94 08:49:37 GMT",
    b"Sun Nov  6 08:49:37 1994",
]
_challenge = _digest.getChallenge(_asked)
AUTHORIZATIONS = [
    b"Basic dXNlcjpwYXNz",
    b'Digest username="u", realm="here", nonce="%b", uri="/", response="0123456789abcdef0123456789abcdef", '
    b'opaque="%b", qop=auth, nc=00000001, cnonce="x"' % (_challenge["nonce"], _challenge["opaque"]),
    b'digest opaque="%b",nonce=%b' % (_challenge["opaque"], _challenge["nonce"]),
]
FORWARDED = [
    b'for="[2001:db8::1]:80";proto=https;host=a, for=10.0.0.1',
    b"10.0.0.1, [::1]:5, unknown, _hidden",
    b'for="_x\\"y";by=10.0.0.1:80',
]
PROXY_HEADERS = [
    b"PROXY TCP4 10.0.0.1 10.0.0.2 1000 80\r\nGET /",
    b"PROXY TCP6 ::1 ::2 1000 80\r\n",
    b"PROXY UNKNOWN what ever\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\x03\xe8\0\x50GET /",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x2c"
    + bytes(15)
    + b"\1"
    + bytes(15)
    + b"\2\3\xe8\0\x50\3\0\4abcd\4\0\1x",
    b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
]
URLS = [
    b"https://user:pass@[2001:db8::1]:8443/a/b;c?d=e#f",
    b"HTTP://example.org:80",
    b"//host/x/../y?",
    "http://bücher.example/straße".encode(),
    b"a/b:c?d",
]
QUERIES = [b"a=b&c=d;e=%20+%zz&f&=g", b"x=%C3%A9&x=&&"]
