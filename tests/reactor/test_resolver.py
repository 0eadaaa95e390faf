from __future__ import annotations

import socket
import threading

import pytest
from zope.interface import implementer
from zope.interface.verify import verifyObject

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.combinators import gatherResults
from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import DNSLookupError
from sennit.core.interfaces import (
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
    IResolverSimple,
)
from sennit.reactor import Reactor
from sennit.reactor.resolver import (
    BlockingResolver,
    ComplexResolverSimplifier,
    GAIResolver,
    SimpleResolverComplexifier,
    ThreadedResolver,
    literal_address,
)
from sennit.threads import deferToThread

TCP4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))
TCP6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 80, 0, 0))


@pytest.fixture
def reactor():
    reactor = Reactor("asyncio")
    yield reactor
    reactor.close()


@implementer(IResolutionReceiver)
class Receiver:
    """Notes what it is told, and fires when that is all."""

    def __init__(self):
        self.told = []
        self.done = Deferred()
        self.resolution = None

    def resolutionBegan(self, resolutionInProgress):
        self.resolution = resolutionInProgress
        self.told.append(resolutionInProgress.name)

    def addressResolved(self, address):
        self.told.append(address)

    def resolutionComplete(self):
        self.told.append("complete")
        self.done.callback(self.told)


def system(*answers, asked=None):
    """A stand-in for the system's look-up."""

    def getaddrinfo(*question):
        if asked is not None:
            asked.append((question, threading.get_ident()))
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return list(answers)

    return getaddrinfo


def test_a_name_is_resolved_to_addresses_of_both_families(reactor, run_for):
    asked = []
    resolver = GAIResolver(reactor, getaddrinfo=system(TCP6, TCP4, asked=asked))
    receiver = Receiver()

    def main():
        resolution = resolver.resolveHostName(receiver, "host.example", 80)
        assert receiver.told == ["host.example"]
        assert verifyObject(IHostResolution, resolution)
        assert receiver.resolution is resolution
        return receiver.done

    told = run_for(reactor, main)
    assert told == [
        "host.example",
        IPv6Address("TCP", "2001:db8::1", 80),
        IPv4Address("TCP", "192.0.2.1", 80),
        "complete",
    ]
    [(question, thread)] = asked
    assert question == ("host.example", 80, socket.AF_UNSPEC, socket.SOCK_STREAM)
    assert thread != threading.get_ident()


def test_the_family_and_the_transport_can_be_chosen(reactor, run_for):
    asked = []
    datagram = (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("192.0.2.1", 53))
    resolver = GAIResolver(reactor, getaddrinfo=system(datagram, asked=asked))
    receiver = Receiver()

    def main():
        resolver.resolveHostName(receiver, "host.example", 53, [IPv4Address], "UDP")
        return receiver.done

    assert run_for(reactor, main)[1:] == [IPv4Address("UDP", "192.0.2.1", 53), "complete"]
    assert asked[0][0] == ("host.example", 53, socket.AF_INET, socket.SOCK_DGRAM)
    with pytest.raises(KeyError):
        resolver.resolveHostName(receiver, "host.example", 53, None, "SCTP")


def test_addresses_of_unwanted_families_are_left_out(reactor, run_for):
    resolver = GAIResolver(reactor, getaddrinfo=system(TCP6, TCP4))
    receiver = Receiver()

    def main():
        resolver.resolveHostName(receiver, "host.example", 80, [IPv6Address])
        return receiver.done

    assert run_for(reactor, main)[1:] == [IPv6Address("TCP", "2001:db8::1", 80), "complete"]


def test_a_name_that_is_unknown_completes_with_no_address(reactor, run_for):
    resolver = GAIResolver(reactor, getaddrinfo=system(socket.gaierror(-2, "unknown")))
    receiver = Receiver()

    def main():
        resolver.resolveHostName(receiver, "nowhere.invalid")
        return receiver.done

    assert run_for(reactor, main) == ["nowhere.invalid", "complete"]


@pytest.mark.parametrize("name", ["a" * 300, "\x00", "bad..name", "\N{SNOWMAN}" * 70])
def test_a_name_that_cannot_be_one_completes_with_no_address(reactor, run_for, name):
    receiver = Receiver()

    def main():
        reactor.nameResolver.resolveHostName(receiver, name)
        return receiver.done

    assert run_for(reactor, main) == [name, "complete"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", IPv4Address("TCP", "192.0.2.7", 25)),
        ("::1", IPv6Address("TCP", "::1", 25)),
        ("2001:db8::7", IPv6Address("TCP", "2001:db8::7", 25)),
    ],
)
def test_an_address_needs_no_look_up(reactor, run_for, text, address):
    asked = []
    resolver = GAIResolver(reactor, getaddrinfo=system(asked=asked))
    receiver = Receiver()

    def main():
        resolver.resolveHostName(receiver, text, 25)
        assert receiver.told == [text]
        return receiver.done

    assert run_for(reactor, main) == [text, address, "complete"]
    assert asked == []


def test_text_is_told_apart_from_addresses():
    assert literal_address("fe80::1%7", 1) == IPv6Address("TCP", "fe80::1", 1, 0, 7)
    assert literal_address("fe80::1%eth9", 1) == IPv6Address("TCP", "fe80::1", 1, 0, "eth9")
    for name in ("localhost", "1.2.3", "1.2.3.4.5", "", "::g", "01.2.3.4", "1.2.3.4\x00", "1.2.3.4 "):
        assert literal_address(name, 1) is None


def test_a_cancelled_resolution_reports_nothing_more_but_its_end(reactor, run_for):
    begun = threading.Event()
    go_on = threading.Event()

    def getaddrinfo(*question):
        begun.set()
        go_on.wait(30)
        return [TCP4]

    resolver = GAIResolver(reactor, getaddrinfo=getaddrinfo)
    receiver = Receiver()

    def main():
        resolution = resolver.resolveHostName(receiver, "host.example")
        begun.wait(30)
        resolution.cancel()
        resolution.cancel()
        go_on.set()
        return receiver.done

    assert run_for(reactor, main) == ["host.example", "complete"]


def test_a_literal_can_be_cancelled_too(reactor, run_for):
    receiver = Receiver()

    def main():
        reactor.nameResolver.resolveHostName(receiver, "192.0.2.1").cancel()
        return receiver.done

    assert run_for(reactor, main) == ["192.0.2.1", "complete"]


def test_a_receiver_may_cancel_at_the_first_address(reactor, run_for):
    resolver = GAIResolver(reactor, getaddrinfo=system(TCP6, TCP4))
    receiver = Receiver()
    note = receiver.addressResolved
    receiver.addressResolved = lambda address: (note(address), receiver.resolution.cancel())

    def main():
        resolver.resolveHostName(receiver, "host.example")
        return receiver.done

    assert len(run_for(reactor, main)) == 3


def test_an_error_in_a_receiver_is_logged(reactor, run_for, logged):
    resolver = GAIResolver(reactor, getaddrinfo=system(TCP4))
    receiver = Receiver()
    receiver.addressResolved = lambda address: 1 / 0

    def main():
        resolver.resolveHostName(receiver, "host.example")
        done = Deferred()
        reactor.callInThread(reactor.callFromThread, done.callback, None)
        return done

    reactor.suggestThreadPoolSize(1)
    run_for(reactor, main)
    assert logged.errors() == [ZeroDivisionError]


def test_a_reactor_resolves_a_host_to_one_address(reactor, run_for):
    async def main():
        return [
            await reactor.resolve("127.0.0.1"),
            await reactor.resolve(""),
            await reactor.resolve("localhost"),
            await reactor.resolve(b"localhost"),
        ]

    assert run_for(reactor, main) == ["127.0.0.1", "0.0.0.0", "127.0.0.1", "127.0.0.1"]


def test_a_host_with_no_address_fails(reactor, run_for):
    reactor.installNameResolver(GAIResolver(reactor, getaddrinfo=system(socket.gaierror())))

    async def main():
        with pytest.raises(DNSLookupError, match=r"nowhere\.invalid"):
            await reactor.resolve("nowhere.invalid")
        with pytest.raises(DNSLookupError):
            await reactor.resolve("::1")

    run_for(reactor, main)


def test_a_name_resolver_can_be_installed(reactor, run_for):
    mine = GAIResolver(reactor, getaddrinfo=system(TCP4))
    before = reactor.nameResolver
    assert reactor.installNameResolver(mine) is before
    assert reactor.nameResolver is mine

    async def main():
        return await reactor.resolve("host.example")

    assert run_for(reactor, main) == "192.0.2.1"


@implementer(IResolverSimple)
class Simple:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def getHostByName(self, name, timeout=()):
        self.asked.append((name, timeout))
        return self.answer if isinstance(self.answer, Deferred) else succeed(self.answer)


def test_a_simple_resolver_can_be_installed(reactor, run_for):
    simple = Simple("192.0.2.9")
    before = reactor.resolver
    assert reactor.installResolver(simple) is before
    receiver = Receiver()

    async def main():
        assert await reactor.resolve("host.example", (1, 2)) == "192.0.2.9"
        reactor.nameResolver.resolveHostName(receiver, "other.example", 99)
        return await receiver.done

    assert run_for(reactor, main) == ["other.example", IPv4Address("TCP", "192.0.2.9", 99), "complete"]
    assert simple.asked == [("host.example", (1, 2)), ("other.example", ())]
    with pytest.raises(AssertionError, match="does not provide IResolverSimple"):
        reactor.installResolver(object())


def test_a_simple_resolver_made_whole_reports_failure_as_no_address(logged):
    receiver = Receiver()
    SimpleResolverComplexifier(Simple(fail(DNSLookupError("no")))).resolveHostName(receiver, "a.example")
    assert receiver.told == ["a.example", "complete"]
    assert logged.errors() == []
    receiver = Receiver()
    SimpleResolverComplexifier(Simple(fail(ZeroDivisionError()))).resolveHostName(receiver, "a.example")
    assert receiver.told == ["a.example", "complete"]
    assert logged.errors() == [ZeroDivisionError]


def test_a_simple_resolver_made_whole_can_be_cancelled(logged):
    receiver = Receiver()
    waiting = Deferred()
    resolution = SimpleResolverComplexifier(Simple(waiting)).resolveHostName(receiver, "a.example")
    resolution.cancel()
    assert receiver.told == ["a.example", "complete"]
    assert logged.errors() == []


def test_a_simple_resolver_made_whole_knows_families_and_transports():
    resolver = SimpleResolverComplexifier(Simple("192.0.2.9"))
    receiver = Receiver()
    resolver.resolveHostName(receiver, "a.example", 5, [IPv6Address])
    assert receiver.told == ["a.example", "complete"]
    receiver = Receiver()
    resolver.resolveHostName(receiver, "a.example", 5, None, "UDP")
    assert receiver.told == ["a.example", IPv4Address("UDP", "192.0.2.9", 5), "complete"]


def test_the_bridges_provide_what_they_bridge_to():
    simple = Simple("192.0.2.9")
    whole = SimpleResolverComplexifier(simple)
    assert verifyObject(IHostnameResolver, whole)
    assert verifyObject(IResolverSimple, ComplexResolverSimplifier(whole))
    found = []
    ComplexResolverSimplifier(whole).getHostByName("a.example").addCallback(found.append)
    assert found == ["192.0.2.9"]


def test_the_threaded_resolver_looks_up_in_the_reactors_threads(reactor, run_for, monkeypatch):
    monkeypatch.setattr(socket, "gethostbyname", {"a.example": "192.0.2.4"}.__getitem__)
    resolver = ThreadedResolver(reactor)
    assert verifyObject(IResolverSimple, resolver)

    async def main():
        with pytest.raises(DNSLookupError, match="not found"):
            await resolver.getHostByName("b.example")
        return await resolver.getHostByName("a.example", (1,))

    assert run_for(reactor, main) == "192.0.2.4"
    assert reactor.getDelayedCalls() == []


def test_the_threaded_resolver_gives_up_after_its_time(reactor, run_for, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(socket, "gethostbyname", lambda name: go_on.wait(30))
    resolver = ThreadedResolver(reactor)

    async def main():
        try:
            with pytest.raises(DNSLookupError, match="timed out"):
                await resolver.getHostByName("a.example", (0.001, 0.001))
        finally:
            go_on.set()

    run_for(reactor, main)


def test_the_blocking_resolver_answers_at_once(monkeypatch):
    def gethostbyname(name):
        if name == "a.example":
            return "192.0.2.4"
        raise socket.gaierror

    monkeypatch.setattr(socket, "gethostbyname", gethostbyname)
    found = []
    resolver = BlockingResolver()
    resolver.getHostByName("a.example").addCallback(found.append)
    resolver.getHostByName("b.example").addErrback(lambda failure: found.append(failure.type))
    assert found == ["192.0.2.4", DNSLookupError]


def test_look_ups_do_not_wait_for_a_pool_that_is_full_of_work(reactor, run_for, monkeypatch):
    monkeypatch.setattr(reactor.nameResolver, "_getaddrinfo", system(TCP4))
    go_on = threading.Event()
    reactor.suggestThreadPoolSize(1)

    async def main():
        working = [deferToThread(go_on.wait) for _ in range(3)]
        found = await reactor.resolve("host.example")
        go_on.set()
        assert await gatherResults(working) == [True] * 3
        return found

    assert run_for(reactor, main) == TCP4[4][0]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("vääntynyt.example", "xn--vntynyt-5waa.example"),
        ("xn--p1ai.example", "xn--p1ai.example"),
        ("ä..example", "ä..example"),
    ],
)
def test_a_simple_resolver_is_asked_for_names_as_the_dns_writes_them(name, asked):
    simple = Simple("192.0.2.9")
    SimpleResolverComplexifier(simple).resolveHostName(Receiver(), name)
    assert simple.asked == [(asked, ())]
