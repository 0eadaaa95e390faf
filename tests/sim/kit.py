"""Programs for simulated hosts, and what must be so when all is over."""

from __future__ import annotations

from sennit.endpoint import HostnameEndpoint, connectProtocol
from sennit.protocol import DatagramProtocol, Factory, Protocol


class Collector(Protocol):
    """Keeps all that it hears."""

    def __init__(self):
        self.data = b""
        self.lost = None

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        self.lost = reason.value


class Echo(Collector):
    """And says it again."""

    def dataReceived(self, data):
        super().dataReceived(data)
        self.transport.write(data)


class Server:
    """A program that listens, and remembers who came."""

    def __init__(self, kind=Echo, port=80, interface=""):
        self.kind = kind
        self.interface = interface
        self.port = port
        self.protocols = []

    def __call__(self, reactor):
        factory = Factory()
        factory.buildProtocol = self.build
        return reactor.listenTCP(self.port, factory, interface=self.interface)

    def build(self, _):
        self.protocols.append(self.kind())
        return self.protocols[-1]


def connect(name="server", port=80, kind=Collector, timeout=30):
    return lambda reactor: connectProtocol(HostnameEndpoint(reactor, name, port, timeout=timeout), kind())


class Datagrams(DatagramProtocol):
    """Keeps all that it hears."""

    def __init__(self):
        self.heard = []
        self.was_refused = False

    def datagramReceived(self, datagram, addr):
        self.heard.append((datagram, addr))

    def connectionRefused(self):
        self.was_refused = True


def listen(protocol, port=0):
    return lambda reactor: reactor.listenUDP(port, protocol)


def assert_clean(sim, *names, within=1500.0):
    """Let time go by, and check that no host (of some names) has a thing left but what listens."""
    sim.run_for(within)
    for host in sim.hosts:
        if host.up and (not names or host.name in names):
            kernel = host.kernel
            assert not kernel.streams, f"{host.name} has connections left: {list(kernel.streams)}"
            listening = {id(sock) for sock in kernel.listening.values()}
            listening |= {id(sock) for sock in kernel.paths.values()}
            listening |= {id(sock) for socks in kernel.datagram.values() for sock in socks}
            left = [sock for sock in kernel.sockets.values() if id(sock) not in listening]
            assert not left, f"{host.name} has sockets left: {left}"
            assert not host.reactor.getDelayedCalls(), f"{host.name} has timers left"
