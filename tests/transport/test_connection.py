"""Connections are objects like any other: programs put things on them, replace parts, and let go of them."""

from __future__ import annotations

import gc
import weakref

import pytest
from tests.transport.lone_kit import connected

from sennit.core.at_work import at_work
from sennit.core.errors import ConnectionDone
from sennit.core.native import core_in_use
from sennit.protocol import Protocol
from sennit.transport.tcp import TCPClient, TCPServer


class Recorder(Protocol):
    def __init__(self):
        self.data = []

    def dataReceived(self, data):
        self.data.append(data)


def test_programs_keep_what_they_like_on_a_connection():
    connection, _ = connected(Recorder())
    connection.user = "me"
    connection.setdefault = None
    assert vars(connection) == {"user": "me", "setdefault": None}
    del connection.user
    assert not hasattr(connection, "user")


@pytest.mark.parametrize("kind", [TCPServer, TCPClient])
def test_a_connection_that_holds_itself_is_collected(kind):
    protocol = Recorder()
    connection, _ = connected(protocol, kind)
    connection.itself = [connection]
    seen = weakref.ref(connection)
    kept = weakref.ref(protocol)
    del connection, protocol
    gc.collect()
    assert seen() is None
    assert kept() is None


def test_what_a_program_puts_in_the_place_of_a_method_is_called():
    protocol = Recorder()
    connection, carrier = connected(protocol)
    written, read = [], []
    connection.write = written.append
    connection.writeSequence([b"a", b"b"])
    protocol.dataReceived = read.append
    connection.data_received(b"c")
    other = Recorder()
    connection.protocol = other
    connection.data_received(b"d")
    connection.getPeer = lambda: "nobody"
    assert (written, carrier.sent) == ([b"ab"], [])
    assert (read, protocol.data, other.data) == ([b"c"], [], [b"d"])
    assert connection.getPeer() == "nobody"


def test_a_class_of_a_programs_own_may_do_things_its_way():
    class Counting(TCPServer):
        def __init__(self, *args):
            super().__init__(*args)
            self.reads = 0

        def data_received(self, data):
            self.reads += 1
            super().data_received(data)

        def _before_loss(self):
            self.reads = -self.reads

    protocol = Recorder()
    connection, _ = connected(protocol, Counting)
    connection.data_received(b"x")
    assert (connection.reads, protocol.data) == (1, [b"x"])
    connection.connection_lost(None)
    assert connection.reads == -1


def test_states_are_true_or_false():
    connection, _ = connected(Recorder())
    states = ("connected", "disconnecting", "disconnected", "streamingProducer")
    assert [getattr(connection, name) for name in states] == [True, False, False, False]
    assert all(type(getattr(connection, name)) is bool for name in states)
    assert connection.sessionno == 3


def test_after_the_loss_nothing_leads_to_the_protocol():
    protocol = Recorder()
    connection, _ = connected(protocol)
    gone = weakref.ref(protocol)
    owner = connection.server
    connection.connection_lost(None)
    assert [reason.type for reason in owner.ended] == [ConnectionDone]
    owner.protocol = protocol = None
    assert gone() is None
    assert not connection.connected
    connection.write(b"dropped")


@pytest.mark.skipif(core_in_use() == "pure", reason="who is at work is found among the calls")
def test_whose_turn_it_is_is_known_while_a_protocol_is_called():
    seen = []

    class Nosy(Protocol):
        def connectionMade(self):
            seen.append(at_work())

        def dataReceived(self, data):
            seen.append(at_work())
            if data == b"nest":
                inner.data_received(b"x")
                seen.append(at_work())
            else:
                raise ZeroDivisionError

        def connectionLost(self, reason):
            seen.append(at_work())

    inner, _ = connected(Recorder())
    connection, _ = connected(Nosy())
    connection.data_received(b"nest")
    connection.connection_lost(None)
    assert seen == [connection] * 4
    assert at_work() is None
