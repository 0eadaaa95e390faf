"""Standard input and output as a connection, here over pipes: echo, half-close, producers."""

from __future__ import annotations

import os

from twisted.internet import defer, interfaces, stdio, task
from twisted.protocols import basic
from zope.interface import implementer


class Upper(basic.LineReceiver):
    delimiter = b"\n"

    def __init__(self):
        self.ended = defer.Deferred()
        self.deaf = defer.Deferred()
        self.heard = defer.Deferred()
        self.finished = defer.Deferred()

    def connectionMade(self):
        print("made", type(self.transport.getHost()).__name__, type(self.transport.getPeer()).__name__)

    def lineReceived(self, line):
        self.sendLine(line.upper())
        if not self.heard.called:
            self.heard.callback(line)
        if line == b"quit":
            self.transport.loseConnection()

    def connectionLost(self, reason):
        self.ended.callback(reason.type.__name__)


@implementer(interfaces.IHalfCloseableProtocol)
class HalfCloseable(Upper):
    def readConnectionLost(self):
        print("no more to read")
        self.finished.callback(None)
        self.transport.write(b"last words")
        self.transport.loseConnection()

    def writeConnectionLost(self):
        print("no more to write")
        self.deaf.callback(None)


class Pieces:
    def __init__(self, transport):
        self.transport = transport
        self.pieces = [b"one ", b"two ", b"three"]

    def resumeProducing(self):
        self.transport.write(self.pieces.pop(0))
        if not self.pieces:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def stopProducing(self):
        print("stopped")


def connect(protocol):
    reading, feed = os.pipe()
    drain, writing = os.pipe()
    transport = stdio.StandardIO(protocol, reading, writing)
    return transport, feed, drain


async def main(reactor):
    lines = Upper()
    _transport, feed, drain = connect(lines)
    os.write(feed, b"hello\nwor")
    os.write(feed, b"ld\nquit\nignored\n")
    print(await lines.ended, os.read(drain, 100))

    ends = Upper()
    _transport, feed, drain = connect(ends)
    os.write(feed, b"unfinished")
    os.close(feed)
    print(await ends.ended)

    half = HalfCloseable()
    _transport, feed, drain = connect(half)
    os.write(feed, b"line\n")
    os.close(feed)
    print(await half.ended, os.read(drain, 100))

    fed = Upper()
    transport, feed, drain = connect(fed)
    transport.registerProducer(Pieces(transport), False)
    print(await fed.ended, os.read(drain, 100))

    deaf = HalfCloseable()
    transport, feed, drain = connect(deaf)
    transport.loseWriteConnection()
    await deaf.deaf
    os.write(feed, b"still heard\n")
    print(await deaf.heard)
    os.close(feed)
    await deaf.finished


task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
