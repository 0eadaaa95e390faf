"""Standard input and output as a connection, over real descriptors on a plain asyncio loop."""

from __future__ import annotations

import asyncio
import os

import pytest
from zope.interface import implementer

from sennit.core.addresses import ProcessAddress
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.endpoint import StandardIOEndpoint
from sennit.process import PipeAddress, StandardIO
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor


class Recorder(Protocol):
    def __init__(self):
        self.data = b""
        self.arrived = asyncio.Event()
        self.lost = asyncio.get_running_loop().create_future()

    def dataReceived(self, data):
        self.data += data
        self.arrived.set()

    def connectionLost(self, reason):
        self.lost.set_result(reason)


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    def __init__(self):
        super().__init__()
        self.read_lost = asyncio.get_running_loop().create_future()
        self.write_lost = asyncio.get_running_loop().create_future()

    def readConnectionLost(self):
        self.read_lost.set_result(None)

    def writeConnectionLost(self):
        self.write_lost.set_result(None)


class Pipes:
    """Two pipes: what we write to reaches the transport, what it writes we read."""

    def __init__(self):
        self.input, self.feed = os.pipe()
        self.drain, self.output = os.pipe()
        self.open = {self.input, self.feed, self.drain, self.output}

    def close(self, *descriptors):
        for one in descriptors or tuple(self.open):
            self.open.discard(one)
            os.close(one)


@pytest.fixture
def pipes():
    made = Pipes()
    yield made
    made.close()


def run(scenario):
    async def bounded():
        async with asyncio.timeout(20):
            await scenario()

    asyncio.run(bounded())


def connect(protocol, pipes):
    return StandardIO(protocol, pipes.input, pipes.output)


def test_data_goes_both_ways_and_the_end_of_input_ends_the_connection(pipes):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)
        assert isinstance(transport.getHost(), ProcessAddress)
        assert isinstance(transport.getPeer(), PipeAddress)
        transport.writeSequence([b"to ", b"you"])
        os.write(pipes.feed, b"to me")
        pipes.close(pipes.feed)
        reason = await protocol.lost
        assert reason.check(ConnectionDone)
        assert protocol.data == b"to me"
        assert os.read(pipes.drain, 100) == b"to you"
        transport.write(b"too late")

    run(scenario)
    os.fstat(pipes.input)
    assert os.get_blocking(pipes.input)
    assert os.get_blocking(pipes.output)


def test_losing_the_connection_sends_what_was_written_first(pipes):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)
        transport.write(b"x" * 1_000_000)
        transport.loseConnection()
        read = await asyncio.to_thread(read_exactly, pipes.drain, 1_000_000)
        assert read == b"x" * 1_000_000
        assert (await protocol.lost).check(ConnectionDone)

    run(scenario)


def read_exactly(descriptor, size):
    read = b""
    while len(read) < size:
        read += os.read(descriptor, 65536)
    return read


def test_descriptors_that_the_program_closed_are_left_alone(pipes):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)
        pipes.close(pipes.input, pipes.output)
        transport.loseConnection()
        assert (await protocol.lost).check(ConnectionDone)

    run(scenario)


def test_aborting_ends_the_connection_without_waiting_for_a_reader(pipes):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)
        transport.write(b"x" * 1_000_000)
        transport.abortConnection()
        assert (await protocol.lost).check(ConnectionAborted)
        assert not transport.connected

    run(scenario)


def test_a_half_closeable_protocol_outlives_its_input(pipes):
    async def scenario():
        protocol = HalfCloseable()
        transport = connect(protocol, pipes)
        pipes.close(pipes.feed)
        await protocol.read_lost
        transport.write(b"still here")
        assert await asyncio.to_thread(os.read, pipes.drain, 100) == b"still here"
        assert not protocol.lost.done()
        transport.loseConnection()
        await protocol.lost

    run(scenario)


@pytest.mark.parametrize("abort", [True, False])
def test_a_half_closeable_protocol_outlives_its_output(pipes, abort):
    async def scenario():
        protocol = HalfCloseable()
        transport = connect(protocol, pipes)
        pipes.close(pipes.drain)
        await protocol.write_lost
        os.write(pipes.feed, b"still here")
        await protocol.arrived.wait()
        assert not protocol.lost.done()
        transport.write(b"to nobody")
        (transport.abortConnection if abort else transport.loseConnection)()
        await protocol.lost

    run(scenario)


@pytest.mark.parametrize("kind", [Recorder, HalfCloseable])
def test_output_can_be_closed_alone(pipes, kind):
    async def scenario():
        protocol = kind()
        transport = connect(protocol, pipes)
        transport.write(b"the end")
        transport.loseWriteConnection()
        transport.loseWriteConnection()
        assert await asyncio.to_thread(os.read, pipes.drain, 100) == b"the end"
        if kind is HalfCloseable:
            await protocol.write_lost
        os.write(pipes.feed, b"still here")
        await protocol.arrived.wait()
        assert not protocol.lost.done()
        transport.abortConnection()
        await protocol.lost

    run(scenario)


def test_reading_can_be_paused(pipes):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)
        transport.pauseProducing()
        os.write(pipes.feed, b"later")
        for _ in range(5):
            await asyncio.sleep(0)
        assert protocol.data == b""
        transport.resumeProducing()
        await protocol.arrived.wait()
        assert protocol.data == b"later"
        transport.stopProducing()
        await protocol.lost

    run(scenario)


def test_regular_files_are_read_and_written_too(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"x" * 200_000)

    async def scenario():
        class Copying(Recorder):
            def dataReceived(self, data):
                super().dataReceived(data)
                self.transport.write(data)

        protocol = Copying()
        with source.open("rb") as reading, target.open("wb") as writing:
            transport = StandardIO(protocol, reading.fileno(), writing.fileno())
            transport.pauseProducing()
            transport.resumeProducing()
            assert (await protocol.lost).check(ConnectionDone)

    run(scenario)
    assert target.read_bytes() == source.read_bytes()


def test_output_that_cannot_be_written_ends_the_connection(tmp_path, pipes):
    file = tmp_path / "read-only"
    file.write_bytes(b"")

    async def scenario():
        protocol = Recorder()
        with file.open("rb") as reading:
            transport = StandardIO(protocol, pipes.input, reading.fileno())
            transport.write(b"no")
            assert (await protocol.lost).check(ConnectionLost)

    run(scenario)


def test_the_endpoint_connects_a_protocol_of_the_factory(pipes, monkeypatch):
    monkeypatch.setattr(StandardIO.__init__, "__defaults__", (pipes.input, pipes.output, None))

    async def scenario():
        reactor = Reactor.adopt(asyncio.get_running_loop())
        transport = await StandardIOEndpoint(reactor).listen(Factory.forProtocol(Recorder))
        assert type(transport.protocol) is Recorder
        transport.loseConnection()
        await transport.protocol.lost

    run(scenario)


def test_a_factory_without_a_protocol_fails_the_endpoint():
    class Refusing(Factory):
        def buildProtocol(self, addr):
            return None

    results = []
    StandardIOEndpoint(None).listen(Refusing()).addErrback(results.append)
    assert len(results) == 1


def test_a_filter_writes_everything_after_its_input_has_ended(pipes):
    async def scenario():
        class Filter(Recorder):
            def dataReceived(self, data):
                super().dataReceived(data)
                self.transport.write(data * 500_000)

        protocol = Filter()
        connect(protocol, pipes)
        os.write(pipes.feed, b"ab")
        pipes.close(pipes.feed)
        await protocol.arrived.wait()
        read = await asyncio.to_thread(read_exactly, pipes.drain, 1_000_000)
        assert read == b"ab" * 500_000
        assert (await protocol.lost).check(ConnectionDone)

    run(scenario)


def test_a_pull_producer_finishes_after_the_input_has_ended(pipes):
    async def scenario():
        class Producer:
            pieces = 3

            def resumeProducing(self):
                if self.pieces == 3 and not transport._read_ended:
                    return
                transport.write(b"piece ")
                self.pieces -= 1
                if not self.pieces:
                    transport.unregisterProducer()

            def stopProducing(self):
                raise AssertionError("It was done.")

        protocol = Recorder()
        transport = connect(protocol, pipes)
        producer = Producer()
        transport.registerProducer(producer, False)
        pipes.close(pipes.feed)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert transport._read_ended
        assert not protocol.lost.done()
        producer.resumeProducing()
        assert (await protocol.lost).check(ConnectionDone)
        assert os.read(pipes.drain, 100) == b"piece piece piece "

    run(scenario)


@pytest.mark.parametrize("output_first", [True, False])
def test_when_nobody_is_at_either_end_the_connection_is_over(pipes, output_first):
    async def scenario():
        protocol = Recorder()
        transport = connect(protocol, pipes)

        class Idle:
            def resumeProducing(self):
                """Never write."""

            stopProducing = resumeProducing

        transport.registerProducer(Idle(), False)
        for descriptor in (pipes.drain, pipes.feed) if output_first else (pipes.feed, pipes.drain):
            pipes.close(descriptor)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert (await protocol.lost).check(ConnectionDone)

    run(scenario)
