"""HTTP between hosts that fail: each request is answered at most once, in order, whole or not at all."""

from __future__ import annotations

import pytest
from tests.sim.kit import Collector, assert_clean, connect

from sennit.core.deferred import Deferred
from sennit.framing.basic import LineReceiver
from sennit.http.client import Agent, BytesBody, HTTPConnectionPool, readBody
from sennit.sim import simulated
from sennit.task import deferLater
from sennit.web import NOT_DONE_YET, Resource, Site


class Answers(Resource):
    """Answers each request with its path, after a while, and counts them."""

    isLeaf = True

    def __init__(self, sim, reactor, seen, size=0):
        super().__init__()
        self.sim = sim
        self.reactor = reactor
        self.seen = seen
        self.size = size

    def render(self, request):
        self.seen.append((request.method, request.path))
        body = request.content.read()
        gone = []
        request.notifyFinish().addErrback(gone.append)

        def finish(_):
            if not gone:
                answer = request.path + body + b"x" * self.size
                request.setHeader(b"content-length", b"%d" % len(answer))
                request.write(answer)
                request.finish()

        deferLater(self.reactor, self.sim.random.random() * 0.2).addCallback(finish)
        return NOT_DONE_YET


def web(sim, seen, size=0, **options):
    return lambda reactor: reactor.listenTCP(
        80, Site(Answers(sim, reactor, seen, size), reactor=reactor, **options)
    )


def rough(sim):
    sim.links(loss=sim.random.choice([0.0, 0.05]), latency=sim.random.choice([0.001, 0.1]), reorder=0.1)


@simulated
def test_pipelined_requests_are_answered_in_order_once_each(sim):
    rough(sim)
    seen = []
    sim.host("server").run(web(sim, seen))
    client = sim.wait(sim.host("client").run(connect()))
    paths = [b"/%d" % number for number in range(10)]
    for path in paths:
        client.transport.write(b"GET %b HTTP/1.1\r\nHost: server\r\n\r\n" % path)
        sim.run_for(sim.random.random() * 0.1)
    sim.run_until(lambda: client.data.endswith(b"/9"), limit=120)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in client.data.split(b"HTTP/1.1 200")[1:]]
    assert [path for path in paths if any(path in body for body in bodies)] == paths
    assert [body.count(b"/") for body in bodies] == [1] * 10
    assert seen == [(b"GET", path) for path in paths]
    client.transport.loseConnection()
    assert_clean(sim)


def fetch(agent, method, path, body=None):
    async def ask():
        producer = BytesBody(body) if body is not None else None
        response = await agent.request(method, b"http://server" + path, bodyProducer=producer)
        return response.code, await readBody(response)

    from sennit.core.coroutine import ensureDeferred

    return ensureDeferred(ask())


def client_with_pool(agents, **options):
    def program(reactor):
        pool = HTTPConnectionPool(reactor, persistent=True)
        agents.append((Agent(reactor, pool=pool, **options), pool))

    return program


@simulated
def test_a_pool_asks_again_over_the_same_connections_and_mixes_nothing_up(sim):
    rough(sim)
    seen, agents, outcomes = [], [], []
    sim.host("server").run(web(sim, seen))
    client = sim.host("client")
    client.run(client_with_pool(agents))
    sim.run_for(0.01)
    agent, pool = agents[0]
    for number in range(15):
        path = b"/%d" % number
        asked = client.call(lambda _, path=path: fetch(agent, b"GET", path))
        asked.addBoth(lambda outcome, path=path: outcomes.append((path, outcome)))
        sim.run_for(sim.random.random() * 0.3)
    sim.run_until(lambda: len(outcomes) == 15, limit=120)
    assert all(outcome == (200, path) for path, outcome in outcomes)
    assert sorted(seen) == sorted((b"GET", b"/%d" % number) for number in range(15))
    sim.wait(client.call(lambda _: pool.closeCachedConnections()), limit=60)
    assert_clean(sim)


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_a_request_is_answered_whole_or_fails_while_the_server_is_killed(method):
    @simulated
    def test(sim):
        seen, agents, outcomes = [], [], []
        sim.host("server").run(web(sim, seen, size=20000))
        sim.link("client", "server", bandwidth=100_000.0)
        client = sim.host("client")
        client.run(client_with_pool(agents, connectTimeout=5))
        sim.run_for(0.01)
        agent, pool = agents[0]
        for number in range(8):
            path = b"/%d" % number
            body = b"body" if method == b"POST" else None
            asked = client.call(lambda _, path=path, body=body: fetch(agent, method, path, body))
            asked.addBoth(lambda outcome, path=path: outcomes.append((path, outcome)))
            sim.run_for(sim.random.random() * 0.3)
            if sim.random.random() < 0.4:
                sim.kill("server")
                sim.run_for(sim.random.random() * 0.1)
                sim.restart("server")
        sim.run_until(lambda: len(outcomes) == 8, limit=120)
        for path, outcome in outcomes:
            if isinstance(outcome, tuple):
                code, answer = outcome
                assert code == 200
                assert answer == path + (b"body" if method == b"POST" else b"") + b"x" * 20000
        if method == b"POST":
            # What may change something is never sent twice.
            assert len(set(seen)) == len(seen)
        sim.wait(client.call(lambda _: pool.closeCachedConnections()), limit=60)
        assert_clean(sim, "client")

    test()


@simulated
def test_a_server_lets_go_of_clients_that_say_nothing(sim):
    seen = []
    sim.host("server").run(web(sim, seen, timeout=10))
    clients = [sim.wait(sim.host("client").call(connect())) for _ in range(5)]
    for client in clients:
        client.transport.write(b"GET / HT"[: sim.random.randrange(9)])
    sim.run_until(lambda: all(client.lost is not None for client in clients), limit=60)
    assert not seen
    assert_clean(sim)


@simulated
def test_a_server_that_is_cut_off_is_given_up_by_its_client(sim):
    seen, agents, outcomes = [], [], []
    sim.host("server").run(web(sim, seen))
    client = sim.host("client")
    client.run(client_with_pool(agents, connectTimeout=5))
    sim.run_for(0.01)
    agent, _ = agents[0]
    sim.later(sim.random.random() * 0.05, sim.partition, "client", "server")
    asked = client.call(lambda reactor: fetch(agent, b"GET", b"/").addTimeout(30, reactor))
    asked.addBoth(outcomes.append)
    sim.run_until(lambda: outcomes, limit=100)
    sim.heal()
    sim.run_for(600)
    assert_clean(sim, "client")


@simulated
def test_an_upload_arrives_whole_or_is_no_request(sim):
    rough(sim)
    seen = []
    sim.host("server").run(web(sim, seen))
    client = sim.wait(sim.host("client").run(connect()))
    size = sim.random.randrange(1, 100_000)
    body = b"u" * size
    client.transport.write(b"POST /up HTTP/1.1\r\nHost: server\r\nContent-Length: %d\r\n\r\n" % size)
    client.transport.write(body)
    ended = sim.random.random() < 0.5
    if ended:
        sim.later(sim.random.random(), sim.kill, "client")
    sim.run_for(60)
    if seen:
        assert seen == [(b"POST", b"/up")]
    if not ended:
        assert client.data.endswith(b"/up" + body)
    assert_clean(sim, "server")


class Lines(LineReceiver):
    """Keeps lines."""

    MAX_LENGTH = 100

    def __init__(self):
        self.lines = []
        self.lost = None

    def lineReceived(self, line):
        self.lines.append(line)

    def connectionLost(self, reason=None):
        self.lost = reason


@simulated
def test_lines_arrive_whole_however_they_are_cut(sim):
    from tests.sim.kit import Server

    rough(sim)
    server = Server(Lines)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    lines = [b"l" * sim.random.randrange(100) for _ in range(100)]
    client.transport.write(b"".join(line + b"\r\n" for line in lines))
    client.transport.loseConnection()
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert server.protocols[0].lines == lines
    assert_clean(sim)


@simulated
def test_a_line_without_end_ends_the_connection_before_it_fills_the_memory(sim):
    from tests.sim.kit import Server

    server = Server(Lines)
    sim.host("server").run(server)
    client = sim.wait(sim.host("client").run(connect()))
    client.transport.write(b"l" * 5_000_000)
    sim.run_until(lambda: server.protocols and server.protocols[0].lost is not None)
    assert server.protocols[0].lines == []
    sim.run_until(lambda: client.lost is not None)
    assert_clean(sim)


class Closing(Collector):
    """Hears when it was told all."""

    def __init__(self):
        super().__init__()
        self.done = Deferred()

    def connectionLost(self, reason):
        super().connectionLost(reason)
        self.done.callback(None)


@simulated
def test_an_answer_to_http_1_0_ends_with_the_connection(sim):
    rough(sim)
    seen = []
    sim.host("server").run(web(sim, seen, size=50_000))
    client = sim.wait(sim.host("client").run(connect(kind=Closing)))
    client.transport.write(b"GET /old HTTP/1.0\r\n\r\n")
    sim.wait(client.done, limit=60)
    assert client.data.endswith(b"/old" + b"x" * 50_000)
    assert_clean(sim)
