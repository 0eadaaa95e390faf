"""The SOCKS server over real sockets: what it connects, whom it refuses, and what is left behind."""

from __future__ import annotations

import socket

import pytest
from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, succeed
from sennit.core.errors import ConnectionRefusedError, DNSLookupError, NoRouteError, TimeoutError
from sennit.core.failure import Failure
from sennit.cred import (
    AllowAnonymousAccess,
    FailureLimiter,
    InMemoryUsernamePasswordDatabaseDontUse,
    IRealm,
    Portal,
)
from sennit.endpoint import TCP4ClientEndpoint
from sennit.endpoint.tunnelling import TunnelError
from sennit.log import capturedLogs
from sennit.protocol import Factory, Protocol
from sennit.socks import IProxyUser, ReplyCode, SOCKS5ClientEndpoint, SOCKSFactory
from sennit.socks.server import reply_code
from sennit.task import Clock
from sennit.testing import StringTransport
from sennit.threads import deferToThread


class Echo(Protocol):
    """Sends back what comes, in capitals, and says goodbye when no more comes."""

    def dataReceived(self, data):
        self.transport.write(data.upper())


class Collecting(Protocol):
    def __init__(self):
        self.received = b""
        self.lost = Deferred()

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.lost.callback(self.received)


class Listening:
    """Ports that are closed at the end, with no connection left."""

    def __init__(self):
        self.ports = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        for port in self.ports:
            await port.stopListening()

    def listen(self, factory):
        port = current_reactor().listenTCP(0, factory, interface="127.0.0.1")
        self.ports.append(port)
        return port.getHost().port


@implementer(IRealm)
class Realm:
    """Whoever is called by a port may connect to that alone."""

    def __init__(self):
        self.present = []

    def requestAvatar(self, avatarId, mind, *interfaces):
        name = avatarId or b"anonymous"
        self.present.append(name)

        @implementer(IProxyUser)
        class User:
            def may(self, request):
                return succeed(name != b"bob")

        return IProxyUser, User(), lambda: self.present.remove(name)


def portal(*, anonymous=False, limiter=None):
    users = InMemoryUsernamePasswordDatabaseDontUse()
    for name in (b"alice", b"bob"):
        users.addUser(name, b"secret")
    checkers = [users, AllowAnonymousAccess()] if anonymous else [users]
    return Portal(Realm(), checkers, limiter=limiter)


async def through(port, host, destination, user=None, password=None):
    """Connect through a server; return the protocol."""
    proxy = TCP4ClientEndpoint(current_reactor(), "127.0.0.1", port)
    endpoint = SOCKS5ClientEndpoint(proxy, host, destination, user, password)
    return await endpoint.connect(Factory.forProtocol(Collecting))


def exchange(port, *sent, end=True):
    """Send as a program with a blocking socket would; return all that comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for data in sent:
            client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(65536):
            received += data
        return received


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_version_5_connects_by_address_and_by_name(host):
    async with Listening() as at:
        echo = at.listen(Factory.forProtocol(Echo))
        client = await through(at.listen(SOCKSFactory()), host, echo)
        client.transport.write(b"hello")
        client.transport.loseWriteConnection()
        assert await client.lost == b"HELLO"


async def test_all_versions_relay_both_ways_and_half_closed():
    async with Listening() as at:
        number = at.listen(Factory.forProtocol(Echo))
        proxy = at.listen(SOCKSFactory())
        port = number.to_bytes(2, "big")
        for sent, head in [
            (b"\4\1" + port + b"\x7f\0\0\1me\0", 8),
            (b"\4\1" + port + b"\0\0\0\1me\0localhost\0", 8),
            (b"\5\1\0\5\1\0\1\x7f\0\0\1" + port, 12),
            (b"\5\1\0\5\1\0\3\x09localhost" + port, 12),
        ]:
            received = await deferToThread(exchange, proxy, sent + b"early, ", b"late")
            assert received[head:] == b"EARLY, LATE"


async def test_much_is_relayed_without_being_kept():
    body = bytes(range(256)) * 40_000

    class Source(Protocol):
        def connectionMade(self):
            self.transport.write(body)
            self.transport.loseConnection()

    async with Listening() as at:
        client = await through(at.listen(SOCKSFactory()), "127.0.0.1", at.listen(Factory.forProtocol(Source)))
        received = await client.lost
        assert len(received) == len(body)
        assert received == body, "the octets differ"


async def test_what_cannot_be_reached_is_said_as_the_codes_have_it():
    async with Listening() as at:
        proxy = at.listen(SOCKSFactory())
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            with pytest.raises(TunnelError, match="refused"):
                await through(proxy, "127.0.0.1", bound.getsockname()[1])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(), ReplyCode.REFUSED),
        (NoRouteError(), ReplyCode.NETWORK_UNREACHABLE),
        (NoRouteError(osError=OSError(113, "")), ReplyCode.HOST_UNREACHABLE),
        (DNSLookupError(), ReplyCode.HOST_UNREACHABLE),
        (TimeoutError(), ReplyCode.HOST_UNREACHABLE),
        (OSError(101, "Network is unreachable"), ReplyCode.NETWORK_UNREACHABLE),
        (ValueError(), ReplyCode.FAILURE),
    ],
    ids=lambda each: getattr(each, "name", None) or type(each).__name__,
)
def test_errors_have_their_codes(error, code):
    assert reply_code(Failure(error)) == code


async def test_with_a_portal_who_logs_in_may_do_what_his_avatar_may_and_is_logged_out():
    async with Listening() as at:
        echo = at.listen(Factory.forProtocol(Echo))
        ours = portal()
        proxy = at.listen(SOCKSFactory(ours))
        client = await through(proxy, "127.0.0.1", echo, b"alice", b"secret")
        assert ours.realm.present == [b"alice"]
        client.transport.loseConnection()
        await client.lost
        with pytest.raises(TunnelError, match="rules"):
            await through(proxy, "127.0.0.1", echo, b"bob", b"secret")
        for user, password in ((b"alice", b"guess"), (b"dave", b"secret")):
            with pytest.raises(TunnelError, match="does not accept"):
                await through(proxy, "127.0.0.1", echo, user, password)
        with pytest.raises(TunnelError, match="who we are"):
            await through(proxy, "127.0.0.1", echo)
        port = echo.to_bytes(2, "big")
        assert (await deferToThread(exchange, proxy, b"\4\1" + port + b"\x7f\0\0\1alice\0"))[:2] == b"\0\x5b"
    assert ours.realm.present == []


async def test_who_says_nothing_is_anonymous_where_that_is_allowed():
    async with Listening() as at:
        port = at.listen(Factory.forProtocol(Echo)).to_bytes(2, "big")
        proxy = at.listen(SOCKSFactory(portal(anonymous=True)))
        for sent, head in ((b"\4\1" + port + b"\x7f\0\0\1\0", 8), (b"\5\1\0\5\1\0\1\x7f\0\0\1" + port, 12)):
            assert (await deferToThread(exchange, proxy, sent, b"yes"))[head:] == b"YES"


async def test_failures_are_counted_by_where_they_come_from():
    async with Listening() as at:
        echo = at.listen(Factory.forProtocol(Echo))
        proxy = at.listen(SOCKSFactory(portal(limiter=FailureLimiter(per_source=1))))
        for user, password in ((b"nobody", b"guess"), (b"alice", b"secret")):
            with pytest.raises(TunnelError, match="does not accept"):
                await through(proxy, "127.0.0.1", echo, user, password)


async def test_commands_that_are_not_served_are_answered_so():
    async with Listening() as at:
        proxy = at.listen(SOCKSFactory())
        udp = b"\5\1\0\5\3\0\1\0\0\0\0\0\0"
        assert await deferToThread(exchange, proxy, udp, end=False) == b"\5\0\5\7\0\1" + bytes(6)
        assert await deferToThread(exchange, proxy, b"\4\3\0\1\1\2\3\4\0", end=False) == b"\0\x5b" + bytes(6)


def bind(proxy, request, connect_from="127.0.0.1"):
    """Ask to be connected to, connect, and say something each way; return what came of it."""
    with socket.create_connection(("127.0.0.1", proxy), timeout=20) as client:
        client.sendall(request)
        reply = client.recv(100)
        port = int.from_bytes(reply[2:4] if request[0] == 4 else reply[-2:], "big")
        with socket.socket() as caller:
            caller.bind((connect_from, 0))
            caller.connect(("127.0.0.1", port))
            caller.settimeout(20)
            second = client.recv(100)
            if second[1] not in {0, 90}:
                return second[:2], client.recv(100)
            caller.sendall(b"from outside")
            client.sendall(b"from inside")
            return caller.recv(100), client.recv(100)


async def test_bind_joins_the_client_with_who_connects_if_it_is_who_should():
    async with Listening() as at:
        proxy = at.listen(SOCKSFactory())
        four = b"\4\2\0\x15\x7f\0\0\1me\0"
        assert await deferToThread(bind, proxy, four) == (b"from inside", b"from outside")
        assert await deferToThread(bind, proxy, four, "127.0.0.2") == (b"\0\x5b", b"")


async def test_a_client_that_goes_takes_with_it_what_is_tried_for_it():
    cancelled = []

    class Slow(SOCKSFactory):
        def connect(self, request):
            return Deferred(lambda deferred: cancelled.append(request.host))

    transport = StringTransport()
    server = Slow().buildProtocol(None)
    server.factory._reactor = Clock()
    server.makeConnection(transport)
    server.dataReceived(b"\4\1\0\x50\1\2\3\4\0")
    with capturedLogs() as events:
        server.connectionLost(Failure(ValueError()))
    assert (cancelled, transport.value(), events) == (["1.2.3.4"], b"", [])
    assert server.factory._reactor.getDelayedCalls() == []


def test_a_client_that_does_not_say_what_it_wants_is_closed():
    clock = Clock()
    server = SOCKSFactory(timeout=10, reactor=clock).buildProtocol(None)
    transport = StringTransport()
    server.makeConnection(transport)
    server.dataReceived(b"\5")
    clock.advance(9)
    assert not transport.disconnecting
    clock.advance(1)
    assert transport.disconnecting


def test_a_client_that_says_too_much_too_early_is_read_no_further():
    server = SOCKSFactory(reactor=Clock()).buildProtocol(None)
    server.factory.connect = lambda request: Deferred()
    transport = StringTransport()
    server.makeConnection(transport)
    server.dataReceived(b"\4\1\0\x50\1\2\3\4\0")
    server.dataReceived(b"x" * 65536)
    assert transport.producerState == "producing"
    server.dataReceived(b"x")
    assert transport.producerState == "paused"
    server.connectionLost(Failure(ValueError()))


@pytest.mark.parametrize(
    ("address", "welcome"),
    [
        (IPv4Address("TCP", "10.1.2.3", 1), True),
        (IPv6Address("TCP", "::ffff:10.1.2.3", 1), True),
        (IPv6Address("TCP", "fe80::1%eth0", 1), True),
        (IPv4Address("TCP", "11.1.2.3", 1), False),
        (IPv6Address("TCP", "2001:db8::1", 1), False),
        (UNIXAddress("/run/socks"), True),
    ],
)
def test_clients_of_other_networks_are_not_served(address, welcome):
    factory = SOCKSFactory(clients=["10.0.0.0/8", "fe80::/10"])
    assert (factory.buildProtocol(address) is not None) == welcome


def test_what_is_no_network_is_refused():
    with pytest.raises(ValueError, match="example"):
        SOCKSFactory(clients=["example.org"])


async def test_an_error_in_an_avatar_is_logged_and_the_client_is_told_of_a_failure_alone(flush_logged_errors):
    class Broken:
        def may(self, request):
            raise RuntimeError("the rules are lost")

    async with Listening() as at:
        factory = SOCKSFactory()
        factory.user = Broken()
        with pytest.raises(TunnelError, match="it has failed"):
            await through(at.listen(factory), "127.0.0.1", 9)
    assert [str(failure.value) for failure in flush_logged_errors()] == ["the rules are lost"]
