"""An echo server of two processes: SIGHUP replaces them, and no connection is lost."""

from __future__ import annotations

import sys

from sennit.app.workers import current_member, run_workers
from sennit.protocol import Factory, Protocol
from sennit.reactor import Reactor


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


def serve(member):
    reactor = Reactor()
    reactor.listenTCP(int(sys.argv[1]), Factory.forProtocol(Echo), interface="127.0.0.1")
    member.attach(reactor, grace=10)
    reactor.run()
    reactor.close()


if __name__ == "__main__":
    member = current_member()
    if member is None:
        run_workers(2, grace=10, tell=lambda line: print(line, flush=True))
    else:
        serve(member)
