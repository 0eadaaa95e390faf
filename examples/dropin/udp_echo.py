"""A UDP echo, its client with a peer and without, and what is refused."""

from __future__ import annotations

from twisted.internet import defer, error, reactor, task
from twisted.internet.protocol import DatagramProtocol


class Echo(DatagramProtocol):
    noisy = False

    def startProtocol(self):
        print("server starts:", self.transport.getHost().host)

    def datagramReceived(self, datagram, addr):
        if datagram == b"fail":
            raise ValueError("the port lives on")
        self.transport.write(datagram.upper(), addr)

    def stopProtocol(self):
        print("server stops:", self.transport)


class Client(DatagramProtocol):
    noisy = False

    def __init__(self, address, connected):
        self.address = address
        self.connected = connected
        self.answers = defer.DeferredQueue()

    def startProtocol(self):
        if self.connected:
            self.transport.connect(*self.address)

    def ask(self, datagram):
        self.transport.write(datagram, None if self.connected else self.address)
        return self.answers.get()

    def datagramReceived(self, datagram, addr):
        print("from the server:", addr == self.address, addr[0])
        self.answers.put(datagram)


@defer.inlineCallbacks
def main():
    server = reactor.listenUDP(0, Echo(), interface="127.0.0.1")
    address = server.getHost()
    print(address.type, address.host, address.port > 0)
    where = (address.host, address.port)
    for connected in (False, True):
        client = Client(where, connected)
        port = reactor.listenUDP(0, client, "127.0.0.1", maxPacketSize=10)
        print((yield client.ask(b"hello")))
        client.transport.write(b"fail", None if connected else where)
        print((yield client.ask(b"more than ten bytes")))
        print((yield client.ask(b"")))
        yield defer.maybeDeferred(port.stopListening)
        print("client stopped:", client.transport)

    client = Client(where, False)
    port = reactor.listenUDP(0, client, "127.0.0.1")
    for datagram, target in (
        (b"x", ("localhost", address.port)),
        (b"x", ("::1", address.port)),
        (b"x" * 70000, where),
        (b"x", ("255.255.255.255", 9)),
    ):
        try:
            client.transport.write(datagram, target)
        except (error.InvalidAddressError, error.MessageLengthError, PermissionError) as refused:
            print(type(refused).__name__)
    port.setBroadcastAllowed(True)
    print("broadcast:", port.getBroadcastAllowed())
    try:
        reactor.listenUDP(address.port, Client(where, False), interface="127.0.0.1")
    except error.CannotListenError as refused:
        print("taken:", refused.interface, refused.port == address.port)
    try:
        reactor.listenUDP(0, Client(where, False), interface="localhost")
    except error.InvalidAddressError as refused:
        print("no address:", refused.address)
    first, second = port.stopListening(), server.stopListening()
    yield defer.gatherResults([first, second])

    six = Client(("::1", 0), False)
    port = reactor.listenUDP(0, six, interface="::1")
    six.address = ("::1", port.getHost().port)
    print((yield six.ask(b"to myself")), type(port.getHost()).__name__)
    yield port.stopListening()
    yield task.deferLater(reactor, 0, lambda: None)
    reactor.stop()


reactor.callWhenRunning(lambda: main().addErrback(lambda failure: (print(failure), reactor.stop())))
reactor.callLater(20, reactor.stop)
reactor.run()
