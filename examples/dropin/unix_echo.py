"""An echo over a UNIX socket, by reactor calls and by endpoint strings."""

from __future__ import annotations

import os
import tempfile

from twisted.internet import defer, reactor
from twisted.internet.endpoints import clientFromString, connectProtocol, serverFromString
from twisted.internet.protocol import ClientCreator, Factory, Protocol


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Once(Protocol):
    def __init__(self):
        self.answer = defer.Deferred()
        self.lost = defer.Deferred()

    def dataReceived(self, data):
        self.answer.callback(data)

    def connectionLost(self, reason):
        self.lost.callback(reason.type.__name__)


@defer.inlineCallbacks
def main():
    factory = Factory.forProtocol(Echo)
    factory.noisy = False
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "echo")
        port = reactor.listenUNIX(path, factory, mode=0o600)
        print("socket is there:", os.path.exists(path), oct(os.stat(path).st_mode & 0o777))
        print("address:", os.path.basename(port.getHost().name))
        once = yield ClientCreator(reactor, Once).connectUNIX(path)
        once.transport.write(b"over a UNIX socket")
        print((yield once.answer))
        print("peer:", os.path.basename(once.transport.getPeer().name))
        once.transport.loseConnection()
        print((yield once.lost))
        yield port.stopListening()
        print("socket is there:", os.path.exists(path))

        other = os.path.join(directory, "other")
        port = yield serverFromString(reactor, "unix:" + other).listen(factory)
        once = yield connectProtocol(clientFromString(reactor, "unix:path=" + other), Once())
        once.transport.writeSequence([b"by ", b"endpoint"])
        print((yield once.answer))
        once.transport.loseConnection()
        yield once.lost
        yield port.stopListening()
    reactor.stop()


reactor.callWhenRunning(main)
reactor.callLater(20, reactor.stop)
reactor.run()
