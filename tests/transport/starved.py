"""A server with few descriptors, for `test_exhaustion.py`: echoes; ``cpu`` asks for the time it used."""

from __future__ import annotations

import resource
import sys
import time

from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor

LIMIT = 48


class Echo(Protocol):
    """Echoes, or tells the time."""

    def dataReceived(self, data):
        self.transport.write(repr(time.process_time()).encode() if data == b"cpu" else data)


def main():
    reactor = Reactor(sys.argv[1])
    factory = Factory.forProtocol(Echo)
    factory.noisy = False
    if sys.argv[2] == "tcp":
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        where = str(port.getHost().port)
    else:
        reactor.listenUNIX(sys.argv[2], factory)
        where = sys.argv[2]

    def ready():
        resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        sys.stdout.write(where + "\n")
        sys.stdout.flush()

    reactor.callWhenRunning(ready)
    reactor.run()


main()
