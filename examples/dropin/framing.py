"""Framing in memory: lines, raw mode, netstrings, length prefixes, and what is too long."""

from __future__ import annotations

from twisted.internet.testing import AccumulatingProtocol, StringTransport, StringTransportWithDisconnection
from twisted.protocols import basic


class Lines(basic.LineReceiver):
    MAX_LENGTH = 20

    def lineReceived(self, line):
        print("line:", line)
        if line.startswith(b"raw "):
            self.left = int(line[4:])
            self.setRawMode()

    def rawDataReceived(self, data):
        now, rest = data[: self.left], data[self.left :]
        print("raw:", now)
        self.left -= len(now)
        if not self.left:
            self.setLineMode(rest)

    def lineLengthExceeded(self, line):
        print("too long:", len(line) > 20)
        return basic.LineReceiver.lineLengthExceeded(self, line)

    def connectionLost(self, reason=None):
        print("lost")


def feed(protocol, data, size):
    for start in range(0, len(data), size):
        protocol.dataReceived(data[start : start + size])


for size in (1, 7, 1000):
    lines = Lines()
    transport = StringTransportWithDisconnection()
    transport.protocol = lines
    lines.makeConnection(transport)
    lines.delimiter = b"\r\n"
    feed(lines, b"one\r\ntwo\r\nraw 6\r\nabc\r\nXthree\r\n", size)
    lines.sendLine(b"answer")
    print(transport.value())
lines.dataReceived(b"y" * 50)


class Only(basic.LineOnlyReceiver):
    delimiter = b"\n"

    def lineReceived(self, line):
        print("only:", line)


only = Only()
only.makeConnection(StringTransport())
feed(only, b"a\nb\n\nc\n", 2)


class Strings:
    def stringReceived(self, string):
        print(type(self).__name__, string)

    def lengthLimitExceeded(self, length):
        print(type(self).__name__, "too long:", length)
        self.transport.loseConnection()


class Net(Strings, basic.NetstringReceiver):
    MAX_LENGTH = 30


class Int8(Strings, basic.Int8StringReceiver):
    pass


class Int16(Strings, basic.Int16StringReceiver):
    pass


class Int32(Strings, basic.Int32StringReceiver):
    MAX_LENGTH = 1000


for kind in (Net, Int8, Int16, Int32):
    sender, receiver = kind(), kind()
    out = StringTransport()
    sender.makeConnection(out)
    receiver.makeConnection(StringTransport())
    for text in (b"", b"hello", b"x:y,z"):
        sender.sendString(text)
    print(out.value())
    feed(receiver, out.value(), 3)

broken = Net()
transport = StringTransport()
broken.makeConnection(transport)
broken.dataReceived(b"3:abc,12x:")
print("broken:", transport.disconnecting)
big = Int32()
transport = StringTransport()
big.makeConnection(transport)
big.dataReceived(b"\x00\x10\x00\x00")
print("big:", transport.disconnecting)
try:
    Int8().sendString(b"x" * 300)
except basic.StringTooLongError as error:
    print("cannot send:", type(error).__name__)

accumulating = AccumulatingProtocol()
accumulating.makeConnection(StringTransport())
accumulating.dataReceived(b"some")
accumulating.dataReceived(b"thing")
print(accumulating.data, accumulating.made)
