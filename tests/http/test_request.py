"""`Request`: what the client said."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest

from sennit.http import LocalProtocolError, Request
from sennit.log import LogLevel, capturedLogs
from sennit.web import Request as SiteRequest
from sennit.web import Site
from sennit.web.static import Data


@pytest.fixture
def ask(connect, seen):
    """Send a request with some header lines; return it."""

    def ask(*lines, target=b"/", body=b"", method=b"GET", **kwargs):
        if body:
            lines = (*lines, b"Content-Length: %d" % len(body))
        head = b"\r\n".join([method + b" " + target + b" HTTP/1.1", *lines, b"", b""])
        if b"Host:" not in head:
            head = head.replace(b"\r\n", b"\r\nHost: example.org:8080\r\n", 1)
        client = connect(**kwargs)
        answer = client.send(head + body)
        return seen[-1] if seen else answer

    return ask


def test_a_request_whose_turn_is_to_come_keeps_its_channel_until_then():
    done = []
    channel = SimpleNamespace(
        requestDone=done.append, isSecure=lambda: True, writeHeaders=lambda *_: None, write=lambda _: None
    )
    request = Request(channel, True)
    told = request.notifyFinish()
    request.finish()
    assert (done, request.isSecure(), told.called) == ([], True, False)
    request.noLongerQueued()
    assert (done, request.isSecure(), told.called) == ([request], False, True)


def test_a_last_modified_field_counts_before_the_attribute(ask):
    request = ask()
    request.setHeader(b"last-modified", b"Thu, 01 Jan 1970 00:00:09 GMT")
    request.setLastModified(100)
    with capturedLogs() as events:
        request.finish()
    assert request.responseHeaders.getRawHeaders(b"last-modified") == [b"Thu, 01 Jan 1970 00:00:09 GMT"]
    assert [event["log_level"] for event in events] == [LogLevel.warn]


def test_the_query_becomes_arguments(ask):
    request = ask(target=b"/p/a%20th?x=1&y=&x=%41+b")
    assert request.path == b"/p/a%20th"
    assert request.uri == b"/p/a%20th?x=1&y=&x=%41+b"
    assert request.args == {b"x": [b"1", b"A b"], b"y": [b""]}
    assert ask().args == {}


def test_a_form_joins_the_arguments(ask):
    request = ask(
        b"Content-Type: application/x-www-form-urlencoded",
        target=b"/?a=query&b=query",
        body=b"a=form",
        method=b"POST",
    )
    assert request.args == {b"a": [b"form"], b"b": [b"query"]}
    assert request.content.read() == b"a=form"


def test_a_malformed_form_is_refused(ask):
    answer = ask(b"Content-Type: multipart/form-data; boundary=B", body=b"rubbish", method=b"POST")
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_headers_are_found_in_any_case(ask):
    request = ask(b"X-One: 1", b"X-One: 2")
    assert request.getHeader(b"x-ONE") == b"2"
    assert request.getHeader("x-one") == "2"
    assert request.getHeader("x-two") is None
    assert request.getAllHeaders() == {b"host": b"example.org:8080", b"x-one": b"2"}


def test_cookies_are_found_by_name(ask):
    request = ask(b"Cookie: a=1; b=2", b"Cookie: c=3")
    assert (request.getCookie(b"b"), request.getCookie(b"c"), request.getCookie(b"d")) == (b"2", b"3", None)
    request.parseCookies()
    assert request.received_cookies == {b"a": b"1", b"b": b"2", b"c": b"3"}


@pytest.mark.parametrize(
    ("host", "name"),
    [(b"example.org", b"example.org"), (b"h:80", b"h"), (b"[::1]:80", b"::1"), (b"", b"")],
)
def test_the_hostname_loses_its_port(ask, host, name):
    assert ask(b"Host: " + host).getRequestHostname() == name


def test_without_a_host_our_address_stands_in(connect, seen):
    connect().send(b"GET / HTTP/1.0\r\n\r\n")
    assert seen[0].getRequestHostname() == b"10.0.0.1"


def test_addresses_are_the_transports(ask):
    request = ask()
    assert request.getHost().host == "10.0.0.1"
    assert request.getClientAddress().port == 54321
    assert request.getClientIP() == "192.168.1.1"
    assert not request.isSecure()
    request.finish()
    assert request.getClientIP() == "192.168.1.1"


def test_a_proxy_can_say_what_the_client_sees(ask):
    request = ask()
    request.setHost(b"public.example", 443, 1)
    assert request.isSecure()
    assert request.getHeader(b"host") == b"public.example"
    assert request.getHost().port == 443
    request.setHost(b"public.example", 8443, 1)
    assert request.getHeader(b"host") == b"public.example:8443"


@pytest.mark.parametrize(
    ("field", "credentials"),
    [
        (b"Basic " + base64.b64encode(b"ann:se:cret"), (b"ann", b"se:cret")),
        (b"basic " + base64.b64encode(b"ann:"), (b"ann", b"")),
        (b"Basic " + base64.b64encode(b"ann"), (b"", b"")),
        (b"Basic !!!!", (b"", b"")),
        (b"Bearer token", (b"", b"")),
    ],
)
def test_basic_credentials_are_decoded(ask, field, credentials):
    request = ask(b"Authorization: " + field)
    assert (request.getUser(), request.getPassword()) == credentials


def test_without_credentials_user_and_password_are_empty(ask):
    assert ask().getUser() == ask().getPassword() == b""


def test_a_status_code_is_an_int_and_a_reason_bytes(ask):
    request = ask()
    with pytest.raises(TypeError):
        request.setResponseCode(b"200")
    with pytest.raises(TypeError):
        request.setResponseCode(200, "OK")
    request.setResponseCode(404)
    assert request.code_message == b"Not Found"
    request.setResponseCode(599)
    assert request.code_message == b"Unknown Status"


def test_a_redirect_is_302_with_a_location(ask):
    request = ask()
    request.redirect(b"/elsewhere")
    assert request.code == 302
    assert request.responseHeaders.getRawHeaders(b"location") == [b"/elsewhere"]


@pytest.mark.parametrize("length", [b"x", b"-1", b"+1", b"1 "])
def test_a_declared_length_is_a_number(ask, length):
    request = ask()
    request.setHeader(b"content-length", length)
    with pytest.raises(LocalProtocolError):
        request.write(b"")


def test_transfer_encoding_is_not_the_programs_to_set(ask):
    request = ask()
    request.setHeader(b"transfer-encoding", b"gzip")
    request.write(b"x")
    sent = request.channel.transport.value()
    assert b"gzip" not in sent
    assert b"Transfer-Encoding: chunked" in sent


@pytest.mark.parametrize(("name", "value"), [(b"x-own", b"a: b"), ("X-Own", "a: b")])
def test_what_was_set_before_anybody_looked_is_among_the_headers(ask, name, value):
    request = ask()
    request.setHeader(name, "first")
    request.setHeader(name, value)
    request.setHeader("x-other", "1\r\nx-evil: 2")
    headers = dict(request.responseHeaders.getAllRawHeaders())
    assert headers == {b"X-Own": [b"a: b"], b"X-Other": [b"1 x-evil: 2"]}
    request.setHeader(name, b"later")
    assert request.responseHeaders.getRawHeaders(b"x-own") == [b"later"]


def test_lines_set_as_a_whole_may_repeat_a_name(ask):
    request = ask()
    request.setHeader(b"x-gone", b"1")
    request.set_lines({b"X-Own": b"X-Own: 1\r\nX-Own: \r\n"})
    assert dict(request.responseHeaders.getAllRawHeaders()) == {b"X-Own": [b"1", b""]}


def test_a_header_that_closes_is_heeded_however_often_it_is_set(ask):
    for _ in range(2):
        request = ask()
        wire = request.channel.transport
        request.setHeader(b"connection", b"close")
        request.setHeader(b"content-length", b"1")
        request.write(b"x")
        request.finish()
        assert wire.value().count(b"Connection: close\r\n") == 1
        assert wire.disconnecting


def test_writing_and_finishing_can_be_overridden_on_one_request(ask):
    request = ask()
    calls = []
    request.channel.site = None
    request.write = calls.append
    request.finish = lambda: calls.append("finished")
    SiteRequest._send(request, b"whole")
    assert calls == [b"whole", "finished"]


def test_what_few_requests_have_is_at_its_default_until_it_is_set(ask):
    request = ask()
    assert (request.etag, request.lastModified, request.producer) == (None, None, None)
    assert type(request).etag is None
    request.setETag(b'"1"')
    assert (request.etag, request.lastModified) == (b'"1"', None)
    request.write(b"")
    assert b'ETag: "1"\r\n' in request.channel.transport.value()


def test_attributes_can_be_set_as_plain_ones(ask):
    request = ask()
    request.args = {b"a": [b"b"]}
    request.content = content = object()
    assert request.args == {b"a": [b"b"]}
    assert request.content is content
    request.__dict__.pop("content")


def test_a_finished_request_closes_its_body(ask):
    request = ask(body=b"hello", method=b"PUT")
    content = request.content
    request.finish()
    assert content.closed


def test_repr_names_method_and_target(ask):
    assert "method=GET uri=/x clientproto=HTTP/1.1" in repr(ask(target=b"/x"))


def test_a_producer_left_behind_is_reported_and_unregistered(ask, reported):
    request = ask()
    request.registerProducer(object(), True)
    request.finish()
    assert len(reported) == 1
    assert request.producer is None


class StandIn:
    """What programs put in a channel's place in their tests."""

    def __init__(self):
        self.calls = []

    def writeHeaders(self, version, code, reason, headers):
        self.calls.append((version, code, reason, dict(headers.getAllRawHeaders())))

    def write(self, data):
        self.calls.append(data)

    def requestDone(self, request):
        self.calls.append("done")


def test_a_stand_in_serves_a_sites_request_too():
    channel = StandIn()
    page = Data(b"hi", "text/plain")
    page.isLeaf = True
    channel.site = Site(page)
    request = SiteRequest(channel)
    request.gotLength(0)
    request.requestReceived(b"GET", b"", b"HTTP/1.1")
    assert channel.calls[1:] == [b"hi", "done"]


def test_a_stand_in_for_a_channel_needs_twisteds_methods_only():
    channel = StandIn()
    request = Request(channel)
    request.gotLength(0)
    request.requestReceived(b"GET", b"/", b"HTTP/1.1")
    request.setHeader(b"x", b"y")
    request.write(b"hello")
    request.finish()
    assert channel.calls == [
        (b"HTTP/1.1", b"200", b"OK", {b"X": [b"y"], b"Transfer-Encoding": [b"chunked"]}),
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        "done",
    ]
