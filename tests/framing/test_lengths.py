from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.framing.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    IntNStringReceiver,
    StringTooLongError,
)
from sennit.testing import StringTransport


class Recorder:
    def connectionMade(self):
        self.events = []

    def stringReceived(self, string):
        self.events.append(string)
        command = getattr(self, "do_" + string.decode("latin-1"), None)
        if command is not None:
            command()

    def do_lose(self):
        self.transport.loseConnection()

    def do_pause(self):
        self.pauseProducing()

    def do_feed(self):
        self.dataReceived(b"\x00\x03fed")

    def do_fail(self):
        raise ZeroDivisionError

    def do_look(self):
        self.events.append(("rest", self.recvd))

    def do_replace(self):
        self.recvd = b"\x00\x03new"


class Strings8(Recorder, Int8StringReceiver):
    pass


class Strings16(Recorder, Int16StringReceiver):
    pass


class Strings32(Recorder, Int32StringReceiver):
    pass


def packed(*strings):
    return b"".join(len(string).to_bytes(2, "big") + string for string in strings)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Strings8, b"\x03abc\x00\x01x"),
        (Strings16, b"\x00\x03abc\x00\x00\x00\x01x"),
        (Strings32, b"\x00\x00\x00\x03abc\x00\x00\x00\x00\x00\x00\x00\x01x"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_strings_are_delivered_however_they_are_cut(kind, data, size, connect):
    protocol, transport = connect(kind())
    for start in range(0, len(data), size):
        protocol.dataReceived(data[start : start + size])
    assert protocol.events == [b"abc", b"", b"x"]
    for string in protocol.events:
        protocol.sendString(string)
    assert transport.value() == data


@pytest.mark.parametrize(("kind", "longest"), [(Strings8, 255), (Strings16, 65535)])
def test_a_string_whose_length_does_not_fit_is_not_sent(kind, longest, connect):
    protocol, transport = connect(kind())
    protocol.sendString(b"x" * longest)
    transport.clear()
    with pytest.raises(StringTooLongError, match=str(longest + 1)):
        protocol.sendString(b"x" * (longest + 1))
    assert transport.value() == b""


def test_a_length_over_the_maximum_closes_the_connection_before_the_string_comes(connect):
    protocol, transport = connect(Strings32())
    protocol.MAX_LENGTH = 5
    protocol.dataReceived(b"\x00\x00\x00\x05abcde\x00\x00\x00\x06")
    assert protocol.events == [b"abcde"]
    assert transport.disconnecting


def test_a_protocol_that_does_not_close_then_is_given_no_endless_buffer(connect):
    protocol, transport = connect(Strings16())
    protocol.MAX_LENGTH = protocol.MAX_HELD_BACK = 10
    lengths = []
    protocol.lengthLimitExceeded = lengths.append
    for _ in range(100):
        protocol.dataReceived(b"\xff\xff\x00\x00")
        assert len(protocol.recvd) <= 30
    assert lengths[0] == 65535
    assert transport.disconnecting


def test_a_pause_in_the_middle_of_a_read_holds_the_other_strings_back(connect):
    protocol, transport = connect(Strings16())
    protocol.dataReceived(packed(b"pause", b"a"))
    protocol.dataReceived(packed(b"b"))
    assert protocol.events == [b"pause"]
    assert transport.producerState == "paused"
    protocol.resumeProducing()
    assert protocol.events == [b"pause", b"a", b"b"]


def test_nothing_is_delivered_after_loseConnection(connect):
    protocol, _ = connect(Strings16())
    protocol.dataReceived(packed(b"lose", b"a"))
    protocol.dataReceived(packed(b"b"))
    assert protocol.events == [b"lose"]


def test_a_callback_that_feeds_the_protocol_does_not_change_the_order(connect):
    protocol, _ = connect(Strings16())
    protocol.dataReceived(packed(b"feed", b"a"))
    assert protocol.events == [b"feed", b"a", b"fed"]


def test_a_failing_callback_does_not_stop_the_next_read(connect):
    protocol, _ = connect(Strings16())
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(packed(b"fail", b"a"))
    protocol.dataReceived(packed(b"b"))
    assert protocol.events == [b"fail", b"a", b"b"]


def test_what_is_not_delivered_can_be_seen_and_replaced(connect):
    protocol, _ = connect(Strings16())
    assert protocol.recvd == b""
    protocol.dataReceived(packed(b"look", b"a") + b"\x00")
    assert protocol.events == [b"look", ("rest", packed(b"a") + b"\x00"), b"a"]
    assert protocol.recvd == b"\x00"
    protocol.recvd = b""
    protocol.dataReceived(packed(b"replace", b"a"))
    assert protocol.events[-2:] == [b"replace", b"new"]


def test_a_subclass_chooses_its_own_format(connect):
    class Little(Recorder, IntNStringReceiver):
        structFormat = "<H"
        prefixLength = 2

    protocol, transport = connect(Little())
    protocol.dataReceived(b"\x01\x00x")
    assert protocol.events == [b"x"]
    protocol.sendString(b"ab")
    assert transport.value() == b"\x02\x00ab"


def test_a_receiver_says_that_stringReceived_is_to_be_written(connect):
    protocol, _ = connect(Int8StringReceiver())
    with pytest.raises(NotImplementedError, match="stringReceived"):
        protocol.dataReceived(b"\x00")


@given(st.lists(st.binary(max_size=60), max_size=20), st.lists(st.integers(1, 70), min_size=1, max_size=4))
def test_what_is_sent_is_received(strings, sizes):
    strings = [b"." + string for string in strings]
    protocol, transport = Strings8(), StringTransport()
    protocol.makeConnection(transport)
    for string in strings:
        protocol.sendString(string)
    sent, turn = transport.value(), 0
    while sent:
        size = sizes[turn % len(sizes)]
        protocol.dataReceived(sent[:size])
        sent, turn = sent[size:], turn + 1
    assert protocol.events == strings
