"""Listeners with one graceful shutdown."""

from __future__ import annotations

import gc

import pytest

from sennit.app.serve import Server, serve
from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred, fail, succeed
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.protocol import Factory, Protocol
from sennit.task import Clock


class Port:
    def __init__(self, log):
        self.log = log

    def stopListening(self):
        self.log.append("port closed")
        return succeed(None)


class Endpoint:
    def __init__(self, log=None, error=None):
        self.log = [] if log is None else log
        self.error = error
        self.factory = None

    def listen(self, factory):
        self.factory = factory
        return fail(self.error) if self.error else succeed(Port(self.log))


class Transport:
    def __init__(self, log):
        self.log = log

    def loseConnection(self):
        self.log.append("asked")

    def abortConnection(self):
        self.log.append("aborted")


class Scene:
    """A server with one endpoint, and what happens to it."""

    def __init__(self, factory=None, **options):
        self.log, self.clock, self.results = [], Clock(), []
        self.endpoint = Endpoint(self.log)
        self.server = Server(self.clock, factory or Factory.forProtocol(Protocol), [self.endpoint], **options)
        ensureDeferred(self.server.start())

    def connect(self):
        protocol = self.endpoint.factory.buildProtocol(None)
        protocol.makeConnection(Transport(self.log))
        return protocol

    def shut_down(self):
        self.server.shutdown().addCallback(self.results.append)


def lose(protocol):
    protocol.connectionLost(Failure(ConnectionDone()))


def test_a_shutdown_closes_the_ports_first_and_waits_for_the_connections():
    scene = Scene()
    first, second = scene.connect(), scene.connect()
    scene.shut_down()
    assert scene.log == ["port closed", "asked", "asked"]
    lose(first)
    assert scene.results == []
    lose(second)
    assert scene.results == [True]
    assert scene.clock.getDelayedCalls() == []


def test_a_shutdown_without_connections_is_done_at_once():
    scene = Scene()
    lose(scene.connect())
    scene.shut_down()
    assert scene.results == [True]


def test_what_outlasts_the_grace_is_aborted():
    scene = Scene(grace=5)
    protocol = scene.connect()
    scene.shut_down()
    scene.clock.advance(4.9)
    assert "aborted" not in scene.log
    scene.clock.advance(0.1)
    assert scene.log[-1] == "aborted"
    lose(protocol)
    assert scene.results == [False]
    assert scene.clock.getDelayedCalls() == []


def test_a_connection_that_cannot_be_reached_does_not_hold_up_the_end():
    scene = Scene(grace=5)
    scene.connect_kept = scene.connect()
    scene.shut_down()
    scene.clock.advance(5)
    scene.clock.advance(1)
    assert scene.results == [False]


def test_an_abort_ends_the_grace():
    scene = Scene(grace=float("inf"))
    protocol = scene.connect()
    scene.shut_down()
    scene.server.abort()
    assert scene.log[-1] == "aborted"
    lose(protocol)
    assert scene.results == [False]


def test_a_second_shutdown_waits_for_the_same_end():
    scene = Scene()
    protocol = scene.connect()
    scene.shut_down()
    scene.shut_down()
    lose(protocol)
    scene.shut_down()
    assert scene.results == [True, True, True]
    assert scene.log.count("port closed") == 1


def test_a_protocol_that_nobody_holds_is_not_waited_for():
    scene = Scene()
    protocol = scene.connect()
    del protocol
    gc.collect()
    scene.shut_down()
    assert scene.results == [True]


def test_a_factory_that_drains_itself_is_used_as_it_is():
    class Draining(Factory):
        def __init__(self):
            self.drained = Deferred()
            self.aborted = False

        def drain(self):
            return self.drained

        def abort(self):
            self.aborted = True

    factory = Draining()
    scene = Scene(factory, grace=1)
    assert scene.endpoint.factory is factory
    scene.shut_down()
    scene.clock.advance(1)
    assert factory.aborted
    factory.drained.callback(None)
    assert scene.results == [False]


def test_a_factory_that_fails_to_drain_does_not_hold_up_the_end():
    class Broken(Factory):
        def drain(self):
            raise ValueError("no")

        def abort(self):
            pass

    scene = Scene(Broken())
    scene.shut_down()
    assert scene.results == [True]


def test_when_one_endpoint_fails_none_listens():
    log, results = [], []
    server = Server(Clock(), Factory(), [Endpoint(log), Endpoint(error=ValueError("busy"))])
    ensureDeferred(server.start()).addErrback(results.append)
    assert results[0].check(ValueError)
    assert log == ["port closed"]


def test_serving_ends_gracefully_when_it_is_cancelled():
    clock, log, results, told = Clock(), [], [], []
    endpoint = Endpoint(log)
    serving = ensureDeferred(
        serve(
            clock,
            Factory.forProtocol(Protocol),
            [endpoint],
            started=lambda server, ports: told.append(len(ports)),
            stopping=lambda: told.append("stopping"),
        )
    )
    serving.addBoth(results.append)
    assert told == [1]
    protocol = endpoint.factory.buildProtocol(None)
    protocol.makeConnection(Transport(log))
    serving.cancel()
    assert told == [1, "stopping"]
    assert results == []
    lose(protocol)
    assert results == [True]


@pytest.mark.parametrize("made", [True, False])
def test_a_refused_connection_is_not_counted(made):
    class Choosy(Factory):
        def buildProtocol(self, addr):
            return Protocol() if made else None

    scene = Scene(Choosy())
    assert (scene.endpoint.factory.buildProtocol(None) is not None) is made


def test_a_shutdown_that_lingers_leaves_connections_to_end_by_themselves():
    scene = Scene(grace=5)
    protocol = scene.connect()
    scene.server.shutdown(linger=1).addCallback(scene.results.append)
    scene.clock.advance(0.05)
    assert scene.log == ["port closed"]
    protocol.connectionLost(Failure(ConnectionDone()))
    assert scene.results == [True]


def test_a_shutdown_that_lingers_takes_what_the_loop_had_accepted():
    scene = Scene(grace=5)
    scene.server.shutdown(linger=1).addCallback(scene.results.append)
    protocol = scene.connect()
    scene.clock.advance(0.05)
    assert scene.results == []
    protocol.connectionLost(Failure(ConnectionDone()))
    assert scene.results == [True]


def test_a_factory_is_told_how_long_to_linger():
    class Lingering(Factory):
        linger = 0

        def drain(self):
            return succeed(None)

        def abort(self):
            pass

    factory = Lingering()
    scene = Scene(factory)
    scene.server.shutdown(linger=1).addCallback(scene.results.append)
    scene.clock.advance(0.05)
    assert factory.linger == 1
    assert scene.results == [True]
