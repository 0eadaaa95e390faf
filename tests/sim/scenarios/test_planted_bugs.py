"""Five bugs of the kinds that networks bring to light, planted: each is found, and has a seed."""

from __future__ import annotations

import pytest
from tests.sim.kit import Collector, Server, connect

from sennit.core.deferred import AlreadyCalledError, Deferred
from sennit.protocol import Factory
from sennit.sim import SimulationFailed
from sennit.sim.runs import run_seed, run_seeds
from sennit.task import deferLater


def lost_wake_up(sim):
    """A consumer that looks once, and sleeps for good if there is nothing yet."""

    def program(reactor):
        queue, done = [], Deferred()

        async def consume():
            await deferLater(reactor, sim.random.random())
            if not queue:
                await Deferred()
            done.callback(queue.pop())

        from sennit.core.coroutine import ensureDeferred

        ensureDeferred(consume())
        reactor.callLater(sim.random.random(), queue.append, 1)
        return done

    assert sim.wait(sim.host("a").run(program), limit=100) == 1


def double_callback(sim):
    """An answer and a time-out, each of which fires the same Deferred."""

    def program(reactor):
        answer = Deferred()
        reactor.callLater(sim.random.random(), answer.callback, "answer")

        def late():
            try:
                answer.callback("late")
            except AlreadyCalledError:
                sim.errors.append(("a", {"message": "fired twice", "exception": None}))

        reactor.callLater(0.99, late)
        return deferLater(reactor, 5)

    sim.wait(sim.host("a").run(program))


class Hoarder(Collector):
    """Keeps what it can't yet write, however much that is."""

    most = 0

    def dataReceived(self, data):
        super().dataReceived(data)
        type(self).most = max(self.most, len(self.data))


def unbounded_buffer(sim):
    """A server that collects a message until it ends, and one that never does."""
    Hoarder.most = 0
    sim.host("server").run(Server(Hoarder))
    client = sim.wait(sim.host("client").run(connect()))
    for _ in range(sim.random.randrange(1, 40)):
        client.transport.write(b"x" * 1000)
        sim.run_for(0.1)
    assert Hoarder.most <= 30_000


def missing_timeout(sim):
    """A client that waits for an answer for ever."""
    sim.host("server").run(Server())
    client = sim.host("client")
    sim.later(sim.random.random() * 0.1, sim.partition, "client", "server")
    sim.later(20, sim.crash, "server")
    protocol = sim.wait(client.run(connect()))
    protocol.transport.write(b"hello")
    sim.run_until(lambda: protocol.data == b"hello" or protocol.lost is not None, limit=15)


class Hasty(Collector):
    """Answers each word when it is ready, not when it was asked."""

    def __init__(self, sim, reactor):
        super().__init__()
        self.sim = sim
        self.reactor = reactor

    def dataReceived(self, data):
        for octet in data:
            self.reactor.callLater(self.sim.random.random() * 0.01, self.transport.write, bytes([octet]))


def reply_order(sim):
    """A server that answers out of order."""

    def program(reactor):
        factory = Factory()
        factory.buildProtocol = lambda _: Hasty(sim, reactor)
        return reactor.listenTCP(80, factory)

    sim.host("server").run(program)
    client = sim.wait(sim.host("client").run(connect()))
    for octet in b"abcdef":
        client.transport.write(bytes([octet]))
        sim.run_for(0.008)
    sim.run_for(5)
    assert client.data == b"abcdef"


BUGS = [lost_wake_up, double_callback, unbounded_buffer, missing_timeout, reply_order]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found_and_found_again_under_its_seed(bug):
    with pytest.raises(SimulationFailed) as caught:
        run_seeds(bug, range(200), name=bug.__name__, command="python -m pytest")
    seed = caught.value.seed
    assert f"SENNIT_SIM_SEED={seed}" in str(caught.value)
    (first, one), (second, other) = (run_seed(bug, seed) for _ in range(2))
    assert type(one) is type(other)
    assert one is not None
    assert first.trace.digest == second.trace.digest
