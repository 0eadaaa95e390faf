"""Streams between failing hosts: what arrives is the beginning of what was sent, and nothing stays behind."""

from __future__ import annotations

import pytest
from tests.sim.kit import Collector, Echo, Server, assert_clean, connect
from zope.interface import implementer

from sennit.core.errors import ConnectionDone
from sennit.core.interfaces import IHalfCloseableProtocol, IPullProducer, IPushProducer
from sennit.protocol import Protocol
from sennit.sim import simulated


def chunks(sim, count=30, most=3000):
    """Make octets that tell where they belong."""
    data = []
    for number in range(count):
        size = sim.random.randrange(1, most)
        data.append((b"%d," % number) * (size // 4 + 1))
    return data


def rough(sim):
    sim.links(
        loss=sim.random.choice([0.0, 0.02, 0.1]),
        reorder=sim.random.choice([0.0, 0.2]),
        latency=sim.random.choice([0.0005, 0.02, 0.3]),
        corrupt=sim.random.choice([0.0, 0.02]),
    )


@simulated
def test_all_octets_arrive_in_order(sim):
    rough(sim)
    server = Server(Collector)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    data = chunks(sim)
    for chunk in data:
        client.transport.write(chunk)
        sim.run_for(sim.random.random() * 0.05)
    client.transport.loseConnection()
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert server.protocols[0].data == b"".join(data)
    assert isinstance(server.protocols[0].lost, ConnectionDone)
    assert_clean(sim)


@simulated
def test_an_echo_says_all_of_it_again(sim):
    rough(sim)
    sim.host("server").run(Server())
    client = sim.wait(sim.host("client").run(connect()))
    data = b"".join(chunks(sim))
    client.transport.write(data)
    sim.run_until(lambda: len(client.data) == len(data))
    assert client.data == data
    client.transport.loseConnection()
    assert_clean(sim)


@simulated
def test_many_connections_do_not_hear_each_others_octets(sim):
    rough(sim)
    sim.host("server").run(Server())
    clients = [sim.wait(sim.host(f"client{number % 3}").call(connect())) for number in range(8)]
    for number, client in enumerate(clients):
        client.transport.write(bytes([number]) * sim.random.randrange(1, 20000))
    sim.run_for(60)
    for number, client in enumerate(clients):
        assert client.data == bytes([number]) * len(client.data)
        assert client.data
        client.transport.loseConnection()
    assert_clean(sim)


@pytest.mark.parametrize("end", ["kill", "crash"])
def test_what_arrives_before_a_host_ends_is_the_beginning_of_what_was_sent(end):
    @simulated
    def test(sim):
        rough(sim)
        server = Server(Collector)
        sim.host("server").run(server)
        client = sim.wait(sim.host("client").run(connect()))
        data = b"".join(chunks(sim, 60))
        client.transport.write(data)
        sim.later(sim.random.random(), getattr(sim, end), "client")
        sim.run_for(30)
        if server.protocols:
            assert data.startswith(server.protocols[0].data)

    test()


@simulated
def test_both_sides_hear_of_an_end_once_whoever_aborts(sim):
    rough(sim)
    server = Server()
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    sim.run_until(lambda: server.protocols)
    data = b"".join(chunks(sim))
    client.transport.write(data)
    sim.run_for(sim.random.random())
    # A reset that is lost is not sent again.
    sim.links(loss=0.0, corrupt=0.0)
    sim.random.choice([client, server.protocols[0]]).transport.abortConnection()
    sim.run_until(lambda: client.lost is not None and server.protocols[0].lost is not None, limit=300)
    assert data.startswith(client.data)
    assert_clean(sim)


@implementer(IHalfCloseableProtocol)
class HalfCloser(Collector):
    """Answers when it has heard all."""

    read_ended = False

    def readConnectionLost(self):
        assert not self.read_ended
        self.read_ended = True
        self.transport.write(self.data[::-1])
        self.transport.loseConnection()

    def writeConnectionLost(self):
        pass


@implementer(IHalfCloseableProtocol)
class Asker(Collector):
    """Says all, and then listens."""

    def readConnectionLost(self):
        self.transport.loseConnection()

    def writeConnectionLost(self):
        pass


@simulated
def test_a_half_closed_stream_still_carries_the_answer(sim):
    rough(sim)
    sim.host("server").run(Server(HalfCloser))
    client = sim.wait(sim.host("client").run(connect(kind=Asker)))
    data = b"".join(chunks(sim, 10))
    client.transport.write(data)
    client.transport.loseWriteConnection()
    sim.run_until(lambda: client.lost is not None)
    assert client.data == data[::-1]
    assert_clean(sim)


@simulated
def test_pausing_and_resuming_loses_nothing(sim):
    rough(sim)
    server = Server(Collector)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    sim.run_until(lambda: server.protocols)
    data = b"".join(chunks(sim, 100))
    client.transport.write(data)
    receiver = server.protocols[0]
    while len(receiver.data) < len(data):
        receiver.transport.pauseProducing()
        sim.run_for(sim.random.random())
        before = len(receiver.data)
        sim.run_for(sim.random.random())
        assert len(receiver.data) == before
        receiver.transport.resumeProducing()
        sim.run_for(sim.random.random())
    assert receiver.data == data


@implementer(IPushProducer)
class Pusher:
    """Writes while it is let."""

    def __init__(self, transport, reactor):
        self.transport = transport
        self.reactor = reactor
        self.sent = b""
        self.going = True
        self.most = 0

    def pauseProducing(self):
        self.going = False

    def resumeProducing(self):
        self.going = True
        self.produce()

    def stopProducing(self):
        self.going = False

    def produce(self):
        count = 0
        while self.going and len(self.sent) < 400_000:
            self.sent += b"x" * 1000
            self.transport.write(b"x" * 1000)
            count += 1000
        self.most = max(self.most, count)
        if self.going:
            self.transport.unregisterProducer()
            self.transport.loseConnection()


@simulated
def test_a_push_producer_is_stopped_before_much_waits(sim):
    server = Server(Collector)
    sim.host("server").run(server)
    sim.link("client", "server", bandwidth=200_000.0)
    client = sim.wait(sim.host("client").run(connect()))
    pusher = Pusher(client.transport, None)
    client.transport.registerProducer(pusher, True)
    pusher.produce()
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert server.protocols[0].data == pusher.sent
    assert pusher.most <= 200_000
    assert_clean(sim)


@implementer(IPullProducer)
class Puller:
    """Writes when it is asked."""

    def __init__(self, transport):
        self.transport = transport
        self.left = 40

    def resumeProducing(self):
        self.left -= 1
        self.transport.write(b"%d;" % self.left * 500)
        if not self.left:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def stopProducing(self):
        self.left = 0


@simulated
def test_a_pull_producer_is_asked_until_it_is_done(sim):
    rough(sim)
    server = Server(Collector)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    client.transport.registerProducer(Puller(client.transport), False)
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert server.protocols[0].data == b"".join(b"%d;" % left * 500 for left in range(39, -1, -1))
    assert_clean(sim)


@simulated
def test_a_port_that_stops_listening_refuses_and_keeps_what_it_has(sim):
    rough(sim)
    ports = []

    def program(reactor):
        ports.append(server(reactor))

    server = Server()
    sim.host("server").run(program)
    client = sim.wait(sim.host("client").run(connect()))
    sim.run_until(lambda: server.protocols)
    sim.host("server").call(lambda reactor: ports[0].stopListening())
    sim.run_for(1)
    results = []
    sim.host("client").call(connect(timeout=20)).addBoth(results.append)
    sim.run_until(lambda: results)
    assert results[0].check(Exception)
    client.transport.write(b"still here")
    sim.run_until(lambda: client.data == b"still here")
    client.transport.loseConnection()
    assert_clean(sim)


@simulated
def test_a_partition_delays_and_loses_nothing(sim):
    sim.host("server").run(Server())
    client = sim.wait(sim.host("client").run(connect()))
    data = b"".join(chunks(sim, 50))
    client.transport.write(data)
    for _ in range(3):
        sim.run_for(sim.random.random())
        sim.partition("client", "server", both=sim.random.random() < 0.5)
        sim.run_for(sim.random.random() * 10)
        sim.heal()
    sim.run_until(lambda: len(client.data) == len(data), limit=300)
    assert client.data == data
    client.transport.loseConnection()
    assert_clean(sim)


@simulated
def test_connecting_while_hosts_come_and_go_ends_one_way_or_the_other(sim):
    rough(sim)
    sim.host("server").run(Server())
    outcomes = []
    for _ in range(5):
        sim.host("client").call(connect(timeout=10)).addBoth(outcomes.append)
        sim.run_for(sim.random.random() * 0.2)
        if sim.random.random() < 0.5:
            sim.random.choice([sim.crash, sim.kill])("server")
            sim.run_for(sim.random.random())
            sim.restart("server")
    sim.run_until(lambda: len(outcomes) == 5, limit=100)
    for outcome in outcomes:
        if isinstance(outcome, Protocol):
            outcome.transport.abortConnection()
    # The server may never hear of what was lost on the way.
    assert_clean(sim, "client")


@simulated
def test_a_unix_socket_carries_all_octets(sim):
    server = Server()
    seen = []

    class Client(Echo):
        def connectionMade(self):
            seen.append(self)

        def dataReceived(self, data):
            self.data += data

    def program(reactor):
        from sennit.endpoint import UNIXClientEndpoint, connectProtocol
        from sennit.protocol import Factory

        factory = Factory()
        factory.buildProtocol = server.build
        reactor.listenUNIX("/run/it", factory)
        return connectProtocol(UNIXClientEndpoint(reactor, "/run/it"), Client())

    client = sim.wait(sim.host("a").run(program))
    data = b"".join(chunks(sim, 50))
    client.transport.write(data)
    sim.run_until(lambda: len(client.data) == len(data))
    assert client.data == data
    client.transport.loseConnection()
    assert_clean(sim)
