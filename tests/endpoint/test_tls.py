"""Endpoints with TLS: what they ask of the reactor and of the TLS room."""

from __future__ import annotations

import types

from tests.tls.kit import standard_client, standard_server

from sennit.core.deferred import Deferred, succeed
from sennit.endpoint import (
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    wrapClientTLS,
    wrapServerTLS,
)
from sennit.protocol import Factory
from sennit.task import Clock
from sennit.tls import TLSMemoryBIOFactory


class Secure:
    """A reactor with TLS methods."""

    def listenSSL(self, port, factory, contextFactory, backlog=50, interface=""):
        self.listening = (port, factory, contextFactory, backlog, interface)
        return "port"

    def connectSSL(self, host, port, factory, contextFactory, timeout=30, bindAddress=None):
        self.connecting = (host, port, contextFactory, timeout, bindAddress)
        self.factory = factory


def outcome(deferred):
    results = []
    deferred.addBoth(results.append)
    return results[0] if results else None


def test_a_server_endpoint_calls_listen_ssl():
    reactor, factory = Secure(), Factory()
    assert outcome(SSL4ServerEndpoint(reactor, 443, "context", 5, "::1").listen(factory)) == "port"
    assert reactor.listening == (443, factory, "context", 5, "::1")


def test_a_client_endpoint_calls_connect_ssl():
    reactor = Secure()
    SSL4ClientEndpoint(reactor, "host", 443, "context", 5, ("::1", 0)).connect(Factory())
    assert reactor.connecting == ("host", 443, "context", 5, ("::1", 0))


class Below:
    """The endpoint that a layer is put around."""

    def __init__(self):
        self.connected = Deferred()

    def connect(self, factory):
        self.factory = factory
        return self.connected

    def listen(self, factory):
        self.factory = factory
        return succeed("port")


def test_a_wrapped_client_endpoint_gives_the_users_protocol():
    below, factory, clock = Below(), Factory(), Clock()
    connecting = wrapClientTLS(standard_client(), below, clock).connect(factory)
    assert isinstance(below.factory, TLSMemoryBIOFactory)
    assert (below.factory.wrappedFactory, below.factory.clock) == (factory, clock)
    below.connected.callback(types.SimpleNamespace(wrappedProtocol="the user's"))
    assert outcome(connecting) == "the user's"


def test_a_wrapped_server_endpoint_listens_with_the_layer():
    below, factory = Below(), Factory()
    assert outcome(wrapServerTLS(standard_server(), below).listen(factory)) == "port"
    assert isinstance(below.factory, TLSMemoryBIOFactory)
    assert (below.factory.wrappedFactory, below.factory.clock) == (factory, None)


def test_a_reactor_without_tls_is_told():
    for deferred in (
        SSL4ServerEndpoint(object(), 443, "context").listen(Factory()),
        SSL4ClientEndpoint(object(), "host", 443, "context").connect(Factory()),
    ):
        failure = outcome(deferred)
        assert failure.check(TypeError)
        assert "SSL: it does not provide IReactorSSL" in str(failure.value)
