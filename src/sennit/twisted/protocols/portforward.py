"""A port forwarder: every connection is joined to one that is made for it.

Each side is the other's producer, so a reader that is slow slows the writer down instead of filling memory.
"""

from __future__ import annotations

from typing import Any

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.protocol import ClientFactory, Factory, Protocol, connectionDone

__all__ = ["Proxy", "ProxyClient", "ProxyClientFactory", "ProxyFactory", "ProxyServer"]


class Proxy(Protocol):
    """One side of a forwarded connection."""

    noisy = True
    peer: Proxy | None = None

    def setPeer(self, peer: Proxy | None) -> None:
        """Name the other side."""
        self.peer = peer

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Close the other side too."""
        peer, self.peer = self.peer, None
        if peer is not None and peer.transport is not None:
            peer.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Pass `data` to the other side."""
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.write(data)


class ProxyClient(Proxy):
    """The side that was made for a connection that came in."""

    def connectionMade(self) -> None:
        """Join the two sides, and let the first begin to read."""
        peer = self.peer
        assert peer is not None
        peer.setPeer(self)
        ours: Any = self.transport
        theirs: Any = peer.transport
        ours.registerProducer(theirs, True)
        theirs.registerProducer(ours, True)
        theirs.resumeProducing()


class ProxyClientFactory(ClientFactory[Any]):
    """Makes the `ProxyClient` for one connection."""

    protocol: Any = ProxyClient
    server: Any = None

    def setServer(self, server: Proxy) -> None:
        """Name the side that the connection is made for."""
        self.server = server

    def buildProtocol(self, addr: Any) -> Any:
        """Return the protocol, which knows its other side."""
        built: Any = super().buildProtocol(addr)
        built.setPeer(self.server)
        return built

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Close the connection that came in: there is nothing to join it to."""
        self.server.transport.loseConnection()


class ProxyServer(Proxy):
    """The side that came in: reads nothing until the other side is there.

    Attributes:
        clientProtocolFactory: What makes the other side.
        reactor: The reactor to connect with; by default the current one.
    """

    clientProtocolFactory: Any = ProxyClientFactory
    reactor: Any = None

    def connectionMade(self) -> None:
        """Connect to where the factory says."""
        transport: Any = self.transport
        transport.pauseProducing()
        client = self.clientProtocolFactory()
        client.setServer(self)
        if self.reactor is None:
            self.reactor = current_reactor()
        factory: Any = self.factory
        self.reactor.connectTCP(factory.host, factory.port, client)


class ProxyFactory(Factory[Any]):
    """Forwards every connection to one address.

    Args:
        host: The host to forward to.
        port: Its port.
    """

    protocol: Any = ProxyServer

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
