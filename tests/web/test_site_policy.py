"""What a site does to every request alike: fields, TLS only, trusted proxies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.core.addresses import IPv4Address, UNIXAddress
from sennit.haproxy.trust import TrustedSources
from sennit.http import Headers
from sennit.web import Resource, Site
from sennit.web.forwarded import Told, read_forwarded

TRUSTED = ["192.168.0.0/16", "10.0.0.0/8"]


class Telling(Resource):
    isLeaf = True

    def render_GET(self, request):
        return b"%b %d %b" % (
            request.getClientIP().encode(),
            request.isSecure(),
            request.getRequestHostname(),
        )


def test_fields_are_added_to_every_response_that_lacks_them(browse):
    class Own(Resource):
        isLeaf = True

        def render_GET(self, request):
            if request.args:
                request.setHeader(b"x-frame-options", b"SAMEORIGIN")
            if b"fail" in request.args:
                raise ValueError("at work")
            return b""

    browser = browse(Own(), headers={"X-Frame-Options": "DENY", "server": "mine"})
    plain, own = browser.ask(b"/"), browser.ask(b"/?a=1")
    assert plain.headers[b"x-frame-options"] == b"DENY"
    assert plain.headers[b"server"] == b"mine"
    assert own.headers[b"x-frame-options"] == b"SAMEORIGIN"


def test_an_error_has_them_too(browse, reported):
    class Broken(Resource):
        isLeaf = True

        def render_GET(self, request):
            raise ValueError("at work")

    assert browse(Broken(), headers={"X-Own": "1"}).ask(b"/").headers[b"x-own"] == b"1"


def test_known_an_added_field_cannot_begin_another(browse):
    answer = browse(Telling(), headers={"X-Own": "1\r\nEvil: 1"}).ask(b"/")
    assert answer.headers[b"x-own"] == b"1 Evil: 1"


def test_clients_under_tls_are_told_to_stay_there(browse):
    browser = browse(Telling(), hsts=3600, trusted_proxies=TRUSTED)
    secure = browser.ask(b"/", b"X-Forwarded-Proto: https")
    assert secure.headers[b"strict-transport-security"] == b"max-age=3600"
    assert b"strict-transport-security" not in browser.ask(b"/").headers


@pytest.mark.parametrize(
    ("port", "target", "location"),
    [
        (443, b"/a?b=c", b"https://example.org/a?b=c"),
        (8443, b"/", b"https://example.org:8443/"),
        (443, b"//evil.example/", b"https://example.org//evil.example/"),
        (443, b"http://evil.example/", b"https://example.org/"),
    ],
)
def test_clients_without_tls_are_sent_to_it(browse, port, target, location):
    answer = browse(Telling(), https_port=port).ask(target)
    assert answer.code == 308
    assert answer.headers[b"location"] == location


def test_clients_under_tls_and_certificate_authorities_are_answered(browse):
    browser = browse(Telling(), https_port=443, trusted_proxies=TRUSTED)
    assert browser.ask(b"/", b"X-Forwarded-Proto: https").code == 200
    assert browser.ask(b"/.well-known/acme-challenge/x").code == 200
    assert browser.ask(b"/", b"X-Forwarded-Proto: http").code == 308


def test_a_post_without_tls_is_sent_there_as_well(browse):
    class Posted(Resource):
        isLeaf = True
        streams_body = True

    assert browse(Posted(), https_port=443).ask(b"/", method=b"POST", body=b"secret").code == 308


def test_what_a_trusted_proxy_says_counts(browse):
    browser = browse(Telling(), trusted_proxies=TRUSTED)
    answer = browser.ask(
        b"/",
        b"X-Forwarded-For: 203.0.113.9",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Host: shown.example",
    )
    assert answer.body == b"203.0.113.9 1 shown.example"
    assert browser.ask(b"/").body == b"192.168.1.1 0 example.org"


def test_known_what_anybody_else_says_does_not_count(browse):
    for trusted in (["10.0.0.0/8"], None):
        answer = browse(Telling(), trusted_proxies=trusted).ask(
            b"/",
            b"X-Forwarded-For: 203.0.113.9",
            b"X-Forwarded-Proto: https",
            b"Forwarded: for=203.0.113.9;proto=https",
        )
        assert answer.body == b"192.168.1.1 0 example.org"


def test_a_policy_needs_a_class_of_requests():
    with pytest.raises(TypeError):
        Site(Resource(), requestFactory=lambda channel: None, hsts=1)


def told(peer=None, **fields):
    headers = Headers({name.replace("_", "-"): value for name, value in fields.items()})
    peer = peer or IPv4Address("TCP", "10.0.0.1", 1)
    return read_forwarded(headers, peer, TrustedSources([*TRUSTED, "unix"]))


def client(address):
    return None if address.client is None else (address.client.host, address.client.port)


@pytest.mark.parametrize(
    ("values", "expected", "secure"),
    [
        (["203.0.113.9"], ("203.0.113.9", 0), None),
        (["198.51.100.1, 203.0.113.9"], ("203.0.113.9", 0), None),
        (["198.51.100.1, 203.0.113.9, 10.1.1.1"], ("203.0.113.9", 0), None),
        (["198.51.100.1", "203.0.113.9"], ("203.0.113.9", 0), None),
        (["203.0.113.9:5000"], ("203.0.113.9", 5000), None),
        (["[2001:db8::1]:5000"], ("2001:db8::1", 5000), None),
        (["2001:db8::1"], ("2001:db8::1", 0), None),
        (["10.2.2.2"], ("10.2.2.2", 0), None),
        (["unknown"], None, None),
        (["evil, 10.1.1.1"], ("10.1.1.1", 0), None),
        (["x" * 5000], None, None),
        (["203.0.113.9:999999"], ("203.0.113.9", 0), None),
    ],
)
def test_the_first_address_from_the_end_that_is_no_proxy_is_the_clients(values, expected, secure):
    found = told(x_forwarded_for=values)
    assert client(found) == expected
    assert found.secure is secure


def test_the_scheme_is_that_of_the_same_hop():
    found = told(
        x_forwarded_for=["198.51.100.1, 203.0.113.9, 10.1.1.1"], x_forwarded_proto=["http, https, http"]
    )
    assert client(found) == ("203.0.113.9", 0)
    assert found.secure is True
    found = told(x_forwarded_for=["198.51.100.1, 203.0.113.9"], x_forwarded_proto=["http, https"])
    assert found.secure is True


@pytest.mark.parametrize(
    ("value", "expected", "secure", "host"),
    [
        ("for=203.0.113.9;proto=https;host=example.org", ("203.0.113.9", 0), True, b"example.org"),
        ('For="[2001:db8::1]:80"; Proto=http', ("2001:db8::1", 80), False, None),
        ("for=198.51.100.1;proto=http, for=203.0.113.9;proto=https", ("203.0.113.9", 0), True, None),
        ("for=203.0.113.9;proto=https, for=10.1.1.1;proto=http", ("203.0.113.9", 0), True, None),
        ("for=_hidden;proto=https", None, True, None),
        ("for=203.0.113.9;for=10.0.0.1", None, None, None),
        ("for", None, None, None),
        ('for=203.0.113.9;host="evil/host"', ("203.0.113.9", 0), None, None),
        ("for=203.0.113.9, nonsense here", None, None, None),
    ],
)
def test_the_standard_field_is_read_as_rfc_7239_says(value, expected, secure, host):
    found = told(forwarded=[value])
    assert (client(found), found.secure, found.host) == (expected, secure, host)


def test_a_proxy_on_a_unix_socket_may_be_trusted():
    assert client(told(UNIXAddress(None), x_forwarded_for=["203.0.113.9"])) == ("203.0.113.9", 0)


@given(
    st.dictionaries(
        st.sampled_from(["forwarded", "x_forwarded_for", "x_forwarded_proto", "x_forwarded_host"]),
        st.lists(
            st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), min_size=1, max_size=3
        ),
    )
)
def test_no_field_is_too_odd(fields):
    assert isinstance(told(**fields), Told)
