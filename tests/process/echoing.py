"""Echoes its standard input in capitals, on the loop that is named; for `test_conversations.py`."""

from __future__ import annotations

import os
import sys

from sennit.endpoint import serverFromString
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor

reactor = Reactor(sys.argv[1])


class Capitals(Protocol):
    """Echoes in capitals, at the pace of whoever reads."""

    def connectionMade(self):
        self.transport.registerProducer(self.transport, True)

    def dataReceived(self, data):
        self.transport.write(data.upper())

    def connectionLost(self, reason):
        sys.stderr.write(f"{reason.type.__name__} {os.get_blocking(0)} {os.get_blocking(1)}")
        reactor.stop()


def start():
    """Listen, once the reactor runs."""
    serverFromString(reactor, "stdio:").listen(Factory.forProtocol(Capitals))


reactor.callWhenRunning(start)
reactor.run()
