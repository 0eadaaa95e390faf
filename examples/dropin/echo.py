"""An echo server and its client in one process: listenTCP, connectTCP, a clean end."""

from __future__ import annotations

from twisted.internet import defer, protocol, reactor

heard = []
closed = defer.Deferred()


class Echo(protocol.Protocol):
    def connectionMade(self):
        peer = self.transport.getPeer()
        heard.append(f"server: connection over {peer.type} from {peer.host}")

    def dataReceived(self, data):
        self.transport.write(data)

    def connectionLost(self, reason):
        heard.append(f"server: {reason.type.__name__} {reason.getErrorMessage()}")
        closed.callback(None)


class EchoClient(protocol.Protocol):
    messages = (b"hello", b"world", b"x" * 100_000)

    def connectionMade(self):
        self.waiting = list(self.messages)
        self.received = b""
        self.send()

    def send(self):
        self.expected = self.waiting.pop(0)
        self.transport.write(self.expected)

    def dataReceived(self, data):
        self.received += data
        if self.received != self.expected:
            return
        print("client: got", len(self.received), "bytes back,", self.received[:5])
        self.received = b""
        if self.waiting:
            self.send()
        else:
            self.transport.loseConnection()


class EchoClientFactory(protocol.ClientFactory):
    protocol = EchoClient

    def startedConnecting(self, connector):
        print("client: connecting to", connector.getDestination().host)

    def clientConnectionFailed(self, connector, reason):
        print("client: failed", reason.type.__name__)
        reactor.stop()

    def clientConnectionLost(self, connector, reason):
        print("client: lost", reason.type.__name__, reason.getErrorMessage())
        closed.addCallback(finish)


def finish(_):
    print(*heard, sep="\n")
    stopped = port.stopListening()
    stopped.addCallback(lambda _: print("server: stopped listening"))
    stopped.addCallback(lambda _: reactor.stop())


factory = protocol.Factory.forProtocol(Echo)
factory.noisy = False
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
client = EchoClientFactory()
client.noisy = False
reactor.connectTCP("127.0.0.1", port.getHost().port, client, timeout=5)
reactor.callLater(20, reactor.stop)
reactor.run()
print("done; running:", reactor.running)
