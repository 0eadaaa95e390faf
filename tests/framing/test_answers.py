"""The answers to many messages of one read are gathered, where the transport can do that."""

from __future__ import annotations

import pytest
from tests.transport.lone_kit import connected

from sennit.framing.basic import Int8StringReceiver, LineOnlyReceiver, LineReceiver, NetstringReceiver
from sennit.testing import StringTransport
from sennit.transport.tcp import TCPServer


class Gathering(StringTransport):
    """A transport that can gather what is written."""

    def __init__(self):
        super().__init__()
        self.asked = self.sent = 0

    def gather_writes(self):
        self.asked += 1
        return True

    def send_gathered(self):
        self.sent += 1


@pytest.mark.parametrize("base", [LineReceiver, LineOnlyReceiver])
def test_the_answers_to_many_lines_of_one_read_are_gathered(base):
    class Echo(base):
        def lineReceived(self, line):
            self.sendLine(line)
            if line == b"bad":
                raise ZeroDivisionError

    protocol, transport = Echo(), Gathering()
    protocol.makeConnection(transport)
    protocol.dataReceived(b"alone\r\n")
    protocol.dataReceived(b"begin")
    assert (transport.asked, transport.sent) == (0, 0)
    protocol.dataReceived(b"ning\r\nmiddle\r\nend\r\n")
    assert (transport.asked, transport.sent) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(b"good\r\nbad\r\nnever\r\n")
    assert (transport.asked, transport.sent) == (2, 2)
    assert transport.value() == b"alone\r\nbeginning\r\nmiddle\r\nend\r\ngood\r\nbad\r\n"


class Echo:
    def stringReceived(self, string):
        self.sendString(string)
        if string == b"bad":
            raise ZeroDivisionError


class Strings(Echo, NetstringReceiver):
    pass


class Prefixed(Echo, Int8StringReceiver):
    pass


@pytest.mark.parametrize(
    ("kind", "framed"),
    [
        (Strings, lambda word: b"%d:%b," % (len(word), word)),
        (Prefixed, lambda word: b"%c%b" % (len(word), word)),
    ],
)
def test_the_answers_to_many_strings_of_one_read_are_gathered(kind, framed):
    protocol, transport = kind(), Gathering()
    protocol.makeConnection(transport)
    protocol.dataReceived(framed(b"alone"))
    protocol.dataReceived(framed(b"beginning")[:4])
    assert (transport.asked, transport.sent) == (0, 0)
    protocol.dataReceived(framed(b"beginning")[4:] + framed(b"middle") + framed(b"end"))
    assert (transport.asked, transport.sent) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        protocol.dataReceived(framed(b"good") + framed(b"bad") + framed(b"rest"))
    assert (transport.asked, transport.sent) == (2, 2)
    assert transport.value() == b"".join(
        map(framed, (b"alone", b"beginning", b"middle", b"end", b"good", b"bad"))
    )


def test_a_transport_that_does_not_gather_is_not_told_to_send():
    class Refusing(Gathering):
        def gather_writes(self):
            super().gather_writes()
            return False

    protocol, transport = Strings(), Refusing()
    protocol.makeConnection(transport)
    protocol.dataReceived(b"3:one,3:two,5:three,")
    assert transport.value() == b"3:one,3:two,5:three,"
    assert (transport.asked, transport.sent) == (1, 0)


class Lines(LineReceiver):
    def lineReceived(self, line):
        getattr(self, line.decode(), self.sendLine)(line)

    def close(self, _line):
        self.transport.loseConnection()

    def abort(self, _line):
        self.transport.abortConnection()

    def replace(self, _line):
        self.transport.write = self.theirs.append


@pytest.fixture
def lines():
    protocol = Lines()
    protocol.theirs = []
    return protocol


def test_answers_go_out_together_in_their_order(lines):
    connection, carrier = connected(lines)
    connection.data_received(b"1\r\n2\r\n3\r\n4")
    connection.data_received(b"\r\n")
    assert carrier.sent == [b"1\r\n2\r\n3\r\n", b"4\r\n"]


def test_answers_go_where_the_program_has_them_go(lines):
    connection, carrier = connected(lines)
    connection.data_received(b"1\r\nreplace\r\n2\r\n3\r\n")
    connection.reactor.loop.turn()
    assert (carrier.sent, lines.theirs) == ([b"1\r\n"], [b"2\r\n", b"3\r\n"])


def test_answers_go_through_a_write_of_the_connections_own_class(lines):
    class Shouting(TCPServer):
        def write(self, data):
            self._carrier.write(data.upper())

    connection, carrier = connected(lines, Shouting)
    if connection.write.__func__ is not Shouting.write:
        pytest.skip("the loop's function is in its place")
    connection.data_received(b"a\r\nb\r\n")
    assert carrier.sent == [b"A\r\n", b"B\r\n"]


@pytest.mark.parametrize(("word", "ended"), [("close", "closed"), ("abort", "aborted")])
def test_no_line_is_delivered_after_the_end(lines, word, ended):
    connection, carrier = connected(lines)
    connection.data_received(b"1\r\n%s\r\n2\r\n" % word.encode())
    connection.reactor.loop.turn()
    assert carrier.ended == ended
    assert carrier.sent == ([b"1\r\n"] if word == "close" else [])
