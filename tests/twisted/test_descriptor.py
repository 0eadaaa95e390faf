"""Tests of `sennit.twisted.internet.descriptor`, the base of descriptors that programs watch themselves."""

from __future__ import annotations

import os

import pytest
from tests.loops import LOOPS

from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.reactor import Reactor
from sennit.twisted.internet.descriptor import FileDescriptor


class Watcher:
    """A reactor that notes what it is to watch."""

    def __init__(self):
        self.reading, self.writing, self.later = set(), set(), []

    def addReader(self, it):
        self.reading.add(it)

    def removeReader(self, it):
        self.reading.discard(it)

    def addWriter(self, it):
        self.writing.add(it)

    def removeWriter(self, it):
        self.writing.discard(it)

    def callLater(self, _delay, function, *args):
        self.later.append((function, args))


class Pipe(FileDescriptor):
    """Writes into a list, as much at a time as there is room."""

    connected = True
    room = 1000

    def __init__(self):
        super().__init__(Watcher())
        self.taken = []

    def writeSomeData(self, data):
        self.taken.append(data[: self.room])
        return len(self.taken[-1])


class Producer:
    def __init__(self):
        self.heard = []

    def pauseProducing(self):
        self.heard.append("pause")

    def resumeProducing(self):
        self.heard.append("resume")

    def stopProducing(self):
        self.heard.append("stop")


def test_what_is_written_goes_out_in_order_as_there_is_room():
    pipe = Pipe()
    pipe.room, pipe.SEND_LIMIT = 3, 4
    pipe.write(b"abcd")
    pipe.writeSequence([b"ef", b"gh"])
    while pipe in pipe.reactor.writing:
        assert pipe.doWrite() is None
    assert b"".join(pipe.taken) == b"abcdefgh"
    assert max(map(len, pipe.taken)) == 3


def test_nothing_is_written_before_the_connection_or_after():
    pipe = Pipe()
    pipe.connected = False
    pipe.write(b"x")
    assert not pipe.reactor.writing


def test_text_is_refused():
    with pytest.raises(TypeError, match="encode"):
        Pipe().write("text")


def test_the_end_comes_when_all_is_written():
    pipe = Pipe()
    pipe.room = 2
    pipe.write(b"abc")
    pipe.loseConnection()
    assert pipe.disconnecting
    assert pipe.doWrite() is None
    assert pipe.doWrite().check(ConnectionDone)
    assert b"".join(pipe.taken) == b"abc"


def test_the_end_waits_for_the_producer():
    pipe, producer = Pipe(), Producer()
    pipe.registerProducer(producer, False)
    pipe.loseConnection()
    assert pipe.doWrite() is None
    pipe.unregisterProducer()
    assert pipe in pipe.reactor.writing
    assert pipe.doWrite().check(ConnectionDone)
    assert producer.heard == ["resume", "resume"]


def test_a_push_producer_is_paused_when_too_much_waits():
    pipe, producer = Pipe(), Producer()
    pipe.bufferSize = 4
    pipe.registerProducer(producer, True)
    pipe.write(b"1234")
    assert producer.heard == []
    pipe.write(b"5")
    assert producer.heard == ["pause"]
    pipe.doWrite()
    assert producer.heard == ["pause", "resume"]


def test_one_producer_at_a_time():
    pipe = Pipe()
    pipe.registerProducer(Producer(), True)
    with pytest.raises(RuntimeError, match="still registered"):
        pipe.registerProducer(Producer(), True)


def test_after_the_loss_nothing_is_watched_and_producers_are_stopped():
    pipe, producer, late = Pipe(), Producer(), Producer()
    pipe.registerProducer(producer, True)
    pipe.startReading()
    pipe.write(b"x")
    pipe.connectionLost(Failure(ConnectionDone()))
    assert (pipe.reactor.reading, pipe.reactor.writing) == (set(), set())
    pipe.registerProducer(late, True)
    assert (producer.heard, late.heard) == (["stop"], ["stop"])


def test_our_direction_can_be_closed_alone():
    pipe = Pipe()
    pipe.write(b"last")
    pipe.loseWriteConnection()
    assert pipe.doWrite() is None
    pipe.write(b"too late")
    assert b"".join(pipe.taken) == b"last"
    pipe.loseConnection()
    [(function, (reason,))] = pipe.reactor.later
    assert function == pipe.connectionLost
    assert reason.check(ConnectionDone)


def test_an_error_of_the_write_is_the_reason_for_the_end():
    pipe = Pipe()
    error = OSError("gone")
    pipe.writeSomeData = lambda _data: error
    pipe.write(b"x")
    assert pipe.doWrite() is error


@pytest.mark.parametrize("name", LOOPS)
def test_it_reads_and_writes_under_a_reactor(name):
    reactor = Reactor(name)
    ours, theirs = os.pipe()
    lost = []

    class Ours(FileDescriptor):
        connected = True

        def fileno(self):
            return theirs

        def writeSomeData(self, data):
            return os.write(theirs, data)

        def connectionLost(self, reason):
            super().connectionLost(reason)
            lost.append(reason.type)
            reactor.stop()

    descriptor = Ours(reactor)
    reactor.callWhenRunning(descriptor.write, b"hello")
    reactor.callWhenRunning(descriptor.loseConnection)
    reactor.run()
    reactor.close()
    os.close(theirs)
    with os.fdopen(ours, "rb") as end:
        assert end.read() == b"hello"
    assert lost == [ConnectionDone]
