"""Happy Eyeballs (RFC 8305), with time under control."""

from __future__ import annotations

import socket

import pytest
from zope.interface import implementer

from sennit.core.addresses import HostnameAddress, IPv4Address, IPv6Address
from sennit.core.errors import ConnectError, ConnectingCancelledError, DNSLookupError, TimeoutError
from sennit.core.failure import Failure
from sennit.core.interfaces import IHostnameResolver, IHostResolution
from sennit.endpoint import HostnameEndpoint
from sennit.protocol import Factory, Protocol
from sennit.testing import MemoryReactorClock, StringTransport


@implementer(IHostnameResolver, IHostResolution)
class Resolver:
    """A resolver whose answers the test gives."""

    cancelled = False
    receiver = None

    def resolveHostName(
        self, resolutionReceiver, hostName, portNumber=0, addressTypes=None, transportSemantics="TCP"
    ):
        self.receiver, self.name, self.port = resolutionReceiver, hostName, portNumber
        resolutionReceiver.resolutionBegan(self)
        return self

    def cancel(self):
        self.cancelled = True

    def answer(self, *hosts, complete=True):
        for host in hosts:
            kind = IPv6Address if ":" in host else IPv4Address
            self.receiver.addressResolved(kind("TCP", host, self.port))
        if complete:
            self.receiver.resolutionComplete()


class Race:
    """A connect under way."""

    def __init__(self, host="example.org", **options):
        self.resolver = Resolver()
        self.reactor = MemoryReactorClock()
        self.reactor.installNameResolver(self.resolver)
        self.endpoint = HostnameEndpoint(self.reactor, host, 80, **options)
        self.results = []
        self.deferred = self.endpoint.connect(Factory.forProtocol(Protocol))
        self.deferred.addBoth(self.results.append)

    @property
    def tried(self):
        return [client[0] for client in self.reactor.tcpClients]

    @property
    def stopped(self):
        return [bool(connector.stoppedConnecting) for connector in self.reactor.connectors]

    def win(self, index):
        protocol = self.reactor.tcpClients[index][2].buildProtocol(None)
        protocol.makeConnection(StringTransport())
        return protocol

    def lose(self, index, error=None):
        error = ConnectError(string=self.tried[index]) if error is None else error
        self.reactor.tcpClients[index][2].clientConnectionFailed(None, Failure(error))

    def idle(self):
        return self.reactor.getDelayedCalls() == []


def test_the_first_address_wins_and_nothing_is_left():
    race = Race()
    assert (race.resolver.name, race.resolver.port) == ("example.org", 80)
    race.resolver.answer("10.0.0.1", "10.0.0.2")
    assert race.tried == ["10.0.0.1"]
    protocol = race.win(0)
    assert race.results == [protocol]
    assert race.idle()


def test_families_take_turns_in_the_resolvers_order():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2", "fd00::3")
    for _ in range(8):
        race.reactor.advance(0.25)
    assert race.tried == ["10.0.0.1", "fd00::1", "10.0.0.2", "fd00::2", "fd00::3"]
    assert race.reactor.tcpClients[0][3] == 30


def test_the_next_attempt_begins_a_quarter_of_a_second_after_the_last():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2")
    race.reactor.advance(0.249)
    assert race.tried == ["10.0.0.1"]
    race.reactor.advance(0.001)
    assert race.tried == ["10.0.0.1", "10.0.0.2"]


def test_the_attempt_delay_is_an_argument():
    race = Race(attemptDelay=2)
    race.resolver.answer("10.0.0.1", "10.0.0.2")
    race.reactor.advance(1.9)
    assert len(race.tried) == 1
    race.reactor.advance(0.1)
    assert len(race.tried) == 2


def test_a_failed_attempt_is_followed_at_once():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2")
    race.lose(0)
    assert race.tried == ["10.0.0.1", "10.0.0.2"]


def test_a_failed_attempt_does_not_hurry_the_next_while_another_is_under_way():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2", "10.0.0.3")
    race.reactor.advance(0.25)
    race.lose(0)
    assert len(race.tried) == 2
    race.reactor.advance(0.25)
    assert len(race.tried) == 3


def test_a_later_attempt_can_win_and_the_earlier_is_stopped():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2", "10.0.0.3")
    race.reactor.advance(0.25)
    protocol = race.win(1)
    assert race.results == [protocol]
    assert race.stopped == [True, False]
    assert race.idle()


def test_when_all_fail_the_last_error_tells_of_the_others():
    race = Race()
    race.resolver.answer("10.0.0.1", "fd00::1")
    race.lose(0)
    race.lose(1)
    (failure,) = race.results
    assert failure.check(ConnectError)
    assert "fd00::1" in str(failure.value)
    assert failure.value.__notes__ == ["10.0.0.1 port 80: An error occurred while connecting: 10.0.0.1."]
    assert race.idle()


def test_a_thousand_addresses_that_fail_at_once_do_not_exhaust_the_stack():
    class Refusing(MemoryReactorClock):
        count = 0

        def connectTCP(self, *args, **kwargs):
            self.count += 1
            raise ConnectError(string="no")

    resolver, reactor, results = Resolver(), Refusing(), []
    reactor.installNameResolver(resolver)
    HostnameEndpoint(reactor, "example.org", 80).connect(Factory()).addBoth(results.append)
    resolver.answer(*(f"10.0.{n // 250}.{n % 250}" for n in range(1000)))
    assert reactor.count == 1000
    assert results[0].check(ConnectError)


def test_a_name_without_addresses_fails_with_a_lookup_error():
    race = Race()
    race.resolver.answer()
    assert race.results[0].check(DNSLookupError)
    assert "no results for hostname lookup: example.org" in str(race.results[0].value)


def test_an_ipv6_address_starts_the_attempts_before_resolution_is_complete():
    race = Race()
    race.resolver.answer("fd00::1", complete=False)
    race.reactor.advance(0)
    assert race.tried == ["fd00::1"]


def test_an_ipv4_address_waits_fifty_milliseconds_for_ipv6():
    race = Race()
    race.resolver.answer("10.0.0.1", complete=False)
    race.reactor.advance(0.049)
    assert race.tried == []
    race.reactor.advance(0.001)
    assert race.tried == ["10.0.0.1"]
    race.resolver.answer("10.0.0.2", complete=False)
    race.reactor.advance(0.25)
    assert race.tried == ["10.0.0.1", "10.0.0.2"]
    race.lose(0)
    race.lose(1)
    assert race.results == []
    race.resolver.answer("10.0.0.3")
    assert race.tried == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    race.lose(2)
    assert race.results[0].check(ConnectError)


def test_an_address_given_twice_is_tried_once():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.1")
    race.lose(0)
    assert race.tried == ["10.0.0.1"]
    assert race.results[0].check(ConnectError)


def test_a_scope_goes_along_with_a_link_local_address():
    race = Race()
    race.resolver.receiver.addressResolved(IPv6Address("TCP", "fe80::1", 80, 0, "eth0"))
    race.resolver.receiver.resolutionComplete()
    assert race.tried == ["fe80::1%eth0"]


def test_cancelling_during_resolution_cancels_it():
    race = Race()
    race.deferred.cancel()
    assert race.resolver.cancelled
    assert race.results[0].check(DNSLookupError)
    race.resolver.answer("10.0.0.1")
    assert race.tried == []
    assert race.idle()


def test_cancelling_during_attempts_stops_all_of_them():
    race = Race()
    race.resolver.answer("10.0.0.1", "10.0.0.2", "10.0.0.3")
    race.reactor.advance(0.25)
    race.deferred.cancel()
    assert race.stopped == [True, True]
    assert race.results[0].check(ConnectingCancelledError)
    assert race.results[0].value.address == HostnameAddress(b"example.org", 80)
    assert race.idle()


def test_an_overall_timeout_ends_everything():
    race = Race(overall_timeout=5)
    race.resolver.answer("10.0.0.1", complete=False)
    race.reactor.pump([1, 1, 1, 1])
    assert race.results == []
    race.reactor.advance(1)
    assert race.results[0].check(TimeoutError)
    assert race.stopped == [True]
    assert race.resolver.cancelled
    assert race.idle()


def test_a_resolver_that_raises_fails_the_connect():
    class Broken:
        def resolveHostName(self, *args, **kwargs):
            raise KeyError("no")

    reactor, results = MemoryReactorClock(), []
    reactor.installNameResolver(Broken())
    HostnameEndpoint(reactor, "h", 1).connect(Factory()).addBoth(results.append)
    assert results[0].check(KeyError)


@pytest.mark.parametrize(
    ("given", "wire", "text", "shown"),
    [
        ("example.org", b"example.org", "example.org", "example.org"),
        (b"example.org", b"example.org", "example.org", "example.org"),
        ("Example.ORG.", b"Example.ORG.", "Example.ORG.", "Example.ORG."),
        ("b\u00fccher.ch", b"xn--bcher-kva.ch", "b\u00fccher.ch", "xn--bcher-kva.ch"),
        (b"xn--bcher-kva.ch", b"xn--bcher-kva.ch", "b\u00fccher.ch", "xn--bcher-kva.ch"),
        ("xn--i-7iq.ws", b"xn--i-7iq.ws", "xn--i-7iq.ws", "xn--i-7iq.ws"),
        ("db_1", b"db_1", "db_1", "db_1"),
        ("127.0.0.1", b"127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("::1", b"::1", "::1", "[::1]"),
        ("fe80::1%eth0", b"fe80::1%eth0", "fe80::1%eth0", "[fe80::1%eth0]"),
    ],
)
def test_names_are_taken_as_text_or_bytes_and_encoded(given, wire, text, shown):
    endpoint = HostnameEndpoint(MemoryReactorClock(), given, 80)
    assert endpoint._hostBytes == wire
    assert endpoint._hostText == text
    assert repr(endpoint) == f"<HostnameEndpoint {shown}:80>"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "a..b",
        "a b",
        "a\x00b",
        b"\xff\x00",
        "=a=",
        "-a.org",
        "a-.org",
        "x" * 64,
        "\N{SNOWMAN}.org",
        "a." * 130,
    ],
)
def test_what_is_no_name_fails_without_being_looked_up(name):
    race = Race(name)
    assert race.results[0].check(ValueError)
    assert "invalid hostname" in str(race.results[0].value)
    assert race.resolver.receiver is None


@pytest.mark.parametrize(
    ("given", "bound"),
    [
        ("10.0.0.9", ("10.0.0.9", 0)),
        (b"10.0.0.9", ("10.0.0.9", 0)),
        (("10.0.0.9", 5), ("10.0.0.9", 5)),
        ((b"10.0.0.9", 5), ("10.0.0.9", 5)),
        (None, None),
    ],
)
def test_the_local_address_takes_several_forms(given, bound):
    race = Race(bindAddress=given)
    race.resolver.answer("10.0.0.1")
    assert race.reactor.tcpClients[0][4] == bound


class Pool:
    """A thread pool whose work the test does."""

    def __init__(self):
        self.work = []

    def callInThreadWithCallback(self, onResult, func, *args, **kw):
        self.work.append((onResult, func, args, kw))

    def answer(self, *answers, error=None):
        ((on_result, func, args, kw),) = self.work
        assert func is socket.getaddrinfo
        assert (args, kw) == (("example.org", 80, 0, socket.SOCK_STREAM), {})
        on_result(error is None, Failure(error) if error else list(answers))


class Threaded(MemoryReactorClock):
    """A reactor with threads, and no name resolver."""

    def __init__(self):
        super().__init__()
        self.nameResolver = None
        self.pool = Pool()

    def getThreadPool(self):
        return self.pool

    def callFromThread(self, function, *args, **kw):
        function(*args, **kw)


def threaded():
    reactor, results = Threaded(), []
    deferred = HostnameEndpoint(reactor, "example.org", 80).connect(Factory.forProtocol(Protocol))
    deferred.addBoth(results.append)
    return reactor, deferred, results


def test_a_reactor_without_resolver_resolves_in_its_threads():
    reactor, _, _ = threaded()
    reactor.pool.answer(
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fd00::1", 80, 0, 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/nowhere"),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)),
    )
    reactor.advance(0.25)
    assert [client[:2] for client in reactor.tcpClients] == [("fd00::1", 80), ("10.0.0.1", 80)]


def test_a_lookup_that_fails_in_a_thread_fails_the_connect():
    reactor, _, results = threaded()
    reactor.pool.answer(error=socket.gaierror("no such name"))
    assert results[0].check(DNSLookupError)


def test_the_answer_to_a_cancelled_lookup_is_ignored():
    reactor, deferred, results = threaded()
    deferred.cancel()
    reactor.pool.answer((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)))
    assert reactor.tcpClients == []
    assert results[0].check(DNSLookupError)
