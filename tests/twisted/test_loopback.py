"""Tests of `sennit.twisted.protocols.loopback`: two protocols that talk to each other."""

from __future__ import annotations

import io

import pytest

from sennit.core.current import enter_reactor, leave_reactor
from sennit.protocol import Protocol
from sennit.reactor import Reactor
from sennit.testing import Clock
from sennit.twisted.protocols.loopback import (
    LoopbackRelay,
    collapsingPumpPolicy,
    loopbackAsync,
    loopbackTCP,
    loopbackUNIX,
)


class Noting(Protocol):
    def __init__(self):
        self.pieces, self.lost = [], []

    def dataReceived(self, data):
        self.pieces.append(data)

    def connectionLost(self, reason):
        self.lost.append(reason.type.__name__)


@pytest.fixture
def clock():
    clock = Clock()
    enter_reactor(clock)
    yield clock
    leave_reactor(clock)


def test_pieces_arrive_later_and_as_they_were_written(clock):
    server, client = Noting(), Noting()
    finished = loopbackAsync(server, client)
    client.transport.writeSequence([b"a", b"b"])
    client.transport.write(b"c")
    assert server.pieces == []
    clock.advance(0)
    assert server.pieces == [b"ab", b"c"]
    server.transport.write(b"bye")
    server.transport.loseConnection()
    server.transport.write(b"too late")
    clock.pump([0, 0, 0])
    assert client.pieces == [b"bye"]
    assert (server.lost, client.lost) == (["ConnectionDone"], ["ConnectionDone"])
    assert finished.called


def test_a_policy_may_join_the_pieces(clock):
    server, client = Noting(), Noting()
    loopbackAsync(server, client, collapsingPumpPolicy)
    client.transport.write(b"a")
    client.transport.write(b"b")
    clock.advance(0)
    assert server.pieces == [b"ab"]


def test_the_end_waits_for_a_pull_producer(clock):
    server, client = Noting(), Noting()
    finished = loopbackAsync(server, client)

    class Three:
        left = 3

        def resumeProducing(self):
            client.transport.write(b"%d" % self.left)
            self.left -= 1
            if not self.left:
                client.transport.unregisterProducer()

        def stopProducing(self):
            raise AssertionError("It was not to be stopped.")

    client.transport.registerProducer(Three(), False)
    client.transport.loseConnection()
    clock.pump([0] * 10)
    assert server.pieces == [b"3", b"2", b"1"]
    assert finished.called


def test_what_a_protocol_raises_fails_the_deferred(clock):
    class Failing(Noting):
        def dataReceived(self, data):
            raise LookupError(data)

    client = Noting()
    finished = loopbackAsync(Failing(), client)
    client.transport.write(b"x")
    clock.advance(0)
    failures = []
    finished.addErrback(failures.append)
    assert failures[0].type is LookupError


@pytest.mark.parametrize("connect", [loopbackTCP, loopbackUNIX])
def test_over_a_socket_it_ends_with_the_port_closed(connect):
    reactor = Reactor()
    server, client = Noting(), Noting()
    client.connectionMade = lambda: (client.transport.write(b"hello"), client.transport.loseConnection())
    results = []

    def begin():
        connect(server, client, noisy=False).addBoth(results.append).addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    reactor.close()
    assert results == [None]
    assert b"".join(server.pieces) == b"hello"
    assert client.lost == ["ConnectionDone"]


def test_a_relay_keeps_what_is_written_until_it_is_told_to_deliver():
    target, log = Noting(), io.StringIO()
    relay = LoopbackRelay(target, log)
    relay.write(b"ab")
    relay.writeSequence([b"c", b"d"])
    assert target.pieces == []
    relay.clearBuffer()
    relay.loseConnection()
    assert (target.pieces, target.lost) == ([b"abcd"], [])
    relay.clearBuffer()
    assert target.lost == ["ConnectionDone"]
    assert log.getvalue().count("\n") == 2
