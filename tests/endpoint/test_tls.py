"""Endpoints with TLS: what they ask of the reactor, of the TLS room, and what they say without it."""

from __future__ import annotations

import sys
import types

import pytest

from sennit.core.deferred import Deferred, succeed
from sennit.endpoint import (
    MissingExtraError,
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    clientFromString,
    serverFromString,
    wrapClientTLS,
    wrapServerTLS,
)
from sennit.protocol import Factory


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


@pytest.fixture
def without_tls(monkeypatch):
    monkeypatch.setitem(sys.modules, "sennit.tls", None)


@pytest.fixture
def layer(monkeypatch):
    """A TLS room whose factory only remembers what it was made with."""
    room = types.ModuleType("sennit.tls")

    class TLSMemoryBIOFactory:
        def __init__(self, contextFactory, isClient, wrappedFactory, clock=None):
            self.made = (contextFactory, isClient, wrappedFactory, clock)

    room.TLSMemoryBIOFactory = TLSMemoryBIOFactory
    monkeypatch.setitem(sys.modules, "sennit.tls", room)
    return room


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


def test_a_wrapped_client_endpoint_gives_the_users_protocol(layer):
    below, factory = Below(), Factory()
    connecting = wrapClientTLS("creator", below, "clock").connect(factory)
    assert below.factory.made == ("creator", True, factory, "clock")
    below.connected.callback(types.SimpleNamespace(wrappedProtocol="the user's"))
    assert outcome(connecting) == "the user's"


def test_a_wrapped_server_endpoint_listens_with_the_layer(layer):
    below, factory = Below(), Factory()
    assert outcome(wrapServerTLS("creator", below).listen(factory)) == "port"
    assert below.factory.made == ("creator", False, factory, None)


SENTENCE = r"TLS needs Sennit's extra 'tls': pip install 'sennit\[tls\]'\."


@pytest.mark.usefixtures("without_tls")
@pytest.mark.parametrize("wrap", [wrapClientTLS, wrapServerTLS])
def test_without_the_extra_wrapping_says_what_is_missing(wrap):
    with pytest.raises(MissingExtraError, match=SENTENCE):
        wrap("creator", Below())


@pytest.mark.usefixtures("without_tls")
@pytest.mark.parametrize(
    ("make", "description"),
    [
        (serverFromString, "ssl:443"),
        (serverFromString, "tls:/etc/certificates"),
        (clientFromString, "ssl:host:443"),
        (clientFromString, "tls:host:443"),
    ],
)
def test_without_the_extra_descriptions_say_what_is_missing(make, description):
    with pytest.raises(MissingExtraError, match=SENTENCE):
        make(object(), description)


@pytest.mark.usefixtures("without_tls")
def test_without_the_extra_the_ssl_endpoints_fail_with_what_is_missing():
    for deferred in (
        SSL4ServerEndpoint(object(), 443, "context").listen(Factory()),
        SSL4ClientEndpoint(object(), "host", 443, "context").connect(Factory()),
    ):
        assert outcome(deferred).check(MissingExtraError)


def test_a_reactor_without_tls_is_told_apart_from_a_missing_extra(layer):
    failure = outcome(SSL4ServerEndpoint(object(), 443, "context").listen(Factory()))
    assert failure.check(TypeError)
    assert "has no listenSSL" in str(failure.value)
