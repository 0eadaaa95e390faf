from __future__ import annotations

import pickle
import random

import pytest

from sennit.core.current import enter_reactor, leave_reactor
from sennit.core.errors import ConnectError, NotConnectingError
from sennit.core.failure import Failure
from sennit.core.interfaces import IProtocolFactory
from sennit.log import globalLogPublisher
from sennit.protocol import ClientFactory, Factory, Protocol, ReconnectingClientFactory, ServerFactory
from sennit.testing import Clock


@pytest.fixture
def logged():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


class Counting(Factory):
    def __init__(self):
        self.events = []

    def startFactory(self):
        self.events.append("start")

    def stopFactory(self):
        self.events.append("stop")


def test_a_factory_starts_with_its_first_port_and_stops_with_its_last():
    factory = Counting()
    factory.doStart()
    factory.doStart()
    assert (factory.events, factory.numPorts) == (["start"], 2)
    factory.doStop()
    assert factory.events == ["start"]
    factory.doStop()
    factory.doStop()
    assert (factory.events, factory.numPorts) == (["start", "stop"], 0)


def test_a_noisy_factory_logs_its_start_and_stop(logged):
    factory = Factory()
    factory.doStart()
    factory.doStop()
    assert [event["log_format"] for event in logged] == [
        "Starting factory {factory!r}",
        "Stopping factory {factory!r}",
    ]
    assert {event["log_namespace"] for event in logged} == {"sennit.protocol.factory.Factory"}
    factory.noisy = False
    factory.doStart()
    factory.doStop()
    assert len(logged) == 2


def test_a_factory_builds_its_protocol_and_tells_it():
    factory = Factory.forProtocol(Protocol)
    protocol = factory.buildProtocol(None)
    assert type(protocol) is Protocol
    assert protocol.factory is factory
    assert protocol is not factory.buildProtocol(None)


def test_a_factory_without_a_protocol_says_what_to_do():
    with pytest.raises(AssertionError, match="override buildProtocol"):
        Factory().buildProtocol(None)


def test_forProtocol_passes_arguments_to_the_constructor():
    class Named(ServerFactory):
        def __init__(self, name, size=0):
            self.name, self.size = name, size

    factory = Named.forProtocol(Protocol, "name", size=3)
    assert (type(factory), factory.protocol, factory.name, factory.size) == (Named, Protocol, "name", 3)


@pytest.mark.parametrize("kind", [Factory, ServerFactory, ClientFactory, ReconnectingClientFactory])
def test_every_factory_provides_the_interface_and_names_itself(kind):
    assert IProtocolFactory.implementedBy(kind)
    assert kind().logPrefix() == kind.__name__


def test_a_client_factory_takes_what_a_connector_tells():
    factory = ClientFactory()
    failure = Failure(ConnectError())
    assert factory.startedConnecting(None) is None
    assert factory.clientConnectionFailed(None, failure) is None
    assert factory.clientConnectionLost(None, failure) is None


class Connector:
    def __init__(self):
        self.connects = self.stops = 0

    def connect(self):
        self.connects += 1

    def stopConnecting(self):
        self.stops += 1
        raise NotConnectingError


@pytest.fixture
def reconnecting():
    factory = ReconnectingClientFactory()
    factory.noisy = False
    factory.clock = Clock()
    factory.jitter = None
    return factory


def test_each_wait_is_longer_up_to_the_longest(reconnecting):
    connector, waits = Connector(), []
    reconnecting.factor = 2
    reconnecting.maxDelay = 10
    for _ in range(6):
        reconnecting.clientConnectionFailed(connector, None)
        (call,) = reconnecting.clock.getDelayedCalls()
        waits.append(call.getTime() - reconnecting.clock.seconds())
        reconnecting.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 10, 10]
    assert connector.connects == 6
    assert reconnecting.retries == 6
    assert reconnecting.connector is connector


def test_a_lost_connection_is_made_again(reconnecting):
    connector = Connector()
    reconnecting.clientConnectionLost(connector, None)
    reconnecting.clock.advance(1)
    assert connector.connects == 1


def test_resetDelay_begins_with_the_first_wait(reconnecting):
    connector = Connector()
    for _ in range(3):
        reconnecting.clientConnectionFailed(connector, None)
        reconnecting.clock.advance(100)
    reconnecting.resetDelay()
    assert (reconnecting.delay, reconnecting.retries) == (reconnecting.initialDelay, 0)


def test_it_gives_up_after_so_many_tries(reconnecting):
    connector = Connector()
    reconnecting.maxRetries = 2
    for _ in range(5):
        reconnecting.clientConnectionFailed(connector, None)
        reconnecting.clock.advance(100)
    assert connector.connects == 2


def test_stopTrying_ends_the_wait_and_the_connect(reconnecting):
    connector = Connector()
    reconnecting.clientConnectionFailed(connector, None)
    reconnecting.stopTrying()
    assert reconnecting.clock.getDelayedCalls() == []
    assert connector.stops == 1
    reconnecting.clientConnectionFailed(connector, None)
    reconnecting.clientConnectionLost(connector, None)
    reconnecting.retry(connector)
    assert reconnecting.clock.getDelayedCalls() == []
    reconnecting.resetDelay()
    reconnecting.retry()
    assert len(reconnecting.clock.getDelayedCalls()) == 1


def test_stopTrying_needs_no_connector(reconnecting):
    reconnecting.stopTrying()
    assert not reconnecting.continueTrying


def test_there_must_be_a_connector_to_try_with(reconnecting):
    with pytest.raises(ValueError, match="no connector"):
        reconnecting.retry()


def test_the_waits_of_many_clients_are_spread(reconnecting):
    random.seed(1)
    reconnecting.jitter = 0.1
    waits = []
    for _ in range(200):
        reconnecting.resetDelay()
        reconnecting.retry(Connector())
        waits.append(reconnecting._callID.getTime())
    assert len(set(waits)) > 100
    assert min(waits) >= 0
    assert 0.9 < sum(waits) / len(waits) < 1.3


def test_it_waits_with_the_current_reactor_if_it_has_no_clock():
    clock, connector = Clock(), Connector()
    factory = ReconnectingClientFactory()
    factory.noisy = False
    enter_reactor(clock)
    try:
        factory.retry(connector)
    finally:
        leave_reactor(clock)
    clock.advance(10)
    assert connector.connects == 1


def test_a_noisy_one_logs_what_it_does(reconnecting, logged):
    reconnecting.noisy = True
    reconnecting.maxRetries = 1
    connector = Connector()
    reconnecting.retry(connector)
    reconnecting.retry(connector)
    reconnecting.continueTrying = 0
    reconnecting.retry(connector)
    formats = [event["log_format"] for event in logged]
    assert [text.split("{connector}")[0] or text.split("{connector}")[1].strip() for text in formats] == [
        "will retry in {delay:.3g} seconds",
        "Abandoning ",
        "Abandoning ",
    ]


def test_what_holds_for_this_run_is_not_pickled(reconnecting):
    reconnecting.retry(Connector())
    copy = pickle.loads(pickle.dumps(reconnecting))
    assert copy.__dict__ == {"noisy": False, "jitter": None}
    assert copy.delay == copy.initialDelay
