"""TLS, HTTP/2 and WebSocket between hosts that fail.  Keys are drawn anew, so no two runs are alike."""

from __future__ import annotations

import pytest
from tests.sim.kit import Collector, Echo, assert_clean
from tests.sim.scenarios.test_http import Answers
from zope.interface import implementer

from sennit.endpoint import HostnameEndpoint, connectProtocol, wrapClientTLS
from sennit.http.client import Agent, IPolicyForHTTPS, MultiplexingPool, readBody
from sennit.protocol import Factory
from sennit.sim import simulated
from sennit.tls import Certificate, PrivateCertificate, optionsForClientTLS
from sennit.tls.development import write_certificate
from sennit.web import NOT_DONE_YET, Resource, Site
from sennit.websocket import connect, serve


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    both, alone = write_certificate(tmp_path_factory.mktemp("certificate"), ["server"])
    return PrivateCertificate.loadPEM(both.read_bytes()), Certificate.loadPEM(alone.read_bytes())


def rough(sim):
    sim.links(loss=sim.random.choice([0.0, 0.05]), latency=sim.random.choice([0.001, 0.1]), reorder=0.1)


def secure_server(certificate, protocols, kind=Echo):
    def build(_):
        protocols.append(kind())
        return protocols[-1]

    def program(reactor):
        factory = Factory()
        factory.buildProtocol = build
        return reactor.listenSSL(443, factory, certificate.options())

    return program


def connect_secure(trust, name="server"):
    def program(reactor):
        options = optionsForClientTLS(name, trustRoot=trust)
        return connectProtocol(wrapClientTLS(options, HostnameEndpoint(reactor, "server", 443)), Collector())

    return program


def test_tls_carries_all_octets(certificate):
    ours, trust = certificate

    @simulated(seeds=5, twice=0)
    def test(sim):
        rough(sim)
        protocols = []
        sim.host("server").run(secure_server(ours, protocols))
        client = sim.wait(sim.host("client").run(connect_secure(trust)))
        data = bytes(range(256)) * sim.random.randrange(1, 300)
        client.transport.write(data)
        sim.run_until(lambda: len(client.data) == len(data), limit=300)
        assert client.data == data
        client.transport.loseConnection()
        sim.run_until(lambda: client.lost is not None, limit=300)
        assert_clean(sim)

    test()


def test_a_stream_that_is_killed_under_tls_is_the_beginning_of_what_was_sent(certificate):
    ours, trust = certificate

    @simulated(seeds=5, twice=0)
    def test(sim):
        protocols = []
        sim.host("server").run(secure_server(ours, protocols, Collector))
        sim.link("client", "server", bandwidth=100_000.0)
        client = sim.wait(sim.host("client").run(connect_secure(trust)))
        data = bytes(range(256)) * 500
        client.transport.write(data)
        sim.later(sim.random.random(), sim.kill, "client")
        sim.run_for(60)
        assert data.startswith(protocols[0].data)
        # Without a close_notify the end is no clean one.
        assert "Done" not in type(protocols[0].lost).__name__

    test()


def test_http_2_answers_each_of_many_requests_over_one_connection(certificate):
    ours, trust = certificate

    @implementer(IPolicyForHTTPS)
    class Policy:
        def creatorForNetloc(self, hostname, port):
            return optionsForClientTLS(hostname.decode(), trustRoot=trust)

    @simulated(seeds=5, twice=0)
    def test(sim):
        rough(sim)
        seen, agents, outcomes = [], [], []

        def server(reactor):
            site = Site(Answers(sim, reactor, seen), reactor=reactor, http2=True)
            return reactor.listenSSL(443, site, ours.options())

        def program(reactor):
            agents.append(Agent(reactor, Policy(), pool=MultiplexingPool(reactor)))

        async def ask(path):
            response = await agents[0].request(b"GET", b"https://server" + path)
            return response.version[1], response.code, await readBody(response)

        sim.host("server").run(server)
        client = sim.host("client")
        client.run(program)
        sim.run_for(0.01)
        for number in range(10):
            path = b"/%d" % number
            client.call(lambda _, path=path: ask(path)).addBoth(
                lambda outcome, path=path: outcomes.append((path, outcome))
            )
        sim.run_until(lambda: len(outcomes) == 10, limit=300)
        assert [outcome for _, outcome in outcomes] == [(2, 200, path) for path, _ in outcomes]
        assert sorted(seen) == sorted((b"GET", path) for path, _ in outcomes)
        assert len(sim.host("server").kernel.streams) == 1

    test()


def test_a_websocket_carries_each_message_once_in_order_and_ends_cleanly():
    class Room(Resource):
        isLeaf = True

        def render_GET(self, request):
            async def echo(websocket):
                async for message in websocket:
                    await websocket.send(message)

            serve(request, echo)
            return NOT_DONE_YET

    @simulated(seeds=10, twice=0)
    def test(sim):
        rough(sim)
        sim.host("server").run(lambda reactor: reactor.listenTCP(80, Site(Room(), reactor=reactor)))
        messages = [f"{number} " * sim.random.randrange(1, 2000) for number in range(20)]

        async def talk(reactor):
            heard = []
            async with await connect("ws://server/") as websocket:
                for message in messages:
                    await websocket.send(message)
                    heard.append(await websocket.receive())
            return heard

        assert sim.wait(sim.host("client").run(talk), limit=300) == messages
        assert_clean(sim, "client")

    test()
