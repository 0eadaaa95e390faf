"""A server behind a proxy that knows its clients, and a client that plays the proxy."""

import sennit
from sennit.core.addresses import IPv4Address
from sennit.endpoint import clientFromString, connectProtocol, serverFromString
from sennit.haproxy import serialize_v2


class Greeter(sennit.Protocol):
    def connectionMade(self):
        self.transport.write(f"welcome, {self.transport.getPeer().host}".encode())
        self.transport.loseConnection()


class Proxy(sennit.Protocol):
    def __init__(self):
        self.received = b""
        self.done = sennit.Deferred()

    def connectionMade(self):
        client = IPv4Address("TCP", "192.0.2.55", 40000)
        service = IPv4Address("TCP", "198.51.100.7", 443)
        self.transport.write(serialize_v2(client, service))

    def dataReceived(self, data):
        self.received += data

    def connectionLost(self, reason):
        self.done.callback(self.received.decode())


async def main():
    reactor = sennit.current_reactor()
    server = serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1:trusted=127.0.0.1")
    port = await server.listen(sennit.Factory.forProtocol(Greeter))
    client = clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}")
    proxy = await connectProtocol(client, Proxy())
    print(await proxy.done)


sennit.run(main)
