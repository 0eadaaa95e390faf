"""From a reactor's ``connectX`` and ``listenX`` to a Deferred: what endpoints on them share.

One attempt is one `ConnectingFactory`.  Its Deferred fires exactly once: with the user's protocol after
``makeConnection`` returned, with the reason the attempt failed, or with `ConnectingCancelledError`.
After it has fired, a connection that still arrives is refused, so that cancelling leaves nothing open.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred, execute, fail
from sennit.core.errors import ConnectingCancelledError, NoProtocol
from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IConnector,
    IListeningPort,
    IProtocol,
    IStreamClientEndpoint,
    IStreamServerEndpoint,
)
from sennit.endpoint.interpose import interpose
from sennit.protocol import ClientFactory

__all__ = ["ClientEndpoint", "ConnectingFactory", "ServerEndpoint", "connect_with"]


class ConnectingFactory(ClientFactory):
    """A client factory that makes one connection for a user's factory.

    Args:
        wrapped: The user's factory.
    """

    noisy = False
    _connector: IConnector | None = None

    def __init__(self, wrapped: Any) -> None:
        self._wrappedFactory = wrapped
        self._onConnection: Deferred[Any] = Deferred(self._cancel)

    def doStart(self) -> None:
        """Pass it on to the user's factory."""
        self._wrappedFactory.doStart()

    def doStop(self) -> None:
        """Pass it on to the user's factory."""
        self._wrappedFactory.doStop()

    def startedConnecting(self, connector: Any) -> None:
        """Keep the connector: it is what a cancellation stops."""
        self._connector = connector

    def buildProtocol(self, addr: Any) -> Any:
        """Build the user's protocol, so hooked that its ``makeConnection`` fires the Deferred."""
        if self._onConnection.called:
            return None
        try:
            protocol = self._wrappedFactory.buildProtocol(addr)
            if protocol is None:
                raise NoProtocol
        except Exception:
            self._onConnection.errback(Failure())
            return None
        return interpose(protocol, "makeConnection", _Arrival(protocol, self._onConnection))

    def clientConnectionFailed(self, connector: Any, reason: Any) -> None:
        """Fire the Deferred with `reason`, unless it was cancelled before."""
        if not self._onConnection.called:
            self._onConnection.errback(reason)

    def _cancel(self, deferred: Deferred[Any]) -> None:
        connector = self._connector
        if connector is None:
            return
        deferred.errback(ConnectingCancelledError(connector.getDestination()))
        connector.stopConnecting()


class _Arrival:
    """Gives the user's protocol its transport, then hands the protocol out."""

    __slots__ = ("_deferred", "_protocol")

    def __init__(self, protocol: Any, deferred: Deferred[Any]) -> None:
        self._protocol = protocol
        self._deferred = deferred

    def __call__(self, make_connection: Callable[[Any], None], transport: Any) -> None:
        try:
            make_connection(transport)
        except Exception:
            # The transport closes the connection for what it sees raised; the waiter must learn of it too.
            if not self._deferred.called:
                self._deferred.errback(Failure())
            raise
        if not self._deferred.called:
            self._deferred.callback(self._protocol)


def connect_with(factory: Any, connect: Callable[[ConnectingFactory], object]) -> Deferred[IProtocol]:
    """Make one connection attempt.

    Args:
        factory: The user's factory.
        connect: Called with the factory for the reactor; starts the attempt.

    Returns:
        A Deferred that fires with the connected protocol.  Cancelling it stops the attempt.
    """
    try:
        wrapping = ConnectingFactory(factory)
        connect(wrapping)
    except Exception:
        return fail(Failure())
    return wrapping._onConnection


@implementer(IStreamClientEndpoint)
class ClientEndpoint(ABC):
    """Connects by a method of the reactor."""

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Connect.

        Args:
            protocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the connected protocol.  Cancelling it closes the socket and
            fails it with `ConnectingCancelledError`.
        """
        return connect_with(protocolFactory, self._begin)

    @abstractmethod
    def _begin(self, wrapping: ConnectingFactory) -> object:
        """Have the reactor start the attempt."""


@implementer(IStreamServerEndpoint)
class ServerEndpoint(ABC):
    """Listens by a method of the reactor."""

    def listen(self, protocolFactory: Any) -> Deferred[IListeningPort]:
        """Listen, with `protocolFactory` building a protocol for each connection.

        Args:
            protocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the `IListeningPort`, or fails with `CannotListenError`.
        """
        return execute(self._open, protocolFactory)

    @abstractmethod
    def _open(self, protocolFactory: Any) -> IListeningPort:
        """Have the reactor listen."""
