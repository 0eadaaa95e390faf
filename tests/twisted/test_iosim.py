"""The kit of programs' own tests: ``twisted.test.iosim`` and ``twisted.test.proto_helpers``."""

from __future__ import annotations

import pytest

from sennit import testing
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost, ConnectionRefusedError
from sennit.protocol import ClientFactory, Factory, Protocol, ServerFactory
from sennit.testing import Clock, MemoryReactor
from sennit.twisted.test import iosim, proto_helpers


class Greeter(Protocol):
    def __init__(self):
        self.events = []

    def connectionMade(self):
        self.transport.write(b"hi")

    def dataReceived(self, data):
        self.events.append(data)

    def connectionLost(self, reason):
        self.events.append(reason.type)


def quiet(kind):
    factory = kind.forProtocol(Greeter)
    factory.noisy = False
    return factory


@pytest.mark.parametrize("greet", [True, False])
def test_two_protocols_are_made_and_connected(greet):
    client, server, pump = iosim.connectedServerAndClient(Greeter, Greeter, greet=greet)
    assert client.events == server.events == ([b"hi"] if greet else [])
    assert (client.transport.isServer, server.transport.isServer) == (False, True)
    assert (pump.client, pump.server) == (client, server)
    assert pump.flush() is not greet


def test_a_pump_tells_whether_anything_moved():
    client, server, pump = iosim.connectedServerAndClient(Greeter, Greeter)
    server.transport.write(b"more")
    assert pump.pump()
    assert not pump.pump()
    assert client.events == [b"hi", b"more"]


def test_a_closed_connection_ends_for_both():
    client, server, pump = iosim.connectedServerAndClient(Greeter, Greeter)
    server.transport.loseConnection()
    pump.flush()
    assert client.events == server.events == [b"hi", ConnectionDone]
    client, server, pump = iosim.connectedServerAndClient(Greeter, Greeter)
    server.transport.abortConnection()
    assert client.events == server.events == [b"hi"]
    pump.flush()
    assert (client.events[1], server.events[1]) == (ConnectionLost, ConnectionAborted)


def test_what_is_written_can_be_taken_and_given_by_hand():
    server = Greeter()
    transport = iosim.FakeTransport(server, isServer=True)
    server.makeConnection(transport)
    assert transport.getOutBuffer() == b"hi"
    assert transport.getOutBuffer() is None
    transport.bufferReceived(b"by hand")
    assert server.events == [b"by hand"]
    assert transport.getHost() != transport.getPeer()
    assert iosim.FakeTransport(server, True, "host", "peer").getPeer() == "peer"


def test_the_calls_that_are_due_are_made_at_each_pump():
    clock = Clock()
    client, server, pump = iosim.connectedServerAndClient(Greeter, Greeter, clock=clock)
    clock.callLater(0, server.transport.write, b"later")
    pump.pump(advanceClock=False)
    assert client.events == [b"hi"]
    pump.flush()
    assert client.events == [b"hi", b"later"]


def test_the_connects_of_a_memory_reactor_are_completed():
    reactor = MemoryReactor()
    completer = iosim.ConnectionCompleter(reactor)
    reactor.connectTCP("host", 80, quiet(ClientFactory))
    assert completer.succeedOnce() is None
    reactor.listenTCP(80, quiet(ServerFactory))
    pump = completer.succeedOnce()
    assert pump.client.events == pump.server.events == [b"hi"]
    assert reactor.tcpClients == reactor.connectors == []


def test_an_endpoint_connects_when_the_test_says_so():
    endpoint, completer = iosim.connectableEndpoint()
    results = []
    for _ in range(2):
        deferred = endpoint.connect(quiet(Factory))
        assert isinstance(deferred, Deferred)
        deferred.addBoth(results.append)
    assert results == []
    completer.succeedOnce()
    assert isinstance(results[0], Greeter)
    completer.failOnce()
    assert results[1].check(ConnectionRefusedError)


def test_the_older_home_of_the_test_kit_is_the_same_kit():
    for name in testing.__all__:
        with pytest.warns(DeprecationWarning, match=rf"import twisted\.internet\.testing\.{name} instead"):
            assert getattr(proto_helpers, name) is getattr(testing, name)
    with pytest.raises(AttributeError):
        proto_helpers.nothing
    assert dir(proto_helpers) == sorted(testing.__all__)
