"""Datagrams over UNIX sockets: a log collector, those who write to it, and what happens when it goes."""

from __future__ import annotations

import os
import tempfile

from twisted.internet import defer, error, reactor
from twisted.internet.protocol import ConnectedDatagramProtocol, DatagramProtocol


class Collector(DatagramProtocol):
    noisy = False

    def __init__(self):
        self.lines = defer.DeferredQueue()

    def datagramReceived(self, datagram, addr):
        self.lines.put((datagram, addr and os.path.basename(addr)))
        if addr is not None:
            self.transport.write(b"noted", addr)


class Writer(ConnectedDatagramProtocol):
    noisy = False

    def __init__(self):
        self.answers = defer.DeferredQueue()
        self.refused = defer.Deferred()

    def datagramReceived(self, datagram):
        self.answers.put(datagram)

    def connectionFailed(self, failure):
        print("failed:", failure.type.__name__)

    def connectionRefused(self):
        self.refused.callback("refused")


@defer.inlineCallbacks
def main():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "log")
        named = os.path.join(directory, "writer")
        collector = Collector()
        port = reactor.listenUNIXDatagram(path, collector, mode=0o600)
        print(os.path.basename(port.getHost().name), oct(os.stat(path).st_mode & 0o777))

        reactor.connectUNIXDatagram(os.path.join(directory, "nobody"), Writer())
        anonymous, writer = Writer(), Writer()
        reactor.connectUNIXDatagram(path, anonymous)
        connected = reactor.connectUNIXDatagram(path, writer, bindAddress=named)
        print(os.path.basename(connected.getPeer().name), os.path.basename(connected.getHost().name))
        anonymous.transport.write(b"without a name")
        print((yield collector.lines.get()))
        writer.transport.write(b"with a name")
        print((yield collector.lines.get()))
        print((yield writer.answers.get()))
        for data, address in ((b"x", os.path.join(directory, "missing")), (b"x" * 9000000, named)):
            try:
                port.write(data, address)
            except (OSError, error.MessageLengthError) as failed:
                print(type(failed).__name__)
        try:
            reactor.listenUNIXDatagram(path, Collector())
        except error.CannotListenError as failed:
            print("taken:", failed.interface)
        yield port.stopListening()
        writer.transport.write(b"anyone?")
        print((yield writer.refused))
        yield connected.stopListening()
        yield anonymous.transport.stopListening()
    reactor.stop()


reactor.callWhenRunning(lambda: main().addErrback(lambda failure: (print(failure), reactor.stop())))
reactor.callLater(20, reactor.stop)
reactor.run()
