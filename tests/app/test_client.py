"""A client service in every state."""

from __future__ import annotations

import pytest

from sennit.app import ClientService, backoffPolicy
from sennit.app.client_state import TABLE, Event, State, next_state
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.protocol import Factory, Protocol
from sennit.task import Clock


class Transport:
    """A transport that closes when the test says so."""

    def __init__(self):
        self.closing = False

    def loseConnection(self):
        self.closing = True


class Recorder(Protocol):
    lost = None

    def connectionLost(self, reason):
        self.lost = reason


class Endpoint:
    """An endpoint whose attempts end when the test says so."""

    def __init__(self):
        self.attempts = []
        self.cancelled = 0

    def connect(self, factory):
        def cancel(_):
            self.cancelled += 1

        attempt = Deferred(cancel)
        self.attempts.append((factory, attempt))
        return attempt

    def made(self):
        factory, attempt = self.attempts[-1]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(Transport())
        attempt.callback(protocol)
        return protocol

    def failed(self, why="refused"):
        self.attempts[-1][1].errback(ValueError(why))


class Client:
    """A service with all that it touches."""

    def __init__(self, prepare=None, factory=None):
        self.endpoint, self.clock, self.counts = Endpoint(), Clock(), []

        def policy(failures):
            self.counts.append(failures)
            return failures

        self.service = ClientService(
            self.endpoint, factory or Factory.forProtocol(Recorder), policy, self.clock, prepare
        )

    def when(self, *arguments):
        results = []
        self.service.whenConnected(*arguments).addBoth(results.append)
        return results

    def stop(self):
        results = []
        self.service.stopService().addBoth(results.append)
        return results

    def lose(self, protocol):
        protocol.connectionLost(Failure(ConnectionDone()))


def running(**options):
    client = Client(**options)
    client.service.startService()
    return client


def test_who_waits_is_given_the_users_own_protocol():
    client = Client()
    before = client.when()
    client.service.startService()
    during = client.when()
    assert before == during == []
    protocol = client.endpoint.made()
    assert before == during == client.when() == [protocol]
    assert type(protocol) is Recorder
    assert client.service.running


def test_starting_twice_makes_one_attempt():
    client = running()
    client.service.startService()
    assert len(client.endpoint.attempts) == 1


def test_a_lost_connection_is_made_again_after_the_delay():
    client = running()
    protocol = client.endpoint.made()
    client.lose(protocol)
    assert protocol.lost.check(ConnectionDone)
    waiting = client.when()
    client.clock.advance(0.9)
    assert len(client.endpoint.attempts) == 1
    client.clock.advance(0.1)
    again = client.endpoint.made()
    assert waiting == [again]
    assert again is not protocol


def test_failures_are_counted_until_a_connection_is_made():
    client = running()
    client.endpoint.failed()
    client.clock.advance(1)
    client.endpoint.failed()
    client.clock.advance(2)
    protocol = client.endpoint.made()
    client.lose(protocol)
    assert client.counts == [1, 2, 1]


def test_waiting_ends_after_as_many_failures_as_were_allowed():
    client = running()
    once, twice, always = client.when(1), client.when(2), client.when()
    client.endpoint.failed("first")
    assert once[0].check(ValueError)
    assert twice == []
    client.clock.advance(1)
    client.endpoint.failed("second")
    assert str(twice[0].value) == "second"
    assert always == []
    late = client.when(1)
    client.clock.advance(2)
    client.endpoint.failed("third")
    assert str(late[0].value) == "third"


def test_who_gives_up_waiting_is_forgotten():
    client = running()
    results = []
    waiter = client.service.whenConnected()
    waiter.addErrback(results.append)
    waiter.cancel()
    assert results[0].check(CancelledError)
    client.endpoint.made()
    assert len(results) == 1


def test_stopping_a_service_that_was_not_started_is_done_at_once():
    client = Client()
    assert client.stop() == [None]
    assert client.when()[0].check(CancelledError)


def test_stopping_an_attempt_cancels_it():
    client = running()
    waiting = client.when()
    assert client.stop() == [None]
    assert client.endpoint.cancelled == 1
    assert waiting[0].check(CancelledError)
    assert client.when()[0].check(CancelledError)
    assert not client.service.running
    assert client.clock.getDelayedCalls() == []


def test_an_attempt_that_answers_its_cancellation_with_a_connection_has_it_closed():
    made = []

    class Late:
        def connect(self, factory):
            def cancel(attempt):
                protocol = factory.buildProtocol(None)
                protocol.makeConnection(Transport())
                made.append(protocol)
                attempt.callback(protocol)

            return Deferred(cancel)

    service = ClientService(Late(), Factory.forProtocol(Recorder), clock=Clock())
    service.startService()
    service.stopService()
    assert made[0].transport.closing


def test_stopping_while_waiting_cancels_the_delay():
    client = running()
    client.endpoint.failed()
    assert client.stop() == [None]
    assert client.clock.getDelayedCalls() == []


def test_stopping_a_connected_service_waits_for_the_connection_to_close():
    client = running()
    protocol = client.endpoint.made()
    first, second = client.stop(), client.stop()
    assert protocol.transport.closing
    assert first == second == []
    waiting = client.when()
    assert waiting == []
    client.lose(protocol)
    assert first == second == [None]
    # Nobody started it again.
    assert waiting[0].check(CancelledError)
    assert client.when()[0].check(CancelledError)
    assert client.clock.getDelayedCalls() == []


def test_a_service_started_while_its_connection_closes_connects_when_it_has():
    client = running()
    protocol = client.endpoint.made()
    stopped = client.stop()
    client.service.startService()
    waiting = client.when()
    assert len(client.endpoint.attempts) == 1
    client.lose(protocol)
    assert stopped == [None]
    assert waiting == [client.endpoint.made()]


def test_a_service_stopped_again_while_it_restarts_stops():
    client = running()
    protocol = client.endpoint.made()
    first = client.stop()
    client.service.startService()
    waiting = client.when()
    second = client.stop()
    assert waiting[0].check(CancelledError)
    client.lose(protocol)
    assert first == second == [None]
    assert len(client.endpoint.attempts) == 1


def test_a_stopped_service_starts_anew():
    client = running()
    client.endpoint.failed()
    client.stop()
    client.service.startService()
    client.endpoint.failed()
    assert client.counts == [1, 1]


def test_a_preparation_comes_before_the_protocol_is_handed_out():
    prepared, done = [], Deferred()

    def prepare(protocol):
        prepared.append(protocol)
        return done

    client = running(prepare=prepare)
    waiting = client.when()
    protocol = client.endpoint.made()
    assert prepared == [protocol]
    assert waiting == []
    done.callback(None)
    assert waiting == [protocol]


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_failed_preparation_closes_the_connection_and_counts_as_a_failure(synchronous):
    done = Deferred()

    def prepare(protocol):
        if synchronous:
            raise ValueError("no")
        return done

    client = running(prepare=prepare)
    waiting = client.when(1)
    protocol = client.endpoint.made()
    if not synchronous:
        done.errback(ValueError("no"))
    assert waiting[0].check(ValueError)
    assert protocol.transport.closing
    assert client.counts == [1]
    client.lose(protocol)
    assert client.counts == [1]


def test_a_connection_lost_while_it_is_prepared_cancels_the_preparation():
    cancelled = []

    def prepare(protocol):
        return Deferred(lambda _: cancelled.append(protocol))

    client = running(prepare=prepare)
    waiting = client.when(1)
    protocol = client.endpoint.made()
    client.lose(protocol)
    assert cancelled == [protocol]
    assert waiting[0].check(ConnectionDone)
    assert client.counts == [1]


def test_stopping_during_the_preparation_cancels_it_and_closes_the_connection():
    cancelled = []

    def prepare(protocol):
        return Deferred(lambda _: cancelled.append(protocol))

    client = running(prepare=prepare)
    protocol = client.endpoint.made()
    stopped = client.stop()
    assert cancelled == [protocol]
    assert protocol.transport.closing
    assert stopped == []
    client.lose(protocol)
    assert stopped == [None]


def test_a_connection_that_is_gone_before_the_endpoint_tells_of_it_counts_as_a_failure():
    client = running()
    factory, attempt = client.endpoint.attempts[0]
    protocol = factory.buildProtocol(None)
    protocol.makeConnection(Transport())
    client.lose(protocol)
    attempt.callback(protocol)
    assert client.counts == [1]


def test_a_protocol_without_a_dict_is_watched_all_the_same():
    class Slotted:
        __slots__ = ("transport",)

        def makeConnection(self, transport):
            self.transport = transport

        def connectionLost(self, reason):
            pass

    class Slots(Factory):
        def buildProtocol(self, addr):
            return Slotted()

    client = running(factory=Slots())
    waiting = client.when()
    forwarder = client.endpoint.made()
    assert type(waiting[0]) is Slotted
    client.lose(forwarder)
    assert client.counts == [1]


def test_an_endpoint_may_give_another_object_than_the_factory_built():
    class Layered(Endpoint):
        def made(self):
            factory, attempt = self.attempts[-1]
            protocol = factory.buildProtocol(None)
            protocol.makeConnection(Transport())
            attempt.callback("what the layer gives")
            return protocol

    client = Client()
    client.service._endpoint = client.endpoint = Layered()
    client.service.startService()
    protocol = client.endpoint.made()
    client.lose(protocol)
    assert client.counts == [1]


def test_a_factory_without_a_protocol_gives_the_endpoint_none():
    class Refusing(Factory):
        def buildProtocol(self, addr):
            return None

    client = running(factory=Refusing())
    assert client.endpoint.attempts[0][0].buildProtocol(None) is None


def test_an_endpoint_that_raises_counts_as_a_failed_attempt():
    class Broken:
        def connect(self, factory):
            raise ValueError("no")

    clock, results = Clock(), []
    service = ClientService(Broken(), Factory(), lambda failures: 1, clock)
    service.whenConnected(2).addErrback(results.append)
    service.startService()
    clock.advance(1)
    assert results[0].check(ValueError)


def test_the_users_factory_is_started_and_stopped():
    calls = []

    class Own(Factory):
        def doStart(self):
            calls.append("start")

        def doStop(self):
            calls.append("stop")

    client = running(factory=Own())
    factory = client.endpoint.attempts[0][0]
    factory.doStart()
    factory.doStop()
    assert calls == ["start", "stop"]


def test_delays_grow_to_a_limit_and_have_chance_added():
    policy = backoffPolicy(2.0, 10.0, 3.0, lambda: 0.25)
    assert [policy(attempt) for attempt in range(4)] == [2.25, 6.25, 10.25, 10.25]
    policy = backoffPolicy(jitter=lambda: 0)
    assert [policy(attempt) for attempt in (0, 1, 2, 20, 10**6)] == [1.0, 1.5, 2.25, 60.0, 60.0]


def test_every_state_answers_to_start_and_stop():
    for state in State:
        assert Event.START in TABLE[state]
        assert Event.STOP in TABLE[state]


def test_an_event_that_cannot_happen_in_a_state_is_an_error():
    with pytest.raises(RuntimeError, match="RETRY cannot happen to a client service in CONNECTED"):
        next_state(State.CONNECTED, Event.RETRY)
