"""Tests of endpoints on TCP whose hosts are names."""

from __future__ import annotations

import pytest
from zope.interface import implementer

from sennit.core.addresses import HostnameAddress, IPv4Address, IPv6Address
from sennit.core.errors import ConnectingCancelledError, DNSLookupError
from sennit.core.interfaces import IHostnameResolver
from sennit.endpoint import TCP6ClientEndpoint
from sennit.protocol import Factory, Protocol
from sennit.testing import MemoryReactor


@implementer(IHostnameResolver)
class Resolver:
    """Answers when it is told to."""

    cancelled = False

    def resolveHostName(self, receiver, hostName, portNumber=0, addressTypes=None, transportSemantics="TCP"):
        self.receiver, self.asked, self.types = receiver, (hostName, portNumber), addressTypes
        receiver.resolutionBegan(self)
        return self

    def cancel(self):
        self.cancelled = True

    def answer(self, *addresses):
        # Resolvers may say more than they were asked for.
        for address in addresses:
            self.receiver.addressResolved(address)
        self.receiver.resolutionComplete()


@pytest.fixture
def reactor():
    reactor = MemoryReactor()
    reactor.installNameResolver(Resolver())
    return reactor


def outcomes(deferred):
    found = []
    deferred.addBoth(found.append)
    return found


def connect(reactor, host):
    return TCP6ClientEndpoint(reactor, host, 80, 7, "::2").connect(Factory.forProtocol(Protocol))


@pytest.mark.parametrize(("scope", "text"), [(0, "2001:db8::1"), (3, "2001:db8::1%3")])
def test_a_name_is_connected_to_by_its_ipv6_address(reactor, scope, text):
    connect(reactor, "example.org")
    assert reactor.tcpClients == []
    reactor.nameResolver.answer(
        IPv4Address("TCP", "192.0.2.1", 80), IPv6Address("TCP", "2001:db8::1", 80, 0, scope)
    )
    ((host, port, _, timeout, bind),) = reactor.tcpClients
    assert (host, port, timeout, bind) == (text, 80, 7, "::2")
    assert reactor.nameResolver.asked == ("example.org", 80)


def test_a_name_without_an_ipv6_address_is_a_failure(reactor):
    found = outcomes(connect(reactor, "example.org"))
    reactor.nameResolver.answer(IPv4Address("TCP", "192.0.2.1", 80))
    assert found[0].check(DNSLookupError)
    assert reactor.tcpClients == []


def test_a_look_up_can_be_cancelled(reactor):
    deferred = connect(reactor, "example.org")
    found = outcomes(deferred)
    deferred.cancel()
    assert found[0].check(ConnectingCancelledError)
    assert found[0].value.address == HostnameAddress(b"example.org", 80)
    assert reactor.nameResolver.cancelled


def test_an_address_is_connected_to_as_it_is(reactor):
    connect(reactor, "2001:db8::1%eth0")
    assert reactor.tcpClients[0][0] == "2001:db8::1%eth0"
