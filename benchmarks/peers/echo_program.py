"""An echo server as one writes it for Twisted; runs on Twisted and on Sennit.  Prints its port.

usage: echo_program.py [PATH]

With PATH it listens there, on a UNIX socket, and prints 0.
"""

from __future__ import annotations

import resource
import sys

from twisted.internet import protocol, reactor


class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
factory = protocol.Factory.forProtocol(Echo)
factory.noisy = False
if sys.argv[1:]:
    reactor.listenUNIX(sys.argv[1], factory, backlog=1024)
    print(0, flush=True)
else:
    port = reactor.listenTCP(0, factory, backlog=1024, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
reactor.run()
