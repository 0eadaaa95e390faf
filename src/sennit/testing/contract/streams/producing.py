"""A connection is a consumer: producers are paused, resumed, asked and stopped."""

from __future__ import annotations

from typing import Any

from sennit.core.errors import ConnectionAborted, ConnectionDone
from sennit.core.failure import Failure
from sennit.protocol import connectionDone
from sennit.testing.contract.checks import raises
from sennit.testing.contract.kinds import Ability, StreamCase
from sennit.testing.contract.recorders import Broken, HalfCloseable, Producer, Recorder
from sennit.testing.contract.streams.listed import BIG, check


@check()
async def a_push_producer_is_paused_and_resumed(case: StreamCase) -> None:
    server, peer = await case.serve()
    producer = Producer()
    server.transport.registerProducer(producer, True)
    assert producer.events == []
    server.transport.write(b"x" * BIG)
    await producer.until("pause")
    assert producer.events == ["pause"]
    await peer.receive(BIG)
    await producer.until("resume")
    server.transport.unregisterProducer()
    assert producer.events == ["pause", "resume"]


@check()
async def a_push_producer_registered_when_too_much_waits_is_paused_at_once(case: StreamCase) -> None:
    server, peer = await case.serve()
    server.transport.write(b"x" * BIG)
    producer = Producer()
    server.transport.registerProducer(producer, True)
    assert producer.events == ["pause"]
    await peer.receive(BIG)
    await producer.until("resume")


@check(Ability.MARKS)
async def the_marks_can_be_set(case: StreamCase) -> None:
    server, peer = await case.serve()
    producer = Producer()
    server.transport.registerProducer(producer, True)
    server.transport.set_write_buffer_limits(high=100 * BIG)
    server.transport.write(b"x" * BIG)
    await case.turns()
    assert producer.events == []
    server.transport.set_write_buffer_limits(high=1000, low=10)
    assert producer.events == ["pause"]
    await peer.receive(BIG)
    await producer.until("resume")
    with raises(ValueError, saying="low"):
        server.transport.set_write_buffer_limits(high=1, low=2)


@check()
async def a_pull_producer_is_asked_whenever_nothing_waits(case: StreamCase) -> None:
    pieces = [b"one", b"x" * BIG, b"three"]

    def produce(producer: Any) -> None:
        if pieces:
            server.transport.write(pieces.pop(0))
        else:
            server.transport.unregisterProducer()
            server.transport.loseConnection()

    server, peer = await case.serve()
    producer = Producer(produce)
    server.transport.registerProducer(producer, False)
    assert producer.events == ["resume"]
    received = await peer.receive_all()
    assert (received[:4], received[-6:], len(received)) == (b"onex", b"xthree", BIG + 8)
    assert producer.events == ["resume"] * 4


@check()
async def a_pull_producer_that_writes_later_is_asked_again_then(case: StreamCase) -> None:
    server, peer = await case.serve()
    producer = Producer()
    server.transport.registerProducer(producer, False)
    await case.turns(5)
    assert producer.events == ["resume"]
    server.transport.write(b"late")
    server.transport.writeSequence([b"r"])
    assert producer.events == ["resume"]
    await case.turns(5)
    assert producer.events == ["resume", "resume"]
    server.transport.unregisterProducer()
    server.transport.write(b"!")
    assert await peer.receive(6) == b"later!"
    assert producer.events == ["resume", "resume"]


@check()
async def only_one_producer_can_be_registered(case: StreamCase) -> None:
    server, _peer = await case.serve()
    server.transport.registerProducer(Producer(), True)
    with raises(RuntimeError):
        server.transport.registerProducer(Producer(), True)
    server.transport.unregisterProducer()
    server.transport.registerProducer(Producer(), True)


@check(streaming=(True, False))
async def a_producer_is_stopped_with_the_connection(case: StreamCase, streaming: Any) -> None:
    class AsksItsProducer(Recorder):
        def connectionLost(self, reason: Failure = connectionDone) -> None:
            self.stopped_before = "stop" in producer.events
            super().connectionLost(reason)

    server, peer = await case.serve(AsksItsProducer)
    producer = Producer()
    server.transport.registerProducer(producer, streaming)
    peer.sock.close()
    await server.until_lost()
    assert producer.events[-1] == "stop"
    assert server.stopped_before
    late = Producer()
    server.transport.registerProducer(late, streaming)
    assert late.events == ["stop"]
    if Ability.DESCRIBES in case.streams.abilities:
        assert server.transport.producer is None


@check()
async def closing_waits_for_a_pull_producer(case: StreamCase) -> None:
    server, peer = await case.serve()
    producer = Producer()
    server.transport.registerProducer(producer, False)
    server.transport.loseConnection()
    await case.turns(5)
    assert server.reason is None
    server.transport.write(b"the rest")
    server.transport.unregisterProducer()
    assert await peer.receive_all() == b"the rest"
    assert await server.until_lost() is ConnectionDone


@check(Ability.HALVES)
async def closing_our_direction_waits_for_a_pull_producer(case: StreamCase) -> None:
    server, peer = await case.serve(HalfCloseable)
    server.transport.registerProducer(Producer(), False)
    server.transport.loseWriteConnection()
    await case.turns(5)
    server.transport.write(b"the rest")
    server.transport.unregisterProducer()
    assert await peer.receive_all() == b"the rest"
    assert server.events == ["made", "write lost"]


@check()
async def closing_lets_a_push_producer_finish_what_was_paused(case: StreamCase) -> None:
    def produce(producer: Any) -> None:
        server.transport.write(b"y" * BIG)
        server.transport.unregisterProducer()

    server, client = await case.connect()
    producer = Producer(produce)
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert producer.events == ["pause"]
    server.transport.loseConnection()
    await client.until_lost()
    assert len(client.received) == 2 * BIG


@check()
async def two_connections_that_feed_each_other_end_together(case: StreamCase) -> None:
    """As a proxy does it: without unregistering anything."""
    one, other = await case.connect()
    third, fourth = await case.connect()
    one.transport.registerProducer(third.transport, True)
    third.transport.registerProducer(one.transport, True)
    other.transport.loseConnection()
    await one.until_lost()
    third.transport.loseConnection()
    assert await fourth.until_lost() is ConnectionDone


@check(Ability.ABORTS, method=("loseConnection", "abortConnection"))
async def a_push_producer_may_end_the_connection_as_it_is_resumed(case: StreamCase, method: Any) -> None:
    server, client = await case.connect()
    producer = Producer(lambda _producer: getattr(server.transport, method)())
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert await server.until_lost() in {ConnectionDone, ConnectionAborted}
    await client.until_lost()
    assert producer.events == ["pause", "resume", "stop"]


@check(Ability.MARKS, method=("loseConnection", "loseWriteConnection"))
async def a_push_producer_is_paused_by_its_own_mark_also_when_the_end_waits(
    case: StreamCase, method: str
) -> None:
    server, peer = await case.serve(HalfCloseable)
    producer = Producer()
    server.transport.registerProducer(producer, True)
    server.transport.set_write_buffer_limits(high=BIG)
    server.transport.write(b"x" * BIG)
    getattr(server.transport, method)()
    await case.turns()
    assert producer.events == []
    server.transport.write(b"y" * BIG)
    assert producer.events == ["pause"]
    assert len(await peer.receive_all()) == 2 * BIG
    server.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert producer.events == ["pause", "resume", "stop"]


@check(Ability.BLAMES, method=("pauseProducing", "resumeProducing"))
async def an_error_of_a_push_producer_ends_the_connection(case: StreamCase, method: Any) -> None:
    def raises() -> None:
        raise Broken

    server, _client = await case.connect()
    producer = Producer()
    setattr(producer, method, raises)
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert await server.until_lost() is Broken
    assert producer.events[-1] == "stop"
    assert case.logged() == [Broken]


@check(Ability.BLAMES)
async def an_error_of_a_pull_producer_ends_the_connection(case: StreamCase) -> None:
    def produce(producer: Any) -> None:
        if len(producer.events) > 1:
            raise Broken
        server.transport.write(b"x")

    server, _peer = await case.serve()
    producer = Producer(produce)
    server.transport.registerProducer(producer, False)
    assert await server.until_lost() is Broken
    assert producer.events == ["resume", "resume", "stop"]
    assert case.logged() == [Broken]


@check(Ability.BLAMES)
async def an_error_in_stop_producing_is_logged(case: StreamCase) -> None:
    def raises() -> None:
        raise Broken

    server, peer = await case.serve()
    producer: Any = Producer()
    producer.stopProducing = raises
    server.transport.registerProducer(producer, True)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone
    assert case.logged() == [Broken]
