"""Protocols connected in memory, under Twisted's names; new tests use `sennit.testing.connected_pair`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.errors import ConnectionRefusedError
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress
from sennit.endpoint import TCP4ClientEndpoint, TCP4ServerEndpoint
from sennit.protocol import Factory, Protocol
from sennit.testing import Clock, MemoryPair, MemoryReactor, MemoryReactorClock, MemoryTransport

__all__ = [
    "ConnectionCompleter",
    "FakeAddress",
    "FakeTransport",
    "IOPump",
    "connect",
    "connectableEndpoint",
    "connectedServerAndClient",
    "makeFakeClient",
    "makeFakeServer",
]

_PORT = 4321


@implementer(IAddress)
class FakeAddress:
    """An address that is equal to itself alone."""


class FakeTransport(MemoryTransport):
    """One end of a connection in memory.

    Args:
        protocol: The protocol of this end.
        isServer: Whether this is the server's end.
        hostAddress: What `getHost` gives; None for an address of its own.
        peerAddress: What `getPeer` gives; None for an address of its own.
    """

    def __init__(
        self, protocol: Any, isServer: bool, hostAddress: Any = None, peerAddress: Any = None
    ) -> None:
        host = FakeAddress() if hostAddress is None else hostAddress
        super().__init__(protocol, host, FakeAddress() if peerAddress is None else peerAddress)
        self.isServer = isServer

    @property
    def producer(self) -> Any:
        """The producer that is registered, None if there is none."""
        return self._producer

    def logPrefix(self) -> str:
        """Give the name of this module, for log lines."""
        return "iosim"

    def getOutBuffer(self) -> bytes | None:
        """Take what is written and not carried over; None if there is nothing."""
        data = bytes(self.outgoing)
        self.outgoing.clear()
        return data or None

    def bufferReceived(self, buf: bytes) -> None:
        """Deliver bytes to the protocol."""
        self.protocol.dataReceived(buf)


class IOPump:
    """Moves a connection on.

    Args:
        client: The client's protocol.
        server: The server's protocol.
        clientIO: The client's transport.
        serverIO: The server's transport.
        debug: Has no effect.
        clock: What to advance by nothing at each pump, so that calls which are due are made.
    """

    def __init__(
        self,
        client: Any,
        server: Any,
        clientIO: FakeTransport,
        serverIO: FakeTransport,
        debug: bool,
        clock: Clock | None = None,
    ) -> None:
        self.client = client
        self.server = server
        self.clientIO = clientIO
        self.serverIO = serverIO
        self.debug = debug
        self.clock = clock
        self._pair = MemoryPair(serverIO, clientIO)

    def flush(self, debug: bool = False, advanceClock: bool = True) -> bool:
        """Pump until nothing moves.

        Returns:
            Whether anything did.

        Raises:
            RuntimeError: If it does not come to rest.
        """
        for count in range(1_000_000):
            if not self.pump(debug, advanceClock):
                return count > 0
        raise RuntimeError("The two protocols exchange data for ever.")

    def pump(self, debug: bool = False, advanceClock: bool = True) -> bool:
        """Carry over what each end has written.

        Returns:
            Whether there was anything.
        """
        if advanceClock and self.clock is not None:
            self.clock.advance(0)
        return self._pair.pump()


def connect(
    serverProtocol: Any,
    serverTransport: FakeTransport,
    clientProtocol: Any,
    clientTransport: FakeTransport,
    debug: bool = False,
    greet: bool = True,
    clock: Clock | None = None,
) -> IOPump:
    """Connect two protocols.

    Args:
        serverProtocol: The server's protocol.
        serverTransport: Its transport.
        clientProtocol: The client's protocol.
        clientTransport: Its transport.
        debug: Has no effect.
        greet: Whether to flush what they write when they are connected.
        clock: As for `IOPump`.
    """
    pump = IOPump(clientProtocol, serverProtocol, clientTransport, serverTransport, debug, clock)
    serverProtocol.makeConnection(serverTransport)
    clientProtocol.makeConnection(clientTransport)
    if greet:
        pump.flush()
    return pump


def makeFakeClient(clientProtocol: Any) -> FakeTransport:
    """Make the transport of a client."""
    return FakeTransport(clientProtocol, isServer=False)


def makeFakeServer(serverProtocol: Any) -> FakeTransport:
    """Make the transport of a server."""
    return FakeTransport(serverProtocol, isServer=True)


def connectedServerAndClient(
    ServerClass: Callable[[], Any],
    ClientClass: Callable[[], Any],
    clientTransportFactory: Callable[[Any], Any] = makeFakeClient,
    serverTransportFactory: Callable[[Any], Any] = makeFakeServer,
    debug: bool = False,
    greet: bool = True,
    clock: Clock | None = None,
) -> tuple[Any, Any, IOPump]:
    """Make two protocols and connect them.

    Args:
        ServerClass: Makes the server's protocol.
        ClientClass: Makes the client's protocol.
        clientTransportFactory: Makes the client's transport, from its protocol.
        serverTransportFactory: Makes the server's transport, from its protocol.
        debug: Has no effect.
        greet: As for `connect`.
        clock: As for `IOPump`.

    Returns:
        The client's protocol, the server's protocol, and the pump.
    """
    client, server = ClientClass(), ServerClass()
    pump = connect(
        server,
        serverTransportFactory(server),
        client,
        clientTransportFactory(client),
        debug,
        greet,
        clock,
    )
    return client, server, pump


class ConnectionCompleter:
    """Lets the connects that a memory reactor has noted succeed or fail, the oldest first.

    Args:
        memoryReactor: The reactor.
    """

    def __init__(self, memoryReactor: MemoryReactor) -> None:
        self._reactor = memoryReactor

    def succeedOnce(self, debug: bool = False, greet: bool = True) -> IOPump | None:
        """Connect the oldest client for whose port there is a server.

        Returns:
            The pump, or None if there is no such client.
        """
        clients = self._reactor.tcpClients
        for index, (port, clientFactory) in enumerate(client[1:3] for client in clients):
            for serverPort, serverFactory in (server[:2] for server in self._reactor.tcpServers):
                if port == serverPort:
                    del clients[index]
                    del self._reactor.connectors[index]
                    server = serverFactory.buildProtocol(None)
                    client = clientFactory.buildProtocol(None)
                    return connect(
                        server, makeFakeServer(server), client, makeFakeClient(client), debug, greet
                    )
        return None

    def failOnce(self, reason: Failure | None = None) -> None:
        """Fail the oldest connect.

        Args:
            reason: Why; None for `ConnectionRefusedError`.
        """
        factory = self._reactor.tcpClients.pop(0)[2]
        connector = self._reactor.connectors.pop(0)
        factory.clientConnectionFailed(connector, reason or Failure(ConnectionRefusedError()))


def connectableEndpoint(debug: bool = False) -> tuple[TCP4ClientEndpoint, ConnectionCompleter]:
    """Make a client endpoint whose connects the test completes.

    Args:
        debug: Has no effect.

    Returns:
        The endpoint, and what completes its connects: to a server that does nothing.
    """
    reactor = MemoryReactorClock()
    factory = Factory.forProtocol(Protocol)
    factory.noisy = False
    TCP4ServerEndpoint(reactor, _PORT).listen(factory)
    return TCP4ClientEndpoint(reactor, "127.0.0.1", _PORT), ConnectionCompleter(reactor)
