"""Endpoints from strings, what they refuse, and connections that cannot be made."""

from __future__ import annotations

from twisted.internet import defer, endpoints, error, protocol, task
from twisted.internet.interfaces import IStreamClientEndpoint, IStreamServerEndpoint


class Greeter(protocol.Protocol):
    def connectionMade(self):
        self.transport.write(b"hello from " + self.factory.name)
        self.transport.loseConnection()


class Listener(protocol.Protocol):
    def __init__(self):
        self.heard = b""
        self.done = defer.Deferred()

    def dataReceived(self, data):
        self.heard += data

    def connectionLost(self, reason):
        self.done.callback(self.heard)


@defer.inlineCallbacks
def main(reactor):
    factory = protocol.Factory.forProtocol(Greeter)
    factory.noisy = False
    factory.name = b"the server"
    for description in (
        "tcp:0:interface=127.0.0.1",
        "tcp:port=0:interface=127.0.0.1:backlog=5",
        r"tcp6:0:interface=\:\:1",
    ):
        server = endpoints.serverFromString(reactor, description)
        port = yield server.listen(factory)
        host = port.getHost()
        print(type(server).__name__, IStreamServerEndpoint.providedBy(server), type(host).__name__, host.host)
        if host.type == "TCP":
            name = host.host.replace(":", r"\:")
            client = endpoints.clientFromString(reactor, f"tcp:host={name}:port={host.port}:timeout=5")
            listener = yield endpoints.connectProtocol(client, Listener())
            print(type(client).__name__, IStreamClientEndpoint.providedBy(client), (yield listener.done))
        yield port.stopListening()
    number = host.port

    for refused in ("tcp", "nonsense:1", "", "tcp:0:bogus=1", "tcp:notanumber"):
        try:
            endpoints.serverFromString(reactor, refused)
        except (ValueError, TypeError) as problem:
            print(repr(refused), "is refused by", type(problem).__name__)
        else:
            print(repr(refused), "is accepted")

    try:
        yield endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", number, timeout=5).connect(factory)
    except error.ConnectionRefusedError as problem:
        print("nobody there:", type(problem).__name__, isinstance(problem, error.ConnectError))

    port = yield endpoints.TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(factory)
    taken = endpoints.TCP4ServerEndpoint(reactor, port.getHost().port, interface="127.0.0.1")
    try:
        yield taken.listen(factory)
    except error.CannotListenError as problem:
        print("taken:", type(problem).__name__)
    wrapped = endpoints.wrapClientTLS
    print("there is", wrapped.__name__)
    connecting = endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(
        protocol.Factory.forProtocol(Listener)
    )
    connecting.cancel()
    try:
        yield connecting
    except error.ConnectingCancelledError as problem:
        print("cancelled:", type(problem).__name__)
    yield port.stopListening()


task.react(main)
