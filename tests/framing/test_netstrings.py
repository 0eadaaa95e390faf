from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.framing.basic import NetstringParseError, NetstringReceiver
from sennit.testing import StringTransport


class Strings(NetstringReceiver):
    def connectionMade(self):
        self.events = []

    def stringReceived(self, string):
        self.events.append(string)
        if string == b"lose":
            self.transport.loseConnection()
        elif string == b"feed":
            self.dataReceived(b"3:fed,")
        elif string == b"fail":
            raise ZeroDivisionError


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_strings_are_delivered_however_they_are_cut(size, connect):
    protocol, transport = connect(Strings())
    data = b"3:abc,0:,12:twelve bytes,1:,,5:ha"
    for start in range(0, len(data), size):
        protocol.dataReceived(data[start : start + size])
    assert protocol.events == [b"abc", b"", b"twelve bytes", b","]
    protocol.dataReceived(b"lf!,")
    assert protocol.events[-1] == b"half!"
    assert not transport.disconnecting


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize(
    "data",
    [
        b"abc",
        b":a,",
        b"-1:a,",
        b"+1:a,",
        b" 1:a,",
        b"1 :a,",
        b"1\n:a,",
        b"0x1:a,",
        b"1_0:0123456789,",
        b"01:a,",
        b"00:,",
        b"3:abcd",
        b"0:x",
        b"100000:",
        b"999999",
        b"9" * 5000,
        "\u0661:a,".encode(),
    ],
)
def test_what_is_no_netstring_closes_the_connection(data, size, connect):
    protocol, transport = connect(Strings())
    for start in range(0, len(data), size):
        protocol.dataReceived(data[start : start + size])
    assert transport.disconnecting
    assert protocol.brokenPeer
    protocol.dataReceived(b"1:a,")
    assert protocol.events == []


@pytest.mark.parametrize("prefix", [b"6", b"10", b"6:"])
def test_a_length_over_the_maximum_closes_the_connection_before_the_string_comes(prefix, connect):
    protocol, transport = connect(Strings())
    protocol.MAX_LENGTH = 5
    protocol.dataReceived(b"5:abcde,")
    protocol.dataReceived(prefix)
    assert protocol.events == [b"abcde"]
    assert transport.disconnecting


def test_the_longest_string_passes_byte_by_byte(connect):
    protocol, transport = connect(Strings())
    data = b"99999:" + b"x" * 99999 + b","
    for start in range(len(data)):
        protocol.dataReceived(data[start : start + 1])
    assert protocol.events == [b"x" * 99999]
    assert not transport.disconnecting


def test_nothing_is_delivered_after_loseConnection(connect):
    protocol, _ = connect(Strings())
    protocol.dataReceived(b"4:lose,1:a,")
    protocol.dataReceived(b"1:b,")
    assert protocol.events == [b"lose"]


def test_a_callback_that_feeds_the_protocol_does_not_change_the_order(connect):
    protocol, _ = connect(Strings())
    protocol.dataReceived(b"4:feed,1:a,")
    assert protocol.events == [b"feed", b"a", b"fed"]


def test_a_failing_callback_does_not_stop_the_next_read(connect):
    protocol, _ = connect(Strings())
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(b"4:fail,")
    protocol.dataReceived(b"1:a,")
    assert protocol.events == [b"fail", b"a"]


def test_a_new_connection_begins_anew(connect):
    protocol, _ = connect(Strings())
    protocol.dataReceived(b"no")
    transport = StringTransport()
    protocol.makeConnection(transport)
    protocol.dataReceived(b"1:a,")
    assert protocol.events == [b"a"]
    assert not transport.disconnecting


def test_text_is_not_sent(connect):
    protocol, transport = connect(Strings())
    with pytest.raises(TypeError):
        protocol.sendString("text")
    assert transport.value() == b""


def test_a_receiver_says_that_stringReceived_is_to_be_written(connect):
    protocol, _ = connect(NetstringReceiver())
    with pytest.raises(NotImplementedError, match="stringReceived"):
        protocol.dataReceived(b"0:,")


def test_the_parse_error_is_a_value_error():
    assert issubclass(NetstringParseError, ValueError)


@given(st.lists(st.binary(max_size=40), max_size=20), st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_what_is_sent_is_received(strings, sizes):
    protocol, transport = Strings(), StringTransport()
    protocol.makeConnection(transport)
    for string in strings:
        protocol.sendString(string)
    sent, turn = transport.value(), 0
    while sent:
        size = sizes[turn % len(sizes)]
        protocol.dataReceived(sent[:size])
        sent, turn = sent[size:], turn + 1
    assert protocol.events == strings


@given(st.binary(max_size=60))
def test_no_input_raises(data):
    protocol = Strings()
    protocol.makeConnection(StringTransport())
    protocol.dataReceived(data)
