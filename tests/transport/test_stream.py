"""What every stream transport does, on every loop: the contract."""

from __future__ import annotations

import gc
import os
import random
import weakref
from contextlib import closing

import pytest
from tests.transport.kit import TCP, UNIX, Client, HalfCloseable, Recorder, Server, beneath, in_reactor, turns
from tests.transport.secure_kit import TLS, NestedTLS, StartedTLS

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    ILoggingContext,
    IPushProducer,
    ISystemHandle,
    ITransport,
)

BIG = 6_000_000

SOCKETS = [TCP, UNIX, TLS, NestedTLS, StartedTLS]
on_sockets = pytest.mark.parametrize("streams", SOCKETS, ids=lambda kind: kind.name, indirect=True)
"""For what only ports, connectors and sockets have."""


class Broken(Exception):
    """What the user's code raises in these tests."""


# Bytes.


async def test_bytes_go_both_ways_whole_and_in_order(reactor, connect):
    server, client = await connect()
    chance = random.Random(1)
    sent = {server: b"", client: b""}
    for size in [1, 7, 0, 65536, 100_000, 3, 1_000_000, 1]:
        for one in sent:
            data = chance.randbytes(size)
            sent[one] += data
            one.transport.write(data)
    await client.until_received(len(sent[server]))
    await server.until_received(len(sent[client]))
    assert client.received == sent[server]
    assert server.received == sent[client]


async def test_a_sequence_is_written_as_if_joined(reactor, serve):
    server, peer = await serve()
    server.transport.writeSequence([b"one ", b"", b"two"])
    server.transport.writeSequence(iter([b" three"]))
    assert await peer.receive(13) == b"one two three"


async def test_other_buffers_of_bytes_are_written_too(reactor, serve):
    server, peer = await serve()
    server.transport.write(bytearray(b"array "))
    server.transport.write(memoryview(b"view"))
    assert await peer.receive(10) == b"array view"


async def test_text_is_refused(reactor, serve):
    server, peer = await serve()
    with pytest.raises(TypeError):
        server.transport.write("text")
    with pytest.raises(TypeError):
        server.transport.writeSequence([b"bytes", "text"])
    server.transport.write(b"only this")
    server.transport.loseConnection()
    assert await peer.receive_all() == b"only this"


async def test_text_is_refused_after_the_loss_and_bytes_are_dropped(reactor, serve):
    server, _peer = await serve()
    transport = server.transport
    transport.loseConnection()
    await server.until_lost()
    transport.write(b"bytes")
    transport.writeSequence([b"bytes"])
    with pytest.raises(TypeError):
        transport.write("text")
    with pytest.raises(TypeError):
        transport.writeSequence(["text"])


# The end.


async def test_closing_is_clean_for_both_sides(reactor, connect):
    server, client = await connect()
    server.transport.loseConnection()
    assert server.transport.disconnecting
    assert await server.until_lost() is ConnectionDone
    assert await client.until_lost() is ConnectionDone
    assert server.events == client.events == ["made", "lost"]


async def test_flags_tell_the_state(reactor, serve):
    server, _peer = await serve()
    transport = server.transport
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (True, False, False)
    transport.loseConnection()
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (True, True, False)
    await server.until_lost()
    assert (transport.connected, transport.disconnecting, transport.disconnected) == (False, True, True)


async def test_the_other_side_closing_is_a_clean_end(reactor, serve):
    server, peer = await serve()
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone
    assert not server.transport.disconnecting


async def test_writes_to_a_connection_that_was_reset_log_nothing(reactor, serve, streams, caplog):
    if not streams.resets:
        pytest.skip("UNIX sockets have no reset")
    protocol, peer = await serve()
    peer.reset()
    for _ in range(20):
        protocol.transport.write(b"nobody reads this")
    await protocol.until_lost()
    assert caplog.messages == []


async def test_a_reset_is_a_loss(reactor, serve, streams):
    if not streams.resets:
        pytest.skip("UNIX sockets have no reset")
    server, peer = await serve()
    peer.reset()
    assert await server.until_lost() is ConnectionLost
    assert isinstance(server.reason.value.__cause__, ConnectionResetError)
    assert server.reason.value.args == ()


async def test_aborting_tells_both_sides(reactor, serve, streams):
    server, peer = await serve()
    server.transport.write(b"x" * BIG)
    server.transport.abortConnection()
    server.transport.abortConnection()
    assert server.reason is None
    assert await server.until_lost() is ConnectionAborted
    if streams.resets:
        with pytest.raises(ConnectionResetError):
            await peer.receive_all()
    else:
        assert len(await peer.receive_all()) < BIG


async def test_everything_is_sent_before_the_close(reactor, connect):
    server, client = await connect()
    data = random.Random(2).randbytes(BIG)
    server.transport.write(data)
    server.transport.loseConnection()
    assert await client.until_lost() is ConnectionDone
    assert client.received == data
    assert await server.until_lost() is ConnectionDone


async def test_what_is_written_after_asking_to_close_goes_out_too(reactor, serve):
    server, peer = await serve()
    server.transport.loseConnection()
    server.transport.write(b"after")
    assert await peer.receive_all() == b"after"
    assert await server.until_lost() is ConnectionDone


async def test_what_is_written_while_the_rest_is_sent_goes_out_too(reactor, serve):
    server, peer = await serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await turns(reactor)
    server.transport.write(b"after")
    received = await peer.receive_all()
    assert len(received) == BIG + 5
    assert received.endswith(b"xafter")


async def test_nothing_is_read_after_asking_to_close(reactor, serve):
    server, peer = await serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await peer.send(b"too late")
    await turns(reactor)
    assert server.events == ["made"]
    server.transport.abortConnection()
    assert await server.until_lost() is ConnectionAborted
    assert server.received == b""


async def test_a_peer_that_never_reads_keeps_the_connection_until_it_is_aborted(reactor, serve):
    server, _peer = await serve()
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    await turns(reactor, 20)
    assert server.reason is None
    server.transport.abortConnection()
    assert await server.until_lost() is ConnectionAborted


async def test_calls_after_the_loss_do_nothing(reactor, serve):
    server, peer = await serve()
    transport = server.transport
    peer.sock.close()
    await server.until_lost()
    transport.loseConnection()
    transport.abortConnection()
    transport.loseWriteConnection()
    transport.pauseProducing()
    transport.resumeProducing()
    transport.stopProducing()
    transport.unregisterProducer()
    assert transport.fileno() == -1
    await turns(reactor)
    assert server.events == ["made", "lost"]


async def test_addresses_can_be_asked_after_the_loss(reactor, connect):
    server, client = await connect()
    server.transport.loseConnection()
    await server.until_lost()
    await client.until_lost()
    assert server.transport.getPeer() == client.transport.getHost() == server.address
    assert server.transport.getHost() == client.transport.getPeer() == client.address


async def test_a_lost_connection_leaves_nothing_to_the_garbage_collector(reactor, connect, streams):
    server, client = await connect()
    transports = [server.transport, client.transport]
    gone = [weakref.ref(thing) for thing in (*transports, server, client)]
    server.transport.write(b"x")
    await client.until_received(1)
    client.transport.loseConnection()
    await server.until_lost()
    await client.until_lost()
    server.factory.built.clear()
    client.factory.built.clear()
    gc.collect()
    gc.disable()
    try:
        await turns(reactor, 5)
        del server, client, transports
        assert [reference() for reference in gone] == [None] * 4
    finally:
        gc.enable()


# Errors of the user's code.


async def test_an_error_in_data_received_ends_that_connection_only(reactor, streams, logged):
    class Raises(Recorder):
        def dataReceived(self, data):
            if data == b"bad":
                raise Broken(data)
            super().dataReceived(data)

    listening = Server(Raises)
    port = streams.listen(listening)
    first, second = streams.raw(port), streams.raw(port)
    one, two = await listening.nth(1), await listening.nth(2)
    await first.send(b"bad")
    assert await one.until_lost() is Broken
    assert await first.receive_all() == b""
    await second.send(b"good")
    await two.until_received(4)
    assert logged() == [Broken]
    first.sock.close()
    second.sock.close()
    await two.until_lost()


@pytest.mark.parametrize("error", [Broken, SystemExit, KeyboardInterrupt])
async def test_an_error_of_any_kind_ends_the_connection_with_it(reactor, serve, logged, error):
    class Raises(Recorder):
        def dataReceived(self, data):
            raise error

    server, peer = await serve(Raises)
    await peer.send(b"x")
    assert await server.until_lost() is error
    assert logged() == [error]


async def test_an_error_in_connection_made_ends_the_connection(reactor, serve, logged):
    class Raises(Recorder):
        def connectionMade(self):
            super().connectionMade()
            raise Broken

    server, peer = await serve(Raises)
    assert await server.until_lost() is Broken
    assert await peer.receive_all() == b""
    assert logged() == [Broken]


async def test_an_error_in_connection_lost_is_logged(reactor, serve, logged):
    class Raises(Recorder):
        def connectionLost(self, reason):
            super().connectionLost(reason)
            raise Broken

    server, peer = await serve(Raises)
    peer.sock.close()
    await server.until_lost()
    await turns(reactor)
    assert logged() == [Broken]


@on_sockets
async def test_a_factory_that_builds_nothing_closes_the_connection(reactor, streams):
    listening = Server()
    listening.buildProtocol = lambda _address: None
    peer = streams.raw(streams.listen(listening))
    assert await peer.receive_all() == b""
    peer.sock.close()


@on_sockets
async def test_a_factory_that_raises_closes_the_connection_and_the_port_goes_on(reactor, streams, logged):
    listening = Server()
    build = listening.buildProtocol

    def raises(address):
        listening.buildProtocol = build
        raise Broken

    listening.buildProtocol = raises
    port = streams.listen(listening)
    first = streams.raw(port)
    assert await first.receive_all() == b""
    first.sock.close()
    assert logged() == [Broken]
    second = streams.raw(port)
    await listening.nth()
    second.sock.close()


# One direction.


async def test_closing_our_direction_leaves_the_other_open(reactor, connect):
    server, client = await connect(HalfCloseable, HalfCloseable)
    server.transport.write(b"x" * BIG)
    server.transport.loseWriteConnection()
    server.transport.write(b"same turn")
    await client.until(lambda: "read lost" in client.events)
    assert len(client.received) == BIG + 9
    assert "write lost" in server.events
    server.transport.write(b"dropped")
    server.transport.writeSequence([b"dropped"])
    client.transport.write(b"answer")
    await server.until_received(6)
    client.transport.loseWriteConnection()
    await server.until(lambda: "read lost" in server.events)
    await turns(reactor)
    assert server.reason is client.reason is None
    server.transport.loseConnection()
    client.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert await client.until_lost() is ConnectionDone
    assert server.marks == ["made", "write lost", "read lost", "lost"]
    assert client.marks == ["made", "read lost", "write lost", "lost"]


async def test_a_protocol_that_is_not_half_closeable_ends_when_the_other_side_does(reactor, connect):
    server, client = await connect(HalfCloseable, Recorder)
    server.transport.write(b"last words")
    server.transport.loseWriteConnection()
    assert await client.until_lost() is ConnectionDone
    assert client.received == b"last words"
    await server.until(lambda: "read lost" in server.events)
    server.transport.loseConnection()
    await server.until_lost()


async def test_a_protocol_that_is_not_half_closeable_reads_on_after_closing_its_direction(reactor, serve):
    server, peer = await serve()
    server.transport.loseWriteConnection()
    assert await peer.receive_all() == b""
    await peer.send(b"more")
    await server.until_received(4)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


async def test_the_end_of_reading_is_told_once(reactor, serve):
    server, peer = await serve(HalfCloseable)
    peer.sock.shutdown(1)
    await server.until(lambda: "read lost" in server.events)
    server.transport.pauseProducing()
    server.transport.resumeProducing()
    server.transport.write(b"still")
    assert await peer.receive(5) == b"still"
    await turns(reactor)
    assert server.events == ["made", "read lost"]


@pytest.mark.parametrize("method", ["readConnectionLost", "writeConnectionLost"])
async def test_an_error_in_a_half_close_ends_the_connection(reactor, serve, logged, method):
    def raises(_self):
        raise Broken

    server, peer = await serve(type("Raises", (HalfCloseable,), {method: raises}))
    server.transport.loseWriteConnection()
    peer.sock.shutdown(1)
    assert await server.until_lost() is Broken
    assert logged() == [Broken]


# As a producer: reading.


async def test_a_paused_connection_reads_nothing(reactor, serve):
    server, peer = await serve()
    server.transport.pauseProducing()
    await peer.send(b"wait")
    await turns(reactor, 5)
    assert server.received == b""
    server.transport.resumeProducing()
    await server.until_received(4)


async def test_the_names_of_descriptors_work_too(reactor, serve):
    server, peer = await serve()
    server.transport.stopReading()
    await peer.send(b"wait")
    await turns(reactor, 5)
    assert server.received == b""
    server.transport.startReading()
    await server.until_received(4)
    server.transport.registerProducer(Producer(), False)
    server.transport.stopConsuming()
    assert await server.until_lost() is ConnectionDone


async def test_pausing_within_data_received_stops_the_next_read(reactor, serve):
    class Pauses(Recorder):
        def dataReceived(self, data):
            self.transport.pauseProducing()
            super().dataReceived(data)

    server, peer = await serve(Pauses)
    await peer.send(b"x" * 400_000)
    await server.until_received(1)
    await turns(reactor, 5)
    assert server.events == ["made", "data"]
    before = len(server.received)
    server.transport.resumeProducing()
    await server.until(lambda: len(server.received) > before)
    await turns(reactor, 5)
    assert server.events == ["made", "data", "data"]


class PausedFromTheStart(Recorder):
    def connectionMade(self):
        super().connectionMade()
        self.transport.pauseProducing()


class PausedAndHalfCloseable(HalfCloseable):
    def connectionMade(self):
        super().connectionMade()
        self.transport.pauseProducing()


async def test_pausing_within_connection_made_stops_the_first_read(reactor, serve):
    server, peer = await serve(PausedFromTheStart)
    await peer.send(b"early")
    await turns(reactor, 5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    assert server.events == ["made"]
    await server.until_received(5)
    await peer.send(b" and late")
    await server.until_received(14)
    assert server.received == b"early and late"
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


async def test_resuming_and_pausing_again_at_once_stays_paused(reactor, serve):
    server, peer = await serve(PausedFromTheStart)
    await peer.send(b"early")
    await turns(reactor, 5)
    server.transport.resumeProducing()
    server.transport.pauseProducing()
    await turns(reactor, 5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until_received(5)


@pytest.mark.parametrize("data", [b"", b"words"])
async def test_the_end_waits_while_paused_from_the_start(reactor, serve, data):
    server, peer = await serve(PausedAndHalfCloseable)
    await peer.send(data)
    peer.sock.shutdown(1)
    await turns(reactor, 5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until(lambda: "read lost" in server.events)
    assert server.received == data


async def test_a_connection_can_end_while_paused_from_the_start(reactor, serve):
    server, peer = await serve(PausedFromTheStart)
    await peer.send(b"unread")
    await turns(reactor, 5)
    server.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert server.received == b""


@pytest.mark.parametrize(
    ("method", "reason"), [("loseConnection", ConnectionDone), ("abortConnection", ConnectionAborted)]
)
async def test_ending_within_connection_made_reads_nothing(reactor, streams, method, reason):
    class Ends(Recorder):
        def connectionMade(self):
            super().connectionMade()
            self.transport.write(b"hi")
            getattr(self.transport, method)()

    listening = Server(Ends)
    port = streams.listen(listening)
    with closing(streams.plain(port)) as peer:
        # Before the port has had its turn to accept.
        peer.send(b"early")
        server = await listening.nth()
        assert await server.until_lost() is reason
    assert server.events == ["made", "lost"]


# As a consumer: producers.


class Producer:
    """A producer that writes down what it is told."""

    def __init__(self, resume=None):
        self.events = []
        self.resume = resume
        self._waiting = []

    def _note(self, event):
        self.events.append(event)
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def until(self, event):
        while event not in self.events:
            deferred = Deferred()
            self._waiting.append(deferred)
            await deferred

    def pauseProducing(self):
        self._note("pause")

    def resumeProducing(self):
        self._note("resume")
        if self.resume is not None:
            self.resume(self)

    def stopProducing(self):
        self._note("stop")


async def test_a_push_producer_is_paused_and_resumed(reactor, serve):
    server, peer = await serve()
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


async def test_a_push_producer_registered_when_too_much_waits_is_paused_at_once(reactor, serve):
    server, peer = await serve()
    server.transport.write(b"x" * BIG)
    producer = Producer()
    server.transport.registerProducer(producer, True)
    assert producer.events == ["pause"]
    await peer.receive(BIG)
    await producer.until("resume")


async def test_the_marks_can_be_set(reactor, serve):
    server, peer = await serve()
    producer = Producer()
    server.transport.registerProducer(producer, True)
    server.transport.set_write_buffer_limits(high=100 * BIG)
    server.transport.write(b"x" * BIG)
    await turns(reactor)
    assert producer.events == []
    server.transport.set_write_buffer_limits(high=1000, low=10)
    assert producer.events == ["pause"]
    await peer.receive(BIG)
    await producer.until("resume")
    with pytest.raises(ValueError, match="low"):
        server.transport.set_write_buffer_limits(high=1, low=2)


async def test_a_pull_producer_is_asked_whenever_nothing_waits(reactor, serve):
    pieces = [b"one", b"x" * BIG, b"three"]

    def produce(producer):
        if pieces:
            server.transport.write(pieces.pop(0))
        else:
            server.transport.unregisterProducer()
            server.transport.loseConnection()

    server, peer = await serve()
    producer = Producer(produce)
    server.transport.registerProducer(producer, False)
    assert producer.events == ["resume"]
    received = await peer.receive_all()
    assert (received[:4], received[-6:], len(received)) == (b"onex", b"xthree", BIG + 8)
    assert producer.events == ["resume"] * 4


async def test_a_pull_producer_that_writes_later_is_asked_again_then(reactor, serve):
    server, peer = await serve()
    producer = Producer()
    server.transport.registerProducer(producer, False)
    await turns(reactor, 5)
    assert producer.events == ["resume"]
    server.transport.write(b"late")
    server.transport.writeSequence([b"r"])
    assert producer.events == ["resume"]
    await turns(reactor, 5)
    assert producer.events == ["resume", "resume"]
    server.transport.unregisterProducer()
    server.transport.write(b"!")
    assert await peer.receive(6) == b"later!"
    assert producer.events == ["resume", "resume"]


async def test_only_one_producer_can_be_registered(reactor, serve):
    server, _peer = await serve()
    server.transport.registerProducer(Producer(), True)
    with pytest.raises(RuntimeError):
        server.transport.registerProducer(Producer(), True)
    server.transport.unregisterProducer()
    server.transport.registerProducer(Producer(), True)


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_producer_is_stopped_with_the_connection(reactor, serve, streaming):
    class AsksItsProducer(Recorder):
        def connectionLost(self, reason):
            self.stopped_before = "stop" in producer.events
            super().connectionLost(reason)

    server, peer = await serve(AsksItsProducer)
    producer = Producer()
    server.transport.registerProducer(producer, streaming)
    peer.sock.close()
    await server.until_lost()
    assert producer.events[-1] == "stop"
    assert server.stopped_before
    late = Producer()
    server.transport.registerProducer(late, streaming)
    assert late.events == ["stop"]
    assert server.transport.producer is None


async def test_closing_waits_for_a_pull_producer(reactor, serve):
    server, peer = await serve()
    producer = Producer()
    server.transport.registerProducer(producer, False)
    server.transport.loseConnection()
    await turns(reactor, 5)
    assert server.reason is None
    server.transport.write(b"the rest")
    server.transport.unregisterProducer()
    assert await peer.receive_all() == b"the rest"
    assert await server.until_lost() is ConnectionDone


async def test_closing_our_direction_waits_for_a_pull_producer(reactor, serve):
    server, peer = await serve(HalfCloseable)
    server.transport.registerProducer(Producer(), False)
    server.transport.loseWriteConnection()
    await turns(reactor, 5)
    server.transport.write(b"the rest")
    server.transport.unregisterProducer()
    assert await peer.receive_all() == b"the rest"
    assert server.events == ["made", "write lost"]


async def test_closing_lets_a_push_producer_finish_what_was_paused(reactor, connect):
    def produce(producer):
        server.transport.write(b"y" * BIG)
        server.transport.unregisterProducer()

    server, client = await connect()
    producer = Producer(produce)
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert producer.events == ["pause"]
    server.transport.loseConnection()
    await client.until_lost()
    assert len(client.received) == 2 * BIG


async def test_two_connections_that_feed_each_other_end_together(reactor, connect):
    """As a proxy does it: without unregistering anything."""
    one, other = await connect()
    third, fourth = await connect()
    one.transport.registerProducer(third.transport, True)
    third.transport.registerProducer(one.transport, True)
    other.transport.loseConnection()
    await one.until_lost()
    third.transport.loseConnection()
    assert await fourth.until_lost() is ConnectionDone


@pytest.mark.parametrize("method", ["loseConnection", "abortConnection"])
async def test_a_push_producer_may_end_the_connection_as_it_is_resumed(reactor, connect, method):
    server, client = await connect()
    producer = Producer(lambda _producer: getattr(server.transport, method)())
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert await server.until_lost() in {ConnectionDone, ConnectionAborted}
    await client.until_lost()
    # Where something still waits at the low mark, it is paused and resumed once more.
    assert producer.events[:2] == ["pause", "resume"]
    assert producer.events[-1] == "stop"


@pytest.mark.parametrize("method", ["pauseProducing", "resumeProducing"])
async def test_an_error_of_a_push_producer_ends_the_connection(reactor, connect, logged, method):
    def raises():
        raise Broken

    server, _client = await connect()
    producer = Producer()
    setattr(producer, method, raises)
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert await server.until_lost() is Broken
    assert producer.events[-1] == "stop"
    assert logged() == [Broken]


async def test_an_error_of_a_pull_producer_ends_the_connection(reactor, serve, logged):
    def produce(producer):
        if len(producer.events) > 1:
            raise Broken
        server.transport.write(b"x")

    server, _peer = await serve()
    producer = Producer(produce)
    server.transport.registerProducer(producer, False)
    assert await server.until_lost() is Broken
    assert producer.events == ["resume", "resume", "stop"]
    assert logged() == [Broken]


async def test_an_error_in_stop_producing_is_logged(reactor, serve, logged):
    def raises():
        raise Broken

    server, peer = await serve()
    producer = Producer()
    producer.stopProducing = raises
    server.transport.registerProducer(producer, True)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone
    assert logged() == [Broken]


# The transport as an object.


async def test_the_protocol_can_be_replaced(reactor, serve):
    server, peer = await serve()
    successor = Recorder()
    successor.makeConnection(server.transport)
    server.transport.protocol = successor
    await peer.send(b"for the second")
    await successor.until_received(14)
    peer.sock.close()
    await successor.until_lost()
    assert server.events == ["made"]


async def test_the_method_of_a_protocol_can_be_replaced(reactor, serve):
    server, peer = await serve()
    got = []
    server.dataReceived = lambda data: (got.append(data), server.note("mine"))
    await peer.send(b"x")
    await server.until(lambda: got)
    assert got == [b"x"]


async def test_attributes_can_be_set_on_a_transport(reactor, serve):
    server, _peer = await serve()
    server.transport.negotiated = "something"
    assert server.transport.negotiated == "something"


@on_sockets
async def test_a_transport_names_itself(reactor, connect, streams):
    server, client = await connect()
    name = beneath(server.transport).protocol.logPrefix()
    assert name.startswith("Recorder")
    assert server.transport.logstr.startswith(f"{name},0")
    assert client.transport.logstr == f"{name},client"
    if not streams.layered:
        assert server.transport.logPrefix() == server.transport.logstr
    assert repr(server.transport)
    assert repr(client.transport)
    assert server.transport.reactor is reactor
    assert server.transport.protocol is server
    transport = server.transport
    before = transport.logstr, repr(transport)
    transport.loseConnection()
    await server.until_lost()
    if not streams.layered:
        assert (transport.logstr, repr(transport)) == before


@on_sockets
async def test_a_transport_gives_its_handle(reactor, serve, streams):
    server, _peer = await serve()
    transport = server.transport
    assert transport.fileno() == transport.socket.fileno()
    os.fstat(transport.fileno())
    if streams.secure:
        assert transport.getHandle().get_protocol_version_name() == "TLSv1.3"
    else:
        assert transport.getHandle() is transport.socket


async def test_a_transport_declares_what_it_provides(reactor, connect):
    for one in await connect():
        for interface in (
            ITransport,
            IConsumer,
            IPushProducer,
            IHalfCloseableDescriptor,
            ISystemHandle,
            ILoggingContext,
        ):
            assert interface.providedBy(one.transport)


# Ports and connectors.


@on_sockets
async def test_connections_live_on_when_the_port_stops(reactor, streams):
    listening = Server()
    port = streams.listen(listening)
    peer = streams.raw(port)
    server = await listening.nth()
    stopped = port.stopListening()
    assert not stopped.called
    assert await stopped is None
    assert listening.stopped == 1
    await peer.send(b"x")
    await server.until_received(1)
    peer.sock.close()
    assert await server.until_lost() is ConnectionDone


@on_sockets
async def test_a_stopped_port_can_be_started_again(reactor, streams):
    listening = Server()
    port = streams.listen(listening)
    assert (listening.started, listening.stopped) == (1, 0)
    first, second = port.stopListening(), port.stopListening()
    await first
    await second
    await port.stopListening()
    assert (listening.started, listening.stopped) == (1, 1)
    port.startListening()
    assert (listening.started, listening.stopped) == (2, 1)
    peer = streams.raw(port)
    await listening.nth()
    peer.sock.close()
    await port.stopListening()


@on_sockets
async def test_sessions_are_numbered(reactor, streams):
    listening = Server()
    port = streams.listen(listening)
    peers = [streams.raw(port) for _ in range(3)]
    numbers = [(await listening.nth(number)).transport.sessionno for number in (1, 2, 3)]
    assert numbers == [0, 1, 2]
    for peer in peers:
        peer.sock.close()


@on_sockets
async def test_a_connector_connects_disconnects_and_connects_again(reactor, streams):
    listening = Server()
    port = streams.listen(listening)
    client = Client()
    connector = streams.connect(port, client)
    assert connector.state == "connecting"
    assert client.events == ["started"]
    for number in (1, 2):
        protocol = await client.nth(number)
        assert connector.state == "connected"
        assert connector.transport is beneath(protocol.transport)
        assert protocol.transport.connector is connector
        with pytest.raises(RuntimeError):
            connector.connect()
        ended = client.ended()
        connector.disconnect()
        assert await protocol.until_lost() is ConnectionDone
        await ended
        await turns(reactor, 1)
        assert connector.state == "disconnected"
        assert client.started == client.stopped == number
        connector.disconnect()
        if number == 1:
            connector.connect()
    assert client.events == ["started", "lost"] * 2


@on_sockets
async def test_a_factory_may_connect_again_when_the_connection_is_lost(reactor, streams):
    class Again(Client):
        def clientConnectionLost(self, connector, reason):
            super().clientConnectionLost(connector, reason)
            if len(self.built) == 1:
                connector.connect()

    port = streams.listen(Server())
    client = Again()
    streams.connect(port, client)
    (await client.nth(1)).transport.loseConnection()
    second = await client.nth(2)
    assert (client.started, client.stopped) == (1, 0)
    second.transport.loseConnection()
    await second.until_lost()
    await turns(reactor)
    assert (client.started, client.stopped) == (1, 1)


@on_sockets
async def test_a_client_factory_that_builds_nothing_hears_of_a_loss(reactor, streams):
    client = Client()
    client.buildProtocol = lambda _address: None
    port = streams.listen(Server())
    streams.connect(port, client)
    await client.ended()
    await turns(reactor, 1)
    assert client.events == ["started", "lost"]
    assert (client.started, client.stopped) == (1, 1)


@on_sockets
async def test_a_client_factory_that_raises_hears_of_a_failure(reactor, streams, logged):
    def raises(_address):
        raise Broken

    client = Client()
    client.buildProtocol = raises
    port = streams.listen(Server())
    streams.connect(port, client)
    await client.ended()
    await turns(reactor, 1)
    assert client.events == ["started", "failed"]
    assert client.failure.type is Broken
    assert logged() == [Broken]


@on_sockets
def test_a_reactor_that_stops_ends_all_that_is_open(reactor, streams, descriptors):
    before = descriptors()
    listening, client = Server(), Client()
    port = streams.listen(listening)

    async def main():
        await listening.nth()
        await client.nth()
        streams.connect(port, Client())

    streams.connect(port, client)
    in_reactor(reactor, main())
    assert [one.reason.type for one in (*listening.built[:1], *client.built)] == [ConnectionLost] * 2
    assert (listening.started, listening.stopped) == (client.started, client.stopped) == (1, 1)
    reactor.close()
    assert descriptors() <= before
