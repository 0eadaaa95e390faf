"""`SOCKSv4` as programs subclass it, where Twisted's own tests do not reach."""

from __future__ import annotations

import pytest

from sennit.core.addresses import IPv4Address
from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.failure import Failure
from sennit.socks import SOCKSv4, SOCKSv4Factory, SOCKSv4IncomingFactory
from sennit.task import Clock
from sennit.testing import StringTransport
from sennit.twisted.tap.socks import Options, makeService

CONNECT = b"\4\1\0\x50\1\2\3\4me\0"
BIND = b"\4\2\0\x50\1\2\3\4me\0"
HERE = IPv4Address("TCP", "192.0.2.1", 1080)
CLIENT = IPv4Address("TCP", "192.0.2.7", 999)


class Recording(SOCKSv4):
    other = None
    port = None

    def connectClass(self, host, port, klass, *args):
        self.other = klass(*args)
        self.to = (host, port)
        return succeed(self.other)

    def listenClass(self, port, klass, *args):
        self.port = klass(*args)
        return succeed(("192.0.2.1", 4321))


def begun(kind=Recording, **attributes):
    server = kind(attributes.pop("log", None))
    for name, value in attributes.items():
        setattr(server, name, value)
    server.makeConnection(StringTransport(HERE, CLIENT))
    return server


def opened(server, peer=("1.2.3.4", 80)):
    transport = StringTransport(HERE, IPv4Address("TCP", *peer))
    server.other.makeConnection(transport)
    return transport


def test_what_a_client_says_before_its_way_is_open_is_passed_on():
    server = begun()
    server.dataReceived(CONNECT + b"early")
    transport = opened(server)
    assert server.to == ("1.2.3.4", 80)
    assert server.transport.value() == b"\0\x5a\0\x50\1\2\3\4"
    assert transport.value() == b"early"


@pytest.mark.parametrize("data", [b"\5\1\0", b"\4\3" + CONNECT[2:], b"\4\1\0\x50\0\0\0\1\0\0"])
def test_what_is_malformed_or_not_served_is_answered_and_closed(data):
    server = begun()
    server.dataReceived(data)
    assert (server.transport.value(), server.transport.disconnecting) == (
        {5: b"\0\x5b", 4: b"\0\x5b"}[data[0]] + bytes(6),
        True,
    )


def test_what_cannot_be_connected_to_is_answered_with_91():
    server = begun(connectClass=lambda *args: fail(OSError()))
    server.dataReceived(CONNECT)
    assert (server.transport.value(), server.transport.disconnecting) == (b"\0\x5b" + bytes(6), True)


def test_a_connection_that_is_made_after_the_client_has_gone_is_closed():
    server = begun()
    server.dataReceived(CONNECT)
    server.connectionLost(Failure(ValueError()))
    assert opened(server).disconnecting
    assert server.transport.value() == b""


def test_a_name_that_is_found_after_the_client_has_gone_is_not_connected_to():
    found = Deferred()

    class Reactor:
        def resolve(self, name):
            return found

    server = begun(reactor=Reactor())
    server.dataReceived(b"\4\1\0\x50\0\0\0\1\0example.org\0")
    server.connectionLost(Failure(ValueError()))
    found.callback("1.2.3.4")
    assert server.other is None


def test_each_side_is_read_as_fast_as_the_other_takes_it():
    server = begun()
    server.dataReceived(CONNECT)
    transport = opened(server)
    transport.producer.pauseProducing()
    assert server.transport.producerState == "paused"
    server.transport.producer.pauseProducing()
    assert transport.producerState == "paused"


def test_of_the_connections_that_come_the_first_alone_is_taken():
    server = begun()
    server.dataReceived(BIND)
    factory = server.port
    assert isinstance(factory, SOCKSv4IncomingFactory)
    assert factory.buildProtocol(IPv4Address("TCP", "1.2.3.4", 5)) is server.otherConn
    assert factory.buildProtocol(IPv4Address("TCP", "1.2.3.4", 6)) is None
    assert server.transport.value() == b"\0\x5a\x10\xe1\xc0\0\2\1" + b"\0\x5a" + bytes(6)


def test_what_is_relayed_is_written_down(tmp_path):
    log = tmp_path / "socks.log"
    server = begun(log=str(log))
    server.dataReceived(CONNECT)
    opened(server)
    server.dataReceived(b"GET / HTTP/1.1\r\n\r\n")
    server.other.dataReceived(b"\xff\0yes")
    lines = log.read_text().splitlines()
    assert [line.partition(" ")[2] for line in (lines[0], lines[3])] == [
        "192.0.2.1:1080 > 1.2.3.4:80, 18 octets",
        "192.0.2.1:1080 > 192.0.2.7:999, 5 octets",
    ]
    assert lines[1:3] + lines[4:] == [
        "  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..",
        "  0d 0a                                            ..",
        "  ff 00 79 65 73                                   ..yes",
    ]


def test_the_factory_gives_clients_a_minute():
    clock = Clock()
    server = SOCKSv4Factory(None).buildProtocol(CLIENT)
    server.reactor = clock
    server.makeConnection(StringTransport(HERE, CLIENT))
    clock.advance(59)
    assert not server.transport.disconnecting
    clock.advance(1)
    assert server.transport.disconnecting


def test_the_options_make_a_server():
    options = Options()
    options.parseOptions(["--interface", "127.0.0.2", "-p", "1234", "--log", "socks.log"])
    service = makeService(options)
    port, factory = service.args
    assert (port, factory.logging, service.kwargs) == (1234, "socks.log", {"interface": "127.0.0.2"})
