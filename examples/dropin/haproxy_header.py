"""A server behind a proxy: PROXY headers of both versions, checks of the proxy itself, and strangers."""

from __future__ import annotations

import socket
import struct

from twisted.internet import defer, endpoints, reactor
from twisted.internet.protocol import ClientCreator, Factory, Protocol
from twisted.protocols.haproxy import proxyEndpoint

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v2(command, family, body):
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(body)) + body


ADDRESSES = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.7") + struct.pack("!HH", 1234, 443)
HEADERS = {
    "version 1": b"PROXY TCP4 192.0.2.1 198.51.100.7 1234 443\r\n",
    "version 2": v2(1, 0x11, ADDRESSES),
    "version 2 with more": v2(1, 0x11, ADDRESSES + b"\x04\0\1x"),
    "a check": v2(0, 0, b""),
    "no proxy": b"GET / HTTP/1.0\r\n\r\n",
    "no address": b"PROXY TCP4 192.0.2.1\r\n",
}


class Server(Protocol):
    def dataReceived(self, data):
        peer, host = self.transport.getPeer(), self.transport.getHost()
        if peer.host == "127.0.0.1":
            print("server:", data, "from the proxy itself")
        else:
            print("server:", data, "from", peer, "at", host)
        self.transport.write(b"seen")
        self.transport.loseConnection()


class Client(Protocol):
    def __init__(self):
        self.received = b""
        self.lost = defer.Deferred()

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.lost.callback(self.received)


@defer.inlineCallbacks
def main():
    factory = Factory.forProtocol(Server)
    factory.noisy = False
    below = endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    for endpoint in (
        proxyEndpoint(below),
        endpoints.serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1"),
    ):
        port = yield endpoint.listen(factory)
        for name, header in HEADERS.items():
            client = yield ClientCreator(reactor, Client).connectTCP("127.0.0.1", port.getHost().port)
            client.transport.write(header + b"hello")
            print(name, (yield client.lost))
        yield port.stopListening()
    reactor.stop()


reactor.callWhenRunning(lambda: main().addErrback(lambda failure: (print(failure), reactor.stop())))
reactor.callLater(20, reactor.stop)
reactor.run()
