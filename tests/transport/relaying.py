"""A child process that hands on all between its standard streams and descriptor 3, on a loop by name."""

from __future__ import annotations

import socket
import sys

from sennit.process import StandardIO
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor

reactor = Reactor(sys.argv[1])


class Side(Protocol):
    """One of the two connections."""

    def dataReceived(self, data):
        self.other.transport.write(data)

    def connectionLost(self, reason):
        if self.other.transport.connected:
            self.other.transport.unregisterProducer()
            self.other.transport.loseConnection()
        else:
            reactor.stop()


class Inner(Side):
    """The descriptor's; it brings the other."""

    def connectionMade(self):
        self.other = Side()
        self.other.other = self
        StandardIO(self.other, reactor=reactor)
        self.transport.registerProducer(self.other.transport, True)
        self.other.transport.registerProducer(self.transport, True)


reactor.callWhenRunning(reactor.adoptStreamConnection, 3, socket.AF_UNIX, Factory.forProtocol(Inner))
reactor.run()
