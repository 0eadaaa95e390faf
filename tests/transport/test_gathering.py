"""Writes that are gathered go out together, in their order, and never overtaken."""

from __future__ import annotations

import pytest

from sennit.transport.consumer import Consumer
from sennit.transport.gathering import MUCH
from sennit.transport.stream import drop


class Carrier:
    """A loop's transport that notes what it is given."""

    def __init__(self):
        self.sent = []
        self.high = None

    def write(self, data):
        self.sent.append(data)

    def set_write_buffer_limits(self, high=None, low=None):
        self.high = high


class Loop:
    def __init__(self):
        self.soon = []

    def call_soon(self, call):
        self.soon.append(call)

    def turn(self):
        soon, self.soon = self.soon, []
        for call in soon:
            call()


class Reactor:
    def __init__(self):
        self.loop = Loop()


class Connection(Consumer):
    __slots__ = ()

    def __init__(self):
        super().__init__(Reactor())
        self._carrier = Carrier()
        self.connected = True
        self.write = self._carrier.write

    @property
    def sent(self):
        return self._carrier.sent

    def _drained(self):
        pass

    def _producer_gone(self):
        pass

    def _write_ended(self):
        return self.write is drop

    def _report(self, message, culprit):
        raise AssertionError(message)

    def _user_failed(self, message, culprit):
        raise AssertionError(message)


@pytest.fixture
def connection():
    return Connection()


def test_what_is_gathered_is_sent_together_and_in_its_order(connection):
    connection.write(b"before ")
    assert connection.gather_writes() is True
    for word in (b"one ", bytearray(b"two "), memoryview(b"three")):
        connection.write(word)
    assert connection.sent == [b"before "]
    connection.send_gathered()
    assert connection.sent == [b"before ", b"one two three"]
    connection.write(b"after")
    assert connection.sent[2:] == [b"after"]


def test_one_write_is_passed_on_as_it_is(connection):
    connection.gather_writes()
    data = b"the very same"
    connection.write(data)
    connection.send_gathered()
    assert connection.sent[0] is data


def test_nothing_gathered_is_nothing_sent(connection):
    connection.gather_writes()
    connection.send_gathered()
    connection.send_gathered()
    assert connection.sent == []


def test_it_gathers_again_and_again(connection):
    for number in range(3):
        assert connection.gather_writes() is True
        connection.write(b"%d" % number)
        connection.write(b"!")
        connection.send_gathered()
        connection.reactor.loop.turn()
    assert connection.sent == [b"0!", b"1!", b"2!"]


def test_who_keeps_the_function_is_not_overtaken(connection):
    kept = connection.write
    assert connection.gather_writes() is False
    connection.write(b"one ")
    kept(b"two ")
    connection.write(b"three")
    assert connection.sent == [b"one ", b"two ", b"three"]


def test_who_takes_the_function_meanwhile_writes_in_order_then_and_later(connection):
    connection.gather_writes()
    connection.write(b"one ")
    kept = connection.write
    kept(b"two ")
    connection.send_gathered()
    connection.reactor.loop.turn()
    kept(b"three ")
    assert connection.sent == [b"one two ", b"three "]
    # It leads to the carrier's function, so nothing may be gathered while it is there.
    assert connection.gather_writes() is False
    del kept
    assert connection.gather_writes() is True


def test_within_gathering_nothing_else_gathers(connection):
    assert connection.gather_writes() is True
    assert connection.gather_writes() is False


def test_much_is_not_held_back(connection):
    connection.gather_writes()
    connection.write(b"a" * MUCH)
    assert connection.sent == []
    connection.write(b"b")
    assert [len(piece) for piece in connection.sent] == [MUCH + 1]
    connection.write(b"c")
    connection.send_gathered()
    assert connection.sent[1:] == [b"c"]


def test_a_message_and_its_ending_keep_their_place_and_count_both(connection):
    connection.gather_writes()
    gathered = connection.write
    connection.write(b"1 ")
    gathered.take(b"two", b"\r\n")
    connection.write(b"3")
    gathered.take(b"a" * MUCH, b"\r\n")
    assert connection.sent == [b"1 two\r\n3" + b"a" * MUCH + b"\r\n"]
    connection.send_gathered()
    gathered.take(b"late", b"\r\n")
    assert connection.sent[1:] == [b"late\r\n"]


def test_a_loop_that_runs_meanwhile_sends(connection):
    connection.gather_writes()
    connection.write(b"a question")
    connection.reactor.loop.turn()
    assert connection.sent == [b"a question"]
    connection.write(b"another")
    connection.send_gathered()
    assert connection.sent == [b"a question", b"another"]
    connection.reactor.loop.turn()
    assert connection.sent == [b"a question", b"another"]


def test_what_is_not_bytes_is_refused_at_once(connection):
    connection.gather_writes()
    with pytest.raises(TypeError, match="Data must be bytes, not str"):
        connection.write("text")


def test_what_a_connection_drops_that_is_closed_at_once_is_not_sent(connection):
    connection.gather_writes()
    connection.write(b"one")
    connection.write = drop
    connection.send_gathered()
    connection.reactor.loop.turn()
    assert connection.sent == []
    assert connection.write is drop
    assert connection.gather_writes() is False


def test_a_lost_connection_gathers_nothing(connection):
    connection.connected = False
    assert connection.gather_writes() is False


class Pull:
    def __init__(self, connection):
        self.connection = connection

    def resumeProducing(self):
        self.connection.write(b"asked")

    def stopProducing(self):
        pass


def test_a_producer_that_is_asked_comes_after_what_was_gathered(connection):
    connection.gather_writes()
    connection.write(b"head ")
    connection.registerProducer(Pull(connection), streaming=False)
    assert connection.sent == [b"head ", b"asked"]
    assert connection.gather_writes() is False
    connection.send_gathered()
    connection.unregisterProducer()
    assert connection.gather_writes() is True
