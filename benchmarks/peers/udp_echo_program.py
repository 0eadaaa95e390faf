"""A UDP echo server as one writes it for Twisted; runs on Twisted and on Sennit.  Prints its port."""

from __future__ import annotations

from twisted.internet import protocol, reactor


class Echo(protocol.DatagramProtocol):
    noisy = False

    def datagramReceived(self, datagram, addr):
        self.transport.write(datagram, addr)


port = reactor.listenUDP(0, Echo(), interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
