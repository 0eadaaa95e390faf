"""Ways through another host: SOCKS 5 and CONNECT, and which requests take them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.kit import DONE, Endpoint, Outcome, Wire

from sennit.core.deferred import CancelledError
from sennit.core.errors import ConnectionDone
from sennit.endpoint.socks import SOCKS5ClientEndpoint, SOCKSHandshake
from sennit.endpoint.tunnelling import TunnelError
from sennit.http.client.errors import SchemeNotSupported
from sennit.http.client.limits import NO_TIMEOUTS
from sennit.http.client.proxying import Proxies, Router
from sennit.http.client.tunnel import HTTPTunnelEndpoint
from sennit.http.client.uri import URI
from sennit.http.headers import Headers
from sennit.protocol import Factory, Protocol
from sennit.testing import MemoryReactorClock


class Recorder(Protocol):
    def __init__(self):
        self.received = b""
        self.reason = None

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.reason = reason.value


class Way:
    """A connection to a host in between, which the test plays."""

    def __init__(self, make):
        self.proxy = Endpoint()
        self.outcome = Outcome(make(self.proxy).connect(Factory.forProtocol(Recorder)))
        (self.tunnel,) = self.proxy.protocols
        self.wire = self.tunnel.transport

    def say(self, data):
        self.tunnel.dataReceived(data)
        return self.wire.take()


def socks(host=b"example.com", **options):
    return lambda proxy: SOCKS5ClientEndpoint(proxy, host, 443, **options)


class TestSOCKS:
    def test_a_way_is_opened_to_a_name_that_the_proxy_looks_up(self):
        way = Way(socks())
        assert way.wire.take() == b"\x05\x01\x00"
        assert way.say(b"\x05\x00") == b"\x05\x01\x00\x03\x0bexample.com\x01\xbb"
        assert not way.outcome.results
        assert way.say(b"\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50early") == b""
        protocol = way.outcome.result
        assert protocol.received == b"early"
        assert protocol.transport is way.wire
        way.tunnel.dataReceived(b", late")
        assert protocol.received == b"early, late"
        way.tunnel.connectionLost(DONE)
        assert type(protocol.reason) is ConnectionDone

    @pytest.mark.parametrize(
        ("host", "said"),
        [(b"1.2.3.4", b"\x01\x01\x02\x03\x04"), (b"::1", b"\x04" + bytes(15) + b"\x01")],
    )
    def test_an_address_is_said_as_one(self, host, said):
        way = Way(socks(host))
        way.wire.take()
        assert way.say(b"\x05\x00") == b"\x05\x01\x00" + said + b"\x01\xbb"

    def test_it_says_who_we_are_if_it_is_asked(self):
        way = Way(socks(user=b"me", password=b"secret"))
        assert way.wire.take() == b"\x05\x02\x00\x02"
        assert way.say(b"\x05\x02") == b"\x01\x02me\x06secret"
        assert way.say(b"\x01\x00").startswith(b"\x05\x01")

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            ([b"\x04\x00"], "SOCKS 5"),
            ([b"\x05\xff"], "who we are"),
            ([b"\x05\x02"], "who we are"),
            ([b"HTTP/1.1 400"], "SOCKS 5"),
            ([b"\x05\x00", b"\x05\x05\x00\x01\x00"], "refused"),
            ([b"\x05\x00", b"\x05\x63\x00\x01\x00"], "99"),
            ([b"\x05\x00", b"\x05\x00\x00\x09\x00"], "kind"),
            ([b"\x05\x00", b"\x04\x00\x00\x01\x00"], "SOCKS 5"),
        ],
    )
    def test_a_proxy_that_does_not_open_it_fails_it(self, steps, message):
        way = Way(socks())
        for step in steps:
            way.say(step)
        assert isinstance(way.outcome.error, TunnelError)
        assert message in str(way.outcome.error)
        assert way.wire.disconnected

    def test_a_wrong_password_fails_it(self):
        way = Way(socks(user=b"me", password=b"secret"))
        way.say(b"\x05\x02")
        way.say(b"\x01\x01")
        assert "password" in str(way.outcome.error)

    def test_a_connection_that_is_lost_fails_it(self):
        way = Way(socks())
        way.tunnel.connectionLost(DONE)
        assert type(way.outcome.error) is ConnectionDone

    def test_giving_up_drops_the_connection(self):
        way = Way(socks())
        way.outcome.deferred.cancel()
        assert type(way.outcome.error) is CancelledError
        assert way.wire.disconnected

    @pytest.mark.parametrize(
        "arguments",
        [(b"", 1), (b"a" * 256, 1), (b"a", 1, b"", b"x"), (b"a", 1, b"u" * 256, b"x"), (b"a", 1, b"u", None)],
    )
    def test_what_cannot_be_said_is_refused(self, arguments):
        with pytest.raises(ValueError, match="1 to 255"):
            SOCKS5ClientEndpoint(Endpoint(), *arguments)

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=40), st.lists(st.integers(1, 5), max_size=20))
    def test_whatever_comes_is_the_same_however_it_is_cut(self, data, cuts):
        def run(pieces):
            handshake = SOCKSHandshake(b"h", 1, b"u", b"p")
            sent = handshake.greeting()
            try:
                for piece in pieces:
                    sent += handshake.receive_data(piece)
            except TunnelError as error:
                return sent, str(error)
            return sent, handshake.done, handshake.take_rest()

        pieces, rest = [], data
        for cut in cuts:
            pieces.append(rest[:cut])
            rest = rest[cut:]
        assert run([*pieces, rest]) == run([data])


def connect(host=b"example.com", headers=None):
    return lambda proxy: HTTPTunnelEndpoint(proxy, host, 443, headers)


class TestCONNECT:
    @pytest.mark.parametrize("fields", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
    def test_a_way_is_opened(self, fields):
        way = Way(connect())
        assert way.wire.take() == b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
        for octet in b"HTTP/1.1 200 Connection established\r\n" + fields + b"\r\n":
            way.say(bytes([octet]))
        protocol = way.outcome.result
        way.tunnel.dataReceived(b"from beyond")
        assert protocol.received == b"from beyond"

    def test_what_comes_with_the_answer_is_from_beyond(self):
        way = Way(connect())
        way.say(b"HTTP/1.0 200 OK\r\n\r\nSSH-2.0")
        assert way.outcome.result.received == b"SSH-2.0"

    def test_an_address_of_version_6_is_in_brackets(self):
        assert Way(connect(b"::1")).wire.take().startswith(b"CONNECT [::1]:443 ")

    def test_fields_for_the_proxy_are_sent_to_it(self):
        headers = Headers({"Proxy-Authorization": ["Basic eA=="]})
        assert b"Proxy-Authorization: Basic eA==\r\n" in Way(connect(headers=headers)).wire.take()

    @pytest.mark.parametrize("host", [b"a\r\nX: y", b"a b", b"a\0"])
    def test_cve_2019_12387_a_host_that_may_not_go_on_the_wire_is_refused(self, host):
        with pytest.raises(ValueError, match=r"URI|NUL"):
            connect(host)(Endpoint())

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "407 Proxy"),
            (b"HTTP/1.1 502 Bad\r\nContent-Length: 100\r\n\r\n", "502"),
            (b"HTTP/1.1 101 Switching\r\n\r\n", "101"),
            (b"SSH-2.0-x\r\n", "no HTTP"),
            (b"HTTP/1.1 200 " + b"x" * 70000, "no HTTP"),
        ],
    )
    def test_a_proxy_that_does_not_open_it_fails_it(self, answer, message):
        way = Way(connect())
        way.say(answer)
        assert isinstance(way.outcome.error, TunnelError)
        assert message in str(way.outcome.error)
        assert way.wire.disconnected
        way.tunnel.connectionLost(DONE)

    def test_informational_answers_are_passed_over(self):
        way = Way(connect())
        way.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert not way.outcome.results
        way.say(b"HTTP/1.1 200 OK\r\n\r\n")
        assert way.outcome.result


class Policy:
    def creatorForNetloc(self, hostname, port):
        return ("settings", hostname, port)


def route(uri, proxies=None):
    router = Router(MemoryReactorClock(), Policy(), proxies)
    return router.route(URI.fromBytes(uri), NO_TIMEOUTS)


class TestRoutes:
    def test_without_a_proxy_a_request_goes_straight(self):
        found = route(b"http://a:81/x?y#z")
        assert (found.key, found.target, found.headers) == ((b"http", b"a", 81), b"/x?y", None)
        assert "HostnameEndpoint a:81" in repr(found.endpoint)

    def test_http_by_a_proxy_is_asked_for_in_absolute_form(self):
        found = route(b"http://u:p@a:81/x?y#z", Proxies("http://me:a%20b@proxy:3128"))
        assert found.target == b"http://a:81/x?y"
        assert found.headers.getRawHeaders("proxy-authorization") == ["Basic bWU6YSBi"]
        assert "proxy:3128" in repr(found.endpoint)
        assert found.key == route(b"http://b/", Proxies("http://me:a%20b@proxy:3128")).key

    def test_https_by_a_proxy_goes_through_a_tunnel_and_tells_the_server_nothing_of_the_proxy(self):
        found = route(b"https://a/x", Proxies("http://me:pw@proxy"))
        assert (found.target, found.headers) == (b"/x", None)
        assert isinstance(found.endpoint._wrappedEndpoint, HTTPTunnelEndpoint)
        assert found.key != route(b"https://a/x").key

    def test_socks_is_a_tunnel_for_both(self):
        found = route(b"http://a/x", Proxies("socks5h://me:pw@proxy"))
        assert isinstance(found.endpoint, SOCKS5ClientEndpoint)
        assert found.target == b"/x"
        found = route(b"https://a/x", Proxies({"https": "socks5://proxy"}))
        assert isinstance(found.endpoint._wrappedEndpoint, SOCKS5ClientEndpoint)

    @pytest.mark.parametrize("uri", [b"ftp://a/", b"file:///etc/passwd", b"/x"])
    def test_other_schemes_are_refused(self, uri):
        with pytest.raises(SchemeNotSupported):
            route(uri)

    def test_a_uri_without_a_host_is_refused(self):
        with pytest.raises(ValueError, match="no host"):
            route(b"http:///x")

    @pytest.mark.parametrize("proxy", ["ftp://proxy", "proxy:3128", "http://"])
    def test_what_is_no_proxy_is_refused(self, proxy):
        with pytest.raises(ValueError, match="A proxy is"):
            Proxies(proxy)

    @pytest.mark.parametrize(
        ("uri", "straight"),
        [
            (b"http://example.com/", True),
            (b"http://www.Example.com./", True),
            (b"http://badexample.com/", False),
            (b"http://10.1.2.3/", True),
            (b"http://11.1.2.3/", False),
            (b"http://[::1]/", True),
            (b"http://other/", False),
        ],
    )
    def test_some_hosts_are_reached_without(self, uri, straight):
        proxies = Proxies("http://proxy", [".example.com", "10.0.0.0/8", "::1"])
        assert (proxies.proxy_for(URI.fromBytes(uri)) is None) is straight

    def test_a_star_is_every_host(self):
        assert Proxies("http://proxy", ["*"]).proxy_for(URI.fromBytes(b"http://a/")) is None

    def test_the_environment_names_proxies(self):
        proxies = Proxies.from_environment(
            {"http_proxy": "one:1", "HTTPS_PROXY": "http://two", "no_proxy": "a, b", "FTP_PROXY": "x"}
        )
        assert proxies.proxy_for(URI.fromBytes(b"http://c/")).host == b"one"
        assert proxies.proxy_for(URI.fromBytes(b"https://c/")).host == b"two"
        assert proxies.proxy_for(URI.fromBytes(b"https://b/")) is None

    def test_cve_2016_1000111_a_request_field_names_no_proxy(self):
        environment = {"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}
        assert Proxies.from_environment(environment).proxy_for(URI.fromBytes(b"http://a/")) is None
        assert Proxies.from_environment({"HTTP_PROXY": "http://p"}).proxy_for(URI.fromBytes(b"http://a/"))


def test_a_tunnel_whose_program_wants_no_protocol_is_closed():
    class Unwilling(Factory):
        def buildProtocol(self, addr):
            return None

    proxy = Endpoint()
    outcome = Outcome(HTTPTunnelEndpoint(proxy, b"a", 1).connect(Unwilling()))
    proxy.protocols[0].dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
    assert isinstance(outcome.error, TunnelError)
    assert proxy.protocols[0].transport.disconnected


def test_a_transport_that_shows_its_protocol_is_given_the_new_one():
    class Showing(Wire):
        protocol = None

    class ShowingEndpoint(Endpoint):
        def connect(self, factory):
            connected = super().connect(factory)
            self.protocols[-1].transport.protocol = self.protocols[-1]
            return connected

    proxy = ShowingEndpoint()
    outcome = Outcome(HTTPTunnelEndpoint(proxy, b"a", 1).connect(Factory.forProtocol(Recorder)))
    proxy.protocols[0].dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
    assert proxy.protocols[0].transport.protocol is outcome.result
