"""File descriptors that travel over UNIX sockets."""

from __future__ import annotations

import array
import os
import socket

import pytest
from tests.transport.kit import HalfCloseable, Recorder, Server, turns
from zope.interface import implementer

from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost, FileDescriptorOverrun
from sennit.core.interfaces import IFileDescriptorReceiver
from sennit.testing.contract import StreamCase, UNIXStreams
from sennit.transport.descriptors import READ_SIZE

BIG = 4_000_000


@pytest.fixture
def case(reactor):
    """These are for UNIX sockets only."""
    case = StreamCase(reactor, UNIXStreams(reactor))
    yield case
    case.close()


@pytest.fixture
def streams(case):
    return case.streams


@pytest.fixture
def connect(case):
    return case.connect


@pytest.fixture
def serve(case):
    return case.serve


@implementer(IFileDescriptorReceiver)
class Receiver(Recorder):
    """Writes down what descriptors show, each with the number of bytes that came before it."""

    def __init__(self):
        super().__init__()
        self.descriptors = []

    def fileDescriptorReceived(self, descriptor):
        with os.fdopen(descriptor, "rb") as file:
            assert not os.get_inheritable(descriptor)
            self.descriptors.append((len(self.received), file.read()))
        self.note("descriptor")


@pytest.fixture
def file(tmp_path):
    """Makes open files that can be told from one another."""
    opened = []

    def make(content):
        path = tmp_path / str(len(opened))
        path.write_bytes(content)
        opened.append(path.open("rb"))
        return opened[-1].fileno()

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("sender", [Recorder, Receiver])
async def test_a_descriptor_arrives_no_later_than_the_byte_after_it(reactor, connect, file, sender):
    server, client = await connect(Receiver, sender)
    client.transport.sendFileDescriptor(file(b"one"))
    client.transport.write(b"AB")
    client.transport.sendFileDescriptor(file(b"two"))
    client.transport.sendFileDescriptor(file(b"three"))
    client.transport.write(b"CD")
    client.transport.sendFileDescriptor(file(b"four"))
    client.transport.writeSequence([b"E", b"F"])
    await server.until_received(6)
    assert server.received == b"ABCDEF"
    assert [content for _after, content in server.descriptors] == [b"one", b"two", b"three", b"four"]
    for (after, _content), limit in zip(server.descriptors, [0, 2, 3, 4], strict=True):
        assert after <= limit


async def test_a_descriptor_with_nothing_behind_it_rides_on_what_was_written(reactor, connect, file):
    server, client = await connect(Receiver, Receiver)
    client.transport.write(b"AB")
    client.transport.sendFileDescriptor(file(b"one"))
    await server.until_received(2)
    assert server.received == b"AB"
    assert [content for _after, content in server.descriptors] == [b"one"]


@pytest.mark.parametrize("written", [b"", b"A"])
async def test_a_descriptor_without_a_byte_ends_the_connection(reactor, connect, file, written):
    server, client = await connect(Receiver, Receiver)
    client.transport.write(written)
    client.transport.sendFileDescriptor(file(b"one"))
    client.transport.sendFileDescriptor(file(b"two"))
    assert await client.until_lost() is FileDescriptorOverrun
    assert await server.until_lost() is ConnectionDone


async def test_a_descriptor_that_is_not_open_ends_the_connection(reactor, connect):
    server, client = await connect(Receiver, Receiver)
    client.transport.sendFileDescriptor(9999)
    client.transport.write(b"A")
    assert await client.until_lost() is ConnectionLost
    assert await server.until_lost() is ConnectionDone


async def test_the_order_holds_behind_much_that_waits(reactor, connect, file):
    server, client = await connect(Receiver, Recorder)
    client.transport.write(b"x" * BIG)
    client.transport.sendFileDescriptor(file(b"one"))
    client.transport.write(b"y" * BIG)
    client.transport.loseConnection()
    assert await server.until_lost() is ConnectionDone
    assert server.received == b"x" * BIG + b"y" * BIG
    [(after, content)] = server.descriptors
    assert content == b"one"
    # It rides in one read with some of what came before.
    assert BIG - READ_SIZE <= after <= BIG
    assert await client.until_lost() is ConnectionDone


async def test_the_first_descriptor_changes_nothing_for_reading(reactor, connect, file):
    server, client = await connect(Receiver, Recorder)
    client.transport.pauseProducing()
    server.transport.write(b"before")
    client.transport.sendFileDescriptor(file(b"one"))
    client.transport.write(b"A")
    await server.until_received(1)
    assert client.received == b""
    client.transport.resumeProducing()
    await client.until_received(6)
    server.transport.write(b" after")
    await client.until_received(12)
    assert client.received == b"before after"


async def test_the_first_descriptor_after_the_end_of_reading_does_not_read_again(reactor, serve, file):
    server, peer = await serve(HalfCloseable)
    peer.sock.shutdown(socket.SHUT_WR)
    await server.until(lambda: "read lost" in server.events)
    server.transport.sendFileDescriptor(file(b"one"))
    server.transport.write(b"A")
    assert await peer.receive(1) == b"A"
    await turns(reactor, 5)
    assert server.events == ["made", "read lost"]


async def test_the_first_descriptor_after_asking_to_close_does_not_read_again(reactor, connect, file):
    server, client = await connect(Recorder, Receiver)
    server.transport.write(b"x" * BIG)
    server.transport.loseConnection()
    client.transport.write(b"too late")
    server.transport.sendFileDescriptor(file(b"one"))
    server.transport.write(b"A")
    await client.until_lost()
    assert [content for _after, content in client.descriptors] == [b"one"]
    assert server.received == b""


async def test_many_descriptors_arrive_in_order(reactor, connect, file):
    server, client = await connect(Receiver, Receiver)
    for number in range(100):
        client.transport.sendFileDescriptor(file(str(number).encode()))
        client.transport.write(b"x")
    await server.until_received(100)
    assert [content for _after, content in server.descriptors] == [
        str(number).encode() for number in range(100)
    ]


async def test_several_descriptors_in_one_message_are_received(reactor, serve, file):
    server, peer = await serve(Receiver)
    sent = array.array("i", [file(b"one"), file(b"two"), file(b"three")])
    peer.sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
    await server.until_received(1)
    assert server.descriptors == [(0, b"one"), (0, b"two"), (0, b"three")]


async def test_one_who_takes_no_descriptors_leaks_none(reactor, connect, file, descriptors):
    server, client = await connect(Recorder, Receiver)
    sent = file(b"one")
    before = descriptors()
    client.transport.sendFileDescriptor(sent)
    client.transport.write(b"A")
    await server.until_received(1)
    assert descriptors() <= before


async def test_one_who_only_sends_descriptors_leaks_none_it_is_sent(reactor, connect, file, descriptors):
    server, client = await connect(Receiver, Recorder)
    client.transport.sendFileDescriptor(file(b"one"))
    client.transport.write(b"A")
    await server.until_received(1)
    sent = file(b"two")
    await turns(reactor)
    before = descriptors()
    server.transport.sendFileDescriptor(sent)
    server.transport.write(b"B")
    await client.until_received(1)
    assert descriptors() <= before


async def test_descriptors_that_arrive_as_the_connection_ends_are_closed(reactor, serve, file, descriptors):
    class Ends(Receiver):
        def fileDescriptorReceived(self, descriptor):
            super().fileDescriptorReceived(descriptor)
            self.transport.abortConnection()

    server, peer = await serve(Ends)
    sent = array.array("i", [file(b"one"), file(b"two")])
    before = descriptors()
    peer.sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
    assert await server.until_lost() is ConnectionAborted
    assert server.events == ["made", "descriptor", "lost"]
    await turns(reactor)
    assert descriptors() < before


async def test_an_error_in_descriptor_received_ends_the_connection(reactor, serve, file, logged):
    class Raises(Receiver):
        def fileDescriptorReceived(self, descriptor):
            os.close(descriptor)
            raise ZeroDivisionError

    server, peer = await serve(Raises)
    peer.sock.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file(b"one")]))])
    assert await server.until_lost() is ZeroDivisionError
    assert server.received == b""
    assert logged() == [ZeroDivisionError]


async def test_sending_after_the_end_does_nothing(reactor, connect, file):
    server, client = await connect(Receiver, HalfCloseable)
    client.transport.loseWriteConnection()
    await turns(reactor)
    client.transport.sendFileDescriptor(file(b"one"))
    server.transport.loseConnection()
    await server.until_lost()
    server.transport.sendFileDescriptor(file(b"one"))
    client.transport.loseConnection()
    await client.until_lost()


class HalfCloseableReceiver(HalfCloseable, Receiver):
    """Both."""


async def test_the_other_carrier_keeps_the_contract_of_ends(reactor, connect):
    server, client = await connect(HalfCloseableReceiver, HalfCloseableReceiver)
    server.transport.write(b"x" * BIG)
    server.transport.loseWriteConnection()
    await client.until(lambda: "read lost" in client.events)
    assert len(client.received) == BIG
    client.transport.write(b"answer")
    await server.until_received(6)
    client.transport.loseConnection()
    await client.until_lost()
    await server.until(lambda: "read lost" in server.events)
    server.transport.abortConnection()
    assert await server.until_lost() is ConnectionAborted


async def test_the_other_carrier_keeps_the_contract_of_producers(reactor, serve):
    class Producer:
        def __init__(self):
            self.events = []

        def __getattr__(self, name):
            return lambda: self.events.append(name)

    server, peer = await serve(Receiver)
    producer = Producer()
    server.transport.registerProducer(producer, True)
    server.transport.write(b"x" * BIG)
    assert producer.events == ["pauseProducing"]
    await peer.receive(BIG)
    await turns(reactor)
    assert producer.events == ["pauseProducing", "resumeProducing"]
    server.transport.unregisterProducer()
    producer = Producer()
    server.transport.registerProducer(producer, False)
    server.transport.write(b"x")
    await turns(reactor)
    assert producer.events == ["resumeProducing", "resumeProducing"]
    peer.sock.close()
    await server.until_lost()
    assert producer.events[-1] == "stopProducing"


async def test_the_other_carrier_can_be_paused(reactor, serve):
    class Paused(Receiver):
        def connectionMade(self):
            super().connectionMade()
            self.transport.pauseProducing()

    server, peer = await serve(Paused)
    await peer.send(b"early")
    await turns(reactor, 5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until_received(5)
    server.transport.pauseProducing()
    await peer.send(b"late")
    await turns(reactor, 5)
    assert server.received == b"early"
    server.transport.resumeProducing()
    await server.until_received(9)
    with pytest.raises(TypeError):
        server.transport.write("text")


async def test_a_connection_paused_from_the_start_stays_so_over_the_first_descriptor(reactor, serve, file):
    class Paused(Recorder):
        def connectionMade(self):
            super().connectionMade()
            self.transport.pauseProducing()

    server, peer = await serve(Paused)
    await turns(reactor, 5)
    server.transport.write(b"x" * BIG)
    server.transport.sendFileDescriptor(file(b"one"))
    server.transport.write(b"y")
    await peer.send(b"early")
    await turns(reactor, 5)
    assert server.events == ["made"]
    await peer.receive(BIG + 1)
    await turns(reactor, 5)
    assert server.events == ["made"]
    server.transport.resumeProducing()
    await server.until_received(5)
    await peer.send(b"late")
    await server.until_received(9)
    assert server.received == b"earlylate"


async def test_an_adopted_connection_takes_descriptors(reactor, file):
    near, far = socket.socketpair()
    far.setblocking(False)
    factory = Server(Receiver)
    with near, far:
        reactor.adoptStreamConnection(near.fileno(), socket.AF_UNIX, factory)
        server = await factory.nth()
        far.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file(b"one")]))])
        await server.until_received(1)
        assert server.descriptors == [(0, b"one")]
        server.transport.sendFileDescriptor(file(b"two"))
        server.transport.write(b"y")
        await turns(reactor)
        data, ancillary, _flags, _address = far.recvmsg(10, 1000)
        assert data == b"y"
        [(_level, _kind, content)] = ancillary
        os.close(array.array("i", content)[0])
