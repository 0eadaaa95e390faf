"""The answers to many messages of one read are gathered, where the transport can do that."""

from __future__ import annotations

import pytest

from sennit.framing.basic import Int8StringReceiver, LineOnlyReceiver, LineReceiver, NetstringReceiver
from sennit.testing import StringTransport


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
