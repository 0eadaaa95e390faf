"""Connections kept for the next request: which, how many, how long, and what if one is gone."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.kit import DONE, ByHand, Endpoint, Outcome, request

from sennit.core.errors import ConnectionRefusedError
from sennit.http.client.agent import Agent, ProxyAgent
from sennit.http.client.errors import RequestTransmissionFailed, ResponseNeverReceived, SchemeNotSupported
from sennit.http.client.pool import HTTP11ClientFactory, HTTPConnectionPool
from sennit.http.client.stale import is_stale
from sennit.http.headers import Headers
from sennit.testing import Clock

KEY = (b"http", b"example.com", 80)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Setting:
    def __init__(self, **options):
        self.clock = Clock()
        self.pool = HTTPConnectionPool(self.clock, **options)
        self.endpoint = Endpoint()

    @property
    def protocols(self):
        return self.endpoint.protocols

    def ask(self, method=b"GET", body=None, key=KEY):
        connected = self.pool.getConnection(key, self.endpoint)
        return Outcome(connected.addCallback(lambda each: each.request(request(method, body=body))))

    def use(self, key=KEY):
        outcome = self.ask(key=key)
        self.protocols[-1].dataReceived(ANSWER)
        return outcome.result


@pytest.fixture
def setting():
    return Setting()


def test_a_connection_serves_one_request_after_another(setting):
    for _ in range(3):
        setting.use()
    assert len(setting.protocols) == 1


def test_requests_at_one_time_have_a_connection_each(setting):
    setting.ask()
    setting.ask()
    assert len(setting.protocols) == 2


def test_connections_of_other_keys_are_others(setting):
    setting.use()
    setting.use(key=(b"https", b"example.com", 443))
    assert len(setting.protocols) == 2


def test_no_more_are_kept_than_allowed_and_the_oldest_goes_first(setting):
    setting.pool.maxPersistentPerHost = 2
    for _ in range(3):
        setting.ask()
    for protocol in setting.protocols:
        protocol.dataReceived(ANSWER)
    assert [each.transport.disconnecting for each in setting.protocols] == [True, False, False]


def test_a_connection_is_kept_for_a_time(setting):
    setting.pool.cachedConnectionTimeout = 7
    setting.use()
    setting.clock.advance(6.9)
    assert not setting.protocols[0].transport.disconnecting
    setting.clock.advance(0.2)
    assert setting.protocols[0].transport.disconnecting
    setting.ask()
    assert len(setting.protocols) == 2


def test_using_a_connection_stops_the_time(setting):
    setting.use()
    setting.ask()
    assert not setting.clock.getDelayedCalls()


def test_a_connection_that_was_lost_is_not_used(setting):
    setting.use()
    setting.protocols[0].connectionLost(DONE)
    setting.ask()
    assert len(setting.protocols) == 2


def test_closing_closes_what_is_idle_and_tells_when(setting):
    setting.use()
    closed = Outcome(setting.pool.closeCachedConnections())
    assert setting.protocols[0].transport.disconnecting
    assert not setting.protocols[0].transport.disconnected
    assert not closed.results
    setting.protocols[0].connectionLost(DONE)
    assert closed.results == [None]
    assert not setting.clock.getDelayedCalls()


def test_a_request_lost_on_a_kept_connection_is_sent_again_on_a_new_one(setting):
    setting.use()
    outcome = setting.ask()
    setting.protocols[0].connectionLost(DONE)
    assert len(setting.protocols) == 2
    setting.protocols[1].dataReceived(ANSWER)
    assert outcome.result.code == 200


def test_a_request_lost_on_a_new_connection_is_not_sent_again(setting):
    outcome = setting.ask()
    setting.protocols[0].connectionLost(DONE)
    assert type(outcome.error) is ResponseNeverReceived
    assert len(setting.protocols) == 1


@pytest.mark.parametrize("method", [b"POST", b"PATCH", b"PUT"])
def test_a_request_that_may_not_be_repeated_is_not(setting, method):
    setting.use()
    outcome = setting.ask(method)
    setting.protocols[0].connectionLost(DONE)
    assert type(outcome.error) is ResponseNeverReceived


def test_a_request_with_a_body_is_not_sent_again(setting):
    setting.use()
    outcome = setting.ask(body=ByHand(5))
    setting.protocols[0].connectionLost(DONE)
    assert type(outcome.error) is RequestTransmissionFailed


def test_a_request_that_was_given_up_is_not_sent_again(setting):
    setting.use()
    outcome = setting.ask()
    outcome.deferred.cancel()
    assert type(outcome.error) is ResponseNeverReceived
    assert len(setting.protocols) == 1


def test_a_request_is_not_sent_again_if_nobody_wants_that(setting):
    setting.pool.retryAutomatically = False
    setting.use()
    outcome = setting.ask()
    setting.protocols[0].connectionLost(DONE)
    assert type(outcome.error) is ResponseNeverReceived


def test_half_an_answer_is_not_asked_for_again(setting):
    setting.use()
    outcome = setting.ask()
    setting.protocols[0].dataReceived(b"HTTP/1.1 200")
    setting.protocols[0].connectionLost(DONE)
    assert not isinstance(outcome.error, ResponseNeverReceived)


class TestALimitOfConnections:
    @pytest.fixture
    def setting(self):
        return Setting(limit_per_host=2)

    def test_requests_beyond_it_wait_for_a_connection(self, setting):
        outcomes = [setting.ask() for _ in range(4)]
        assert len(setting.protocols) == 2
        setting.protocols[1].dataReceived(ANSWER)
        assert outcomes[1].result.code == 200
        setting.protocols[1].dataReceived(ANSWER)
        assert outcomes[2].result.code == 200
        assert not outcomes[3].results or len(setting.protocols) == 2

    def test_a_connection_that_is_lost_makes_room_for_another(self, setting):
        outcomes = [setting.ask() for _ in range(3)]
        setting.protocols[0].connectionLost(DONE)
        assert type(outcomes[0].error) is ResponseNeverReceived
        assert len(setting.protocols) == 3
        setting.protocols[2].dataReceived(ANSWER)
        assert outcomes[2].result.code == 200

    def test_one_that_fails_to_connect_makes_room_too(self, setting):
        for _ in range(2):
            setting.ask()
        waiting = setting.ask()
        setting.endpoint.failing = ConnectionRefusedError()
        setting.protocols[0].connectionLost(DONE)
        assert type(waiting.error) is ConnectionRefusedError
        setting.endpoint.failing = None
        setting.ask()
        assert len(setting.protocols) == 3

    def test_who_gives_up_waiting_is_passed_over(self, setting):
        outcomes = [setting.ask() for _ in range(4)]
        outcomes[2].deferred.cancel()
        setting.protocols[0].dataReceived(ANSWER)
        setting.protocols[0].dataReceived(ANSWER)
        assert outcomes[3].result.code == 200

    def test_another_host_has_its_own(self, setting):
        for _ in range(2):
            setting.ask()
        setting.ask(key=(b"http", b"example.org", 80))
        assert len(setting.protocols) == 3


def test_a_connection_that_has_something_to_read_while_it_is_idle_is_stale():
    class Transport:
        disconnecting = False

        def __init__(self, sock):
            self.fileno = sock.fileno

    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not is_stale(Transport(ours))
        theirs.send(b"HTTP/1.1 408 Request Timeout\r\n")
        assert is_stale(Transport(ours))
        ours.recv(100)
        assert not is_stale(Transport(ours))
        theirs.shutdown(socket.SHUT_WR)
        assert is_stale(Transport(ours))


def test_a_stale_connection_is_not_used(setting, monkeypatch):
    setting.use()
    monkeypatch.setattr("sennit.http.client.pool.is_stale", lambda transport: True)
    setting.clock.advance(1)
    setting.ask()
    assert len(setting.protocols) == 2
    assert setting.protocols[0].transport.disconnecting


def test_a_factory_tells_what_its_connections_are_for():
    assert "there" in repr(HTTP11ClientFactory(lambda _: None, "there"))


class Factory:
    def __init__(self):
        self.endpoint = Endpoint()
        self.uris = []

    def endpointForURI(self, uri):
        self.uris.append(uri)
        if uri.scheme == b"gopher":
            raise SchemeNotSupported("no gopher")
        return self.endpoint


class TestAgent:
    @pytest.fixture
    def factory(self):
        return Factory()

    @pytest.fixture
    def agent(self, factory):
        clock = Clock()
        return Agent.usingEndpointFactory(clock, factory, HTTPConnectionPool(clock))

    def ask(self, factory, agent, *args):
        outcome = Outcome(agent.request(*args))
        return outcome, factory.endpoint.protocols[-1].transport.take()

    @pytest.mark.parametrize(
        ("uri", "line", "host"),
        [
            (b"http://example.com", b"GET / HTTP/1.1", b"example.com"),
            (b"http://example.com:80/a?b=c#d", b"GET /a?b=c HTTP/1.1", b"example.com"),
            (b"http://example.com:8080/", b"GET / HTTP/1.1", b"example.com:8080"),
            (b"https://example.com/", b"GET / HTTP/1.1", b"example.com"),
            (b"https://example.com:80/", b"GET / HTTP/1.1", b"example.com:80"),
            (b"http://[::1]:8080/", b"GET / HTTP/1.1", b"[::1]:8080"),
            (b"http://user:secret@example.com/", b"GET / HTTP/1.1", b"example.com"),
            (b" http://example.com/ ", b"GET / HTTP/1.1", b"example.com"),
        ],
    )
    def test_a_uri_becomes_target_and_host(self, factory, agent, uri, line, host):
        _, sent = self.ask(factory, agent, b"GET", uri)
        assert sent == line + b"\r\nHost: " + host + b"\r\n\r\n"

    def test_a_host_that_is_given_stays_and_the_fields_of_the_program_are_its_own(self, factory, agent):
        headers = Headers({"Host": ["other"], "A": ["b"]})
        _, sent = self.ask(factory, agent, b"GET", b"http://example.com/", headers)
        assert sent == b"GET / HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n"
        plain = Headers({"A": ["b"]})
        self.ask(factory, agent, b"GET", b"http://example.com/", plain)
        assert plain == Headers({"A": ["b"]})

    @pytest.mark.parametrize(
        "uri",
        [
            b"http://example.com/\r\nX: y",
            b"http://example.com/a b",
            b"http://exa\nmple.com/",
            b"http://example.com/\xe9",
            b"http://example.com/\0",
            b"http://example.com:99999/",
        ],
    )
    def test_cve_2019_12387_a_uri_that_may_not_go_on_the_wire_is_refused(self, factory, agent, uri):
        with pytest.raises(ValueError, match=r"URI|port"):
            agent.request(b"GET", uri)
        assert not factory.endpoint.protocols

    @pytest.mark.parametrize("method", [b"GET /x HTTP/1.1\r\nHost: y\r\n\r\nGET", b"G T", b"\n"])
    def test_cve_2019_12387_a_method_that_may_not_go_on_the_wire_is_refused(self, factory, agent, method):
        with pytest.raises(ValueError, match="method"):
            agent.request(method, b"http://example.com/")
        assert not factory.endpoint.protocols

    def test_a_scheme_that_is_not_spoken_fails(self, factory, agent):
        assert type(Outcome(agent.request(b"GET", b"gopher://example.com/")).error) is SchemeNotSupported
        plain = Agent(Clock())
        assert type(Outcome(plain.request(b"GET", b"ftp://example.com/")).error) is SchemeNotSupported

    def test_kept_connections_are_used_by_scheme_host_and_port(self, factory, agent):
        for uri, connections in [
            (b"http://a/", 1),
            (b"http://a/x", 1),
            (b"https://a/", 2),
            (b"http://a:81/", 3),
            (b"http://b/", 4),
            (b"http://a:80/", 4),
        ]:
            outcome = Outcome(agent.request(b"GET", uri))
            if not outcome.results:
                waiting = [each for each in factory.endpoint.protocols if each.state == "WAITING"]
                waiting[0].dataReceived(ANSWER)
            assert outcome.result.code == 200
            assert len(factory.endpoint.protocols) == connections

    def test_a_response_knows_what_was_asked_for(self, factory, agent):
        outcome, _ = self.ask(factory, agent, b"GET", b"http://example.com:80/a?b#c")
        factory.endpoint.protocols[0].dataReceived(ANSWER)
        assert outcome.result.request.absoluteURI == b"http://example.com:80/a?b#c"

    def test_without_a_pool_each_request_has_a_connection_of_its_own(self, factory):
        agent = Agent.usingEndpointFactory(Clock(), factory)
        _, sent = self.ask(factory, agent, b"GET", b"http://example.com/")
        assert b"Connection: close\r\n" in sent

    def test_a_proxy_is_asked_for_whole_uris(self):
        endpoint = Endpoint()
        agent = ProxyAgent(endpoint, Clock(), HTTPConnectionPool(Clock()))
        for host in (b"a", b"b"):
            outcome = Outcome(agent.request(b"GET", b"http://%b/x" % host))
            (protocol,) = endpoint.protocols
            assert protocol.transport.take() == b"GET http://%b/x HTTP/1.1\r\nHost: %b\r\n\r\n" % (host, host)
            protocol.dataReceived(ANSWER)
            assert outcome.result.code == 200
