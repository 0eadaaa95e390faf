"""A server that returns each line, as for Twisted; runs on Twisted and on Sennit.  Prints its port."""

from __future__ import annotations

from twisted.internet import protocol, reactor
from twisted.protocols import basic


class Echo(basic.LineReceiver):
    def lineReceived(self, line):
        self.sendLine(line)


factory = protocol.Factory.forProtocol(Echo)
factory.noisy = False
port = reactor.listenTCP(0, factory, backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
