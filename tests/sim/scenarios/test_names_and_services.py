"""Finding and keeping a server: names, several addresses, services that connect again."""

from __future__ import annotations

from tests.sim.kit import Collector, Echo, Server, assert_clean, connect

from sennit.app import ClientService
from sennit.core.errors import ConnectingCancelledError, DNSLookupError
from sennit.endpoint import HostnameEndpoint, connectProtocol
from sennit.protocol import Factory
from sennit.sim import simulated

SIX, FOUR = "fd00::77", "10.7.7.7"


@simulated
def test_the_address_that_answers_is_taken_when_the_other_is_silent(sim):
    server = sim.host("server", SIX, FOUR)
    server.run(Server(interface="::"))
    silent = sim.random.choice([SIX, FOUR])
    sim.rule(lambda packet: _drop(packet, silent))
    before = sim.now
    client = sim.wait(sim.host("client").run(connect()))
    assert sim.now - before < 2
    client.transport.loseConnection()
    assert_clean(sim)


def _drop(packet, address):
    from sennit.sim import Fate

    return Fate.DROP if packet.destination[0] == address else None


@simulated
def test_no_address_answers_and_nothing_is_left(sim):
    sim.host("server", SIX, FOUR).run(Server(interface="::"))
    client = sim.host("client")
    sim.partition("client", "server")
    outcomes = []
    client.run(connect(timeout=sim.random.randrange(1, 20))).addBoth(outcomes.append)
    sim.run_until(lambda: outcomes, limit=60)
    assert outcomes[0].check(Exception)
    assert_clean(sim)


@simulated
def test_an_attempt_that_is_cancelled_at_any_moment_leaves_nothing(sim):
    sim.links(latency=sim.random.random())
    sim.host("server", SIX, FOUR).run(Server(interface="::"))
    outcomes = []
    begun = []

    def program(reactor):
        begun.append(connectProtocol(HostnameEndpoint(reactor, "server", 80), Collector()))
        begun[0].addBoth(outcomes.append)

    sim.host("client").run(program)
    sim.run_for(sim.random.random() * 3)
    sim.host("client").loop.within(begun[0].cancel)
    sim.run_for(1)
    assert outcomes
    if isinstance(outcomes[0], Collector):
        outcomes[0].transport.loseConnection()
    else:
        assert outcomes[0].check(ConnectingCancelledError)
    assert_clean(sim)


@simulated
def test_a_name_that_nobody_has_is_an_error(sim):
    outcomes = []
    sim.host("client").run(connect("nobody")).addBoth(outcomes.append)
    sim.run_until(lambda: outcomes, limit=60)
    assert outcomes[0].check(DNSLookupError)
    assert_clean(sim)


class Keeping:
    """A program that keeps a connection by a `ClientService`."""

    def __init__(self):
        self.services = []
        self.protocols = []

    def __call__(self, reactor):
        factory = Factory()
        factory.buildProtocol = self.build
        service = ClientService(
            HostnameEndpoint(reactor, "server", 80), factory, retryPolicy=lambda _: 0.5, clock=reactor
        )
        self.services.append(service)
        service.startService()

    def build(self, _):
        self.protocols.append(Collector())
        return self.protocols[-1]


@simulated
def test_a_service_connects_again_whatever_happens_to_the_server(sim):
    sim.host("server").run(Server())
    keeping = Keeping()
    sim.host("client").run(keeping)
    sim.trouble(["server"], every=8, lasting=6, kinds=("kill", "partition"), until=60)
    sim.run_for(90)
    for _ in range(3):
        # The first word may go to a server that has forgotten us; the service hears of that then.
        wanted = sim.host("client").call(lambda reactor: keeping.services[0].whenConnected())
        client = sim.wait(wanted, limit=60)
        client.transport.write(b"hello")
        sim.run_for(5)
    assert client.data.endswith(b"hello")
    sim.wait(sim.host("client").call(lambda reactor: keeping.services[0].stopService()))
    assert all(protocol.lost is not None for protocol in keeping.protocols)
    assert_clean(sim)


@simulated
def test_a_service_stopped_at_any_moment_leaves_nothing_and_answers_all(sim):
    sim.links(latency=sim.random.random() * 0.3)
    if sim.random.random() < 0.7:
        sim.host("server").run(Server())
    else:
        sim.host("server")
    keeping = Keeping()
    client = sim.host("client")
    client.run(keeping)
    sim.run_for(0.001)
    outcomes = []
    for _ in range(4):
        client.call(lambda reactor: keeping.services[0].whenConnected()).addBoth(outcomes.append)
        sim.run_for(sim.random.random() * 0.5)
    sim.wait(client.call(lambda reactor: keeping.services[0].stopService()), limit=60)
    sim.run_for(1)
    assert len(outcomes) == 4
    assert_clean(sim)


@simulated
def test_a_service_is_started_and_stopped_over_and_over(sim):
    sim.host("server").run(Server(Echo))
    keeping = Keeping()
    client = sim.host("client")
    client.run(keeping)
    sim.run_for(sim.random.random())
    for _ in range(5):
        service = keeping.services[0]
        stopped = client.call(lambda reactor, service=service: service.stopService())
        if sim.random.random() < 0.5:
            sim.wait(stopped, limit=60)
        sim.run_for(sim.random.random() * 0.01)
        client.call(lambda reactor, service=service: service.startService())
        sim.run_for(sim.random.random())
    connected = client.call(lambda reactor: keeping.services[0].whenConnected())
    assert sim.wait(connected, limit=60) is keeping.protocols[-1]
    sim.wait(client.call(lambda reactor: keeping.services[0].stopService()), limit=60)
    assert all(protocol.lost is not None for protocol in keeping.protocols)
    assert_clean(sim)
