"""One body of tests, on real sockets and in simulation: both observe the same."""

from __future__ import annotations

import time

import pytest
from zope.interface import implementer

from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost, ConnectionRefusedError
from sennit.core.interfaces import IHalfCloseableProtocol, IPushProducer
from sennit.framing.policies import TimeoutMixin
from sennit.protocol import ClientFactory, DatagramProtocol, Factory, Protocol
from sennit.reactor import Reactor
from sennit.sim import Simulation


class Real:
    """Programs on this machine's sockets."""

    address = "127.0.0.1"

    def __init__(self):
        self.reactor = Reactor("asyncio")
        self.reactor.startRunning(installSignalHandlers=False)

    def server(self, function):
        return function(self.reactor)

    client = server

    def until(self, condition, limit=20):
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, "It took too long."
            self.reactor.iterate(0.01)

    def turn(self):
        for _ in range(5):
            self.reactor.iterate(0.01)

    def close(self):
        self.reactor.stop()
        self.reactor.iterate(0.1)
        self.reactor.close()


class Simulated:
    """Programs on two simulated hosts."""

    def __init__(self):
        self.sim = Simulation(3)
        self.address = self.sim.host("server").addresses[0]
        self.sim.host("client")

    def server(self, function):
        return self.sim.wait(self.sim.host("server").call(function))

    def client(self, function):
        return self.sim.wait(self.sim.host("client").call(function))

    def until(self, condition, limit=20):
        self.sim.run_until(condition, limit=limit)

    def turn(self):
        self.sim.run_for(0.05)

    def close(self):
        self.sim.close()


@pytest.fixture(params=[Real, Simulated])
def arm(request):
    made = request.param()
    yield made
    made.close()


class Watching(Protocol):
    """Keeps what happens, in its order, reads in one."""

    def __init__(self):
        self.events = []
        self.data = b""
        self.lost = None

    def connectionMade(self):
        self.events.append("made")

    def dataReceived(self, data):
        self.data += data
        if self.events[-1] != "data":
            self.events.append("data")

    def connectionLost(self, reason):
        self.events.append("lost")
        self.lost = type(reason.value)


@implementer(IHalfCloseableProtocol)
class Half(Watching):
    """Hears of half an end too."""

    def readConnectionLost(self):
        self.events.append("read lost")

    def writeConnectionLost(self):
        self.events.append("write lost")


class Connecting(ClientFactory):
    """Keeps what becomes of an attempt."""

    def __init__(self, protocol):
        self.made = protocol
        self.failed = None

    def buildProtocol(self, addr):
        return self.made

    def clientConnectionFailed(self, connector, reason):
        self.failed = type(reason.value)


def pair(arm, server=None, client=None):
    """Connect two protocols."""
    server, client = server or Watching(), client or Watching()
    factory = Factory()
    factory.buildProtocol = lambda _: server
    port = arm.server(lambda reactor: reactor.listenTCP(0, factory, interface=arm.address))
    number = port.getHost().port
    arm.client(lambda reactor: reactor.connectTCP(arm.address, number, Connecting(client)))
    arm.until(lambda: server.events and client.events)
    return port, server, client


def test_a_closed_port_refuses(arm):
    port = arm.server(lambda reactor: reactor.listenTCP(0, Factory(), interface=arm.address))
    number = port.getHost().port
    port.stopListening()
    arm.turn()
    connecting = Connecting(Watching())
    arm.client(lambda reactor: reactor.connectTCP(arm.address, number, connecting))
    arm.until(lambda: connecting.failed)
    assert connecting.failed is ConnectionRefusedError


def test_an_end_comes_after_all_octets(arm):
    _, server, client = pair(arm)
    client.transport.write(b"x" * 300_000)
    client.transport.loseConnection()
    arm.until(lambda: server.lost and client.lost)
    assert server.data == b"x" * 300_000
    assert server.events == ["made", "data", "lost"]
    assert (server.lost, client.lost) == (ConnectionDone, ConnectionDone)


def test_half_an_end_leaves_the_other_half(arm):
    _, server, client = pair(arm, Half(), Half())
    client.transport.write(b"question")
    client.transport.loseWriteConnection()
    arm.until(lambda: "read lost" in server.events)
    assert server.events == ["made", "data", "read lost"]
    server.transport.write(b"answer")
    arm.until(lambda: client.data == b"answer")
    assert "write lost" in client.events
    server.transport.loseConnection()
    client.transport.loseConnection()
    arm.until(lambda: server.lost and client.lost)
    assert (server.lost, client.lost) == (ConnectionDone, ConnectionDone)


def test_half_an_end_ends_a_protocol_that_knows_of_none(arm):
    _, server, client = pair(arm, Watching(), Half())
    client.transport.loseWriteConnection()
    arm.until(lambda: server.lost)
    assert server.lost is ConnectionDone


def test_a_reset_during_a_write_is_a_loss(arm):
    _, server, client = pair(arm)
    server.transport.pauseProducing()
    client.transport.write(b"x" * 5_000_000)
    arm.turn()
    server.transport.abortConnection()
    arm.until(lambda: server.lost and client.lost)
    assert server.lost is ConnectionAborted
    assert client.lost is ConnectionLost


def test_what_is_written_after_the_end_goes_nowhere(arm):
    _, server, client = pair(arm)
    client.transport.loseConnection()
    arm.until(lambda: client.lost)
    client.transport.write(b"late")
    arm.until(lambda: server.lost)
    assert server.data == b""


class Impatient(TimeoutMixin, Watching):
    """Waits a fifth of a second."""

    def connectionMade(self):
        super().connectionMade()
        self.setTimeout(0.2)

    def connectionLost(self, reason):
        self.setTimeout(None)
        super().connectionLost(reason)


def test_who_says_nothing_is_let_go(arm):
    _, server, client = pair(arm, Impatient())
    arm.until(lambda: server.lost and client.lost)
    assert (server.lost, client.lost) == (ConnectionDone, ConnectionDone)


@implementer(IPushProducer)
class Producer:
    """Counts what it is told."""

    def __init__(self):
        self.told = []

    def pauseProducing(self):
        self.told.append("pause")

    def resumeProducing(self):
        self.told.append("resume")

    def stopProducing(self):
        self.told.append("stop")


def test_a_producer_is_paused_and_resumed_as_the_other_side_reads(arm):
    _, server, client = pair(arm)
    producer = Producer()
    server.transport.pauseProducing()
    client.transport.registerProducer(producer, True)
    client.transport.write(b"x" * 10_000_000)
    arm.until(lambda: producer.told)
    arm.turn()
    assert producer.told == ["pause"]
    server.transport.resumeProducing()
    arm.until(lambda: producer.told == ["pause", "resume"])
    client.transport.unregisterProducer()
    arm.until(lambda: len(server.data) == 10_000_000)


class Datagrams(DatagramProtocol):
    """Keeps what it hears."""

    def __init__(self):
        self.heard = []
        self.refused = 0

    def datagramReceived(self, datagram, addr):
        self.heard.append(datagram)

    def connectionRefused(self):
        self.refused += 1


def test_a_datagram_is_cut_to_what_its_receiver_takes(arm):
    here, there = Datagrams(), Datagrams()
    port = arm.server(lambda reactor: reactor.listenUDP(0, there, interface=arm.address, maxPacketSize=10))
    arm.client(lambda reactor: reactor.listenUDP(0, here))
    here.transport.write(b"0123456789abc", (arm.address, port.getHost().port))
    arm.until(lambda: there.heard)
    assert there.heard == [b"0123456789"]


def test_a_datagram_to_nobody_is_refused(arm):
    here, there = Datagrams(), Datagrams()
    port = arm.server(lambda reactor: reactor.listenUDP(0, there, interface=arm.address))
    number = port.getHost().port
    port.stopListening()
    arm.turn()
    arm.client(lambda reactor: reactor.listenUDP(0, here))
    here.transport.connect(arm.address, number)
    here.transport.write(b"anybody?")
    arm.until(lambda: here.refused)
    assert here.refused == 1


def test_a_port_in_use_cannot_be_had_twice(arm):
    port = arm.server(lambda reactor: reactor.listenTCP(0, Factory(), interface=arm.address))
    number = port.getHost().port

    def again(reactor):
        try:
            reactor.listenTCP(number, Factory(), interface=arm.address)
        except Exception as error:
            return type(error).__name__

    assert arm.server(again) == "CannotListenError"
