from __future__ import annotations

import gc
import os
import socket
import weakref

import pytest
from zope.interface import implementer

from sennit.core.errors import ConnectionDone, ConnectionFdescWentAway, ConnectionLost
from sennit.core.interfaces import IHalfCloseableDescriptor, IReadDescriptor, IWriteDescriptor


@implementer(IReadDescriptor, IWriteDescriptor)
class Descriptor:
    """Owns one end of a socket pair; what it does when ready is the test's to say."""

    def __init__(self, file, on_read=None, on_write=None):
        self.file = file
        self.on_read = on_read
        self.on_write = on_write
        self.lost = []

    def fileno(self):
        return self.file.fileno()

    def logPrefix(self):
        return "descriptor"

    def doRead(self):
        return self.on_read()

    def doWrite(self):
        return self.on_write()

    def connectionLost(self, reason):
        self.lost.append(reason.type)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_a_reader_is_called_for_what_can_be_read(reactor, pair):
    ours, theirs = pair
    received = []

    def read():
        received.append(ours.recv(100))
        reactor.stop()

    reader = Descriptor(ours, read)
    reactor.callWhenRunning(reactor.addReader, reader)
    reactor.callWhenRunning(theirs.send, b"words")
    reactor.addSystemEventTrigger("before", "shutdown", reactor.removeReader, reader)
    reactor.run()
    assert received == [b"words"]
    assert reader.lost == []


def test_a_writer_is_called_until_it_is_removed(reactor, pair):
    ours, theirs = pair
    written = []

    def write():
        written.append(ours.send(b"x"))
        if len(written) == 3:
            reactor.removeWriter(writer)
            reactor.callLater(0, reactor.stop)

    writer = Descriptor(ours, on_write=write)
    reactor.callWhenRunning(reactor.addWriter, writer)
    reactor.run()
    assert theirs.recv(100) == b"xxx"


def test_descriptors_can_be_added_before_the_run(reactor, pair):
    ours, theirs = pair
    received = []
    reader = Descriptor(ours, lambda: (received.append(ours.recv(100)), reactor.stop())[1])
    reactor.addReader(reader)
    theirs.send(b"early")
    reactor.run()
    assert received == [b"early"]


def test_the_watched_are_listed_once(reactor, pair):
    ours, _ = pair
    both = Descriptor(ours)
    reactor.addReader(both)
    reactor.addReader(both)
    reactor.addWriter(both)
    reactor.addWriter(both)
    assert reactor.getReaders() == [both]
    assert reactor.getWriters() == [both]
    assert reactor.removeAll() == [both]
    assert reactor.getReaders() == reactor.getWriters() == []
    reactor.removeReader(both)
    reactor.removeWriter(both)


@pytest.mark.parametrize("reason", [ConnectionDone(), ConnectionLost()])
def test_a_reason_that_a_read_returns_ends_the_descriptor(reactor, pair, reason):
    ours, theirs = pair
    reader = Descriptor(ours, lambda: reason, lambda: None)
    reactor.addReader(reader)
    reactor.addWriter(reader)
    theirs.send(b"x")
    while not reader.lost:
        reactor.iterate(1)
    assert reader.lost == [type(reason)]
    assert reactor.getReaders() == reactor.getWriters() == []


def test_a_reason_that_a_write_returns_ends_the_descriptor(reactor, pair):
    ours, _ = pair
    writer = Descriptor(ours, on_write=ConnectionLost)
    reactor.addWriter(writer)
    while not writer.lost:
        reactor.iterate(1)
    assert writer.lost == [ConnectionLost]


def test_an_error_in_a_read_is_logged_and_ends_the_descriptor(reactor, pair, logged):
    ours, theirs = pair
    reader = Descriptor(ours, lambda: 1 / 0)
    reactor.addReader(reader)
    theirs.send(b"x")
    while not reader.lost:
        reactor.iterate(1)
    assert reader.lost == [ZeroDivisionError]
    assert logged.errors() == [ZeroDivisionError]
    assert reactor.getReaders() == []


def test_an_error_in_connection_lost_is_logged(reactor, pair, logged):
    ours, theirs = pair
    reader = Descriptor(ours, ConnectionLost)
    reader.connectionLost = lambda reason: 1 / 0
    reactor.addReader(reader)
    theirs.send(b"x")
    while reactor.getReaders():
        reactor.iterate(1)
    assert logged.errors() == [ZeroDivisionError]


def test_the_end_of_reading_leaves_writing_to_a_descriptor_that_can_be_half_closed(reactor, pair):
    ours, theirs = pair

    @implementer(IHalfCloseableDescriptor)
    class HalfCloseable(Descriptor):
        def readConnectionLost(self, reason):
            self.read_lost = reason.type

        def writeConnectionLost(self, reason):
            raise AssertionError

    both = HalfCloseable(ours, ConnectionDone, lambda: None)
    both.read_lost = None
    reactor.addReader(both)
    reactor.addWriter(both)
    theirs.shutdown(socket.SHUT_WR)
    while both.read_lost is None:
        reactor.iterate(1)
    assert both.read_lost is ConnectionDone
    assert reactor.getReaders() == []
    assert reactor.getWriters() == [both]
    assert both.lost == []
    reactor.removeWriter(both)


def test_a_descriptor_closed_while_watched_does_not_stop_or_spin_the_loop(reactor):
    ours, theirs = socket.socketpair()
    calls = []
    reader = Descriptor(ours, lambda: calls.append(1))
    passes = []
    reactor.addReader(reader)

    def count():
        passes.append(1)
        reactor.callLater(0.002, count)

    def start():
        theirs.send(b"x")
        ours.close()
        theirs.close()
        count()
        reactor.callLater(0.02, stop)

    def stop():
        reactor.removeReader(reader)
        reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    assert passes
    assert calls == []
    assert reader.lost in ([], [ConnectionFdescWentAway])
    assert reactor.getReaders() == []


def test_a_descriptor_that_closes_itself_in_its_read_is_told_that_it_went_away(reactor):
    ours, theirs = socket.socketpair()
    reader = Descriptor(ours, ours.close)
    reactor.addReader(reader)
    with theirs:
        theirs.send(b"x")
        while not reader.lost:
            reactor.iterate(1)
    assert reader.lost == [ConnectionFdescWentAway]
    assert reactor.getReaders() == []


def test_a_number_that_the_system_gave_to_another_is_left_alone(reactor):
    ours, theirs = socket.socketpair()
    first = Descriptor(ours, lambda: 1 / 0)
    reactor.addReader(first)
    number = ours.fileno()
    spare, other = socket.socketpair()
    os.dup2(spare.fileno(), number)
    ours.detach()
    received = []
    again = socket.socket(fileno=number)
    second = Descriptor(again, lambda: received.append(again.recv(10)))
    reactor.addReader(second)
    assert reactor.getReaders() == [second]
    reactor.removeReader(first)
    other.send(b"hello")
    while not received:
        reactor.iterate(1)
    assert received == [b"hello"]
    reactor.removeReader(second)
    for each in (again, theirs, spare, other):
        each.close()


def test_a_descriptor_that_was_reopened_is_watched_under_its_new_number(reactor, pair):
    ours, _ = pair
    received = []
    reader = Descriptor(ours, lambda: received.append(reader.file.recv(10)))
    reactor.addReader(reader)
    new, other = socket.socketpair()
    reader.file = new
    reactor.addReader(reader)
    other.send(b"new")
    while not received:
        reactor.iterate(1)
    assert received == [b"new"]
    reactor.removeReader(reader)
    new.close()
    other.close()


def test_a_closed_descriptor_is_refused(reactor):
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    for add in (reactor.addReader, reactor.addWriter):
        with pytest.raises(ValueError, match="so it is closed"):
            add(Descriptor(ours))
    assert reactor.getReaders() == reactor.getWriters() == []


def test_a_plain_file_is_refused_where_the_system_cannot_watch_it(reactor, loop_name, tmp_path):
    path = tmp_path / "plain"
    path.write_text("text")
    with path.open("rb") as file:
        reader = Descriptor(file, lambda: reactor.removeReader(reader))
        if loop_name in {"select", "poll", "qt", "gtk"}:
            reactor.addReader(reader)
            while reactor.getReaders():
                reactor.iterate(1)
        else:
            with pytest.raises(ValueError, match="is a plain file or a directory"):
                reactor.addReader(reader)
        assert reactor.getReaders() == []


def test_a_removed_descriptor_is_let_go(reactor, pair):
    ours, _ = pair
    reader = Descriptor(ours)
    gone = weakref.ref(reader)
    reactor.addReader(reader)
    reactor.addWriter(reader)
    reactor.removeReader(reader)
    reactor.removeWriter(reader)
    del reader
    reactor.iterate()
    gc.collect()
    assert gone() is None


def test_watching_goes_on_after_the_loop_was_changed_for_another(reactor, pair):
    ours, theirs = pair
    received = []
    reader = Descriptor(ours, lambda: received.append(ours.recv(10)))
    reactor.addReader(reader)
    reactor.close()
    theirs.send(b"x")
    while not received:
        reactor.iterate(1)
    assert received == [b"x"]
    reactor.removeReader(reader)
