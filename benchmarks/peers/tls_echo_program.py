"""An echo server under TLS as one writes it for Twisted; runs on Twisted and on Sennit.  Prints its port.

usage: tls_echo_program.py PEM
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from twisted.internet import protocol, reactor, ssl


class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
settings = ssl.PrivateCertificate.loadPEM(Path(sys.argv[1]).read_text(encoding="ascii")).options()
factory = protocol.Factory.forProtocol(Echo)
factory.noisy = False
port = reactor.listenSSL(0, factory, settings, backlog=1024, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
