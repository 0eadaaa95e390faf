"""Services that listen or connect: on any endpoint, or by a reactor's ``listenX`` and ``connectX``."""

from __future__ import annotations

from typing import Any

from sennit.app.service import Service
from sennit.app.timed import VolatileService
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred, maybeDeferred, succeed
from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = [
    "DatagramEndpointService",
    "MulticastServer",
    "SSLClient",
    "SSLServer",
    "StreamServerEndpointService",
    "TCPClient",
    "TCPServer",
    "UDPServer",
    "UNIXClient",
    "UNIXDatagramClient",
    "UNIXDatagramServer",
    "UNIXServer",
]

_log = Logger()


class StreamServerEndpointService(Service):
    """Listens on an endpoint while it runs.

    Listening begins in `privilegedStartService`, so that a low port can be bound before privileges are
    given up.  An error is logged; with ``_raiseSynchronously`` set, one that is there at once is raised.

    Args:
        endpoint: The `IStreamServerEndpoint`.
        factory: The `IProtocolFactory` for its connections.
    """

    _raiseSynchronously: bool = False

    def __init__(self, endpoint: Any, factory: Any) -> None:
        self.endpoint = endpoint
        self.factory = factory
        self._waitingForPort: Deferred[Any] | None = None

    def privilegedStartService(self) -> None:
        """Begin to listen."""
        super().privilegedStartService()
        at_once: list[Failure] = []
        starting = True

        def failed(reason: Failure) -> None:
            if reason.check(CancelledError):
                return
            if starting and self._raiseSynchronously:
                at_once.append(reason)
            else:
                _log.failure("Cannot listen on {endpoint}", failure=reason, endpoint=self.endpoint)

        self._waitingForPort = maybeDeferred(self.endpoint.listen, self.factory)
        self._waitingForPort.addErrback(failed)
        starting = False
        self._raiseSynchronously = False
        if at_once:
            at_once[0].raiseException()

    def startService(self) -> None:
        """Begin to listen, unless `privilegedStartService` did."""
        super().startService()
        if self._waitingForPort is None:
            self.privilegedStartService()

    def stopService(self) -> Deferred[Any]:
        """Stop listening; connections that were accepted live on.

        Returns:
            A Deferred that fires once the port is closed.
        """
        super().stopService()
        waiting, self._waitingForPort = self._waitingForPort, None
        if waiting is None:
            return succeed(None)
        waiting.cancel()
        done: Deferred[Any] = Deferred()
        waiting.addCallback(lambda port: None if port is None else maybeDeferred(port.stopListening))
        waiting.addBoth(lambda result: None if _cancelled(result) else result)
        waiting.addBoth(done.callback)
        return done


class DatagramEndpointService(StreamServerEndpointService):
    """Takes datagrams on an endpoint while it runs; begins, ends and reports as its base does.

    Args:
        endpoint: The `IDatagramEndpoint`.
        protocol: The `sennit.protocol.DatagramProtocol`.
    """

    def __init__(self, endpoint: Any, protocol: Any) -> None:
        super().__init__(endpoint, protocol)
        self.protocol = protocol


def _cancelled(result: Any) -> bool:
    return isinstance(result, Failure) and result.check(CancelledError) is not None


class _AbstractServer(VolatileService):
    """Calls the reactor's ``listenX`` with the constructor's arguments while it runs.

    Args:
        *args: The method's arguments.
        **kwargs: Its keyword arguments; ``reactor`` among them names the reactor.
    """

    volatile = ["_port"]  # noqa: RUF012 - as in VolatileService
    method: str | None = None
    reactor: Any = None
    _port: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        if "reactor" in kwargs:
            self.reactor = kwargs.pop("reactor")
        self.kwargs = kwargs

    def privilegedStartService(self) -> None:
        """Listen."""
        super().privilegedStartService()
        self._port = self._getPort()

    def startService(self) -> None:
        """Listen, unless `privilegedStartService` did."""
        super().startService()
        if self._port is None:
            self._port = self._getPort()

    def stopService(self) -> Any:
        """Stop listening.

        Returns:
            A Deferred that fires once the port is closed, or None.
        """
        super().stopService()
        port, self._port = self._port, None
        return None if port is None else port.stopListening()

    def _getPort(self) -> Any:
        reactor = current_reactor() if self.reactor is None else self.reactor
        return getattr(reactor, f"listen{self.method}")(*self.args, **self.kwargs)


class _AbstractClient(VolatileService):
    """Calls the reactor's ``connectX`` with the constructor's arguments when it starts.

    Args:
        *args: The method's arguments.
        **kwargs: Its keyword arguments; ``reactor`` among them names the reactor.
    """

    volatile = ["_connection"]  # noqa: RUF012 - as in VolatileService
    method: str | None = None
    reactor: Any = None
    _connection: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        if "reactor" in kwargs:
            self.reactor = kwargs.pop("reactor")
        self.kwargs = kwargs

    def startService(self) -> None:
        """Connect."""
        super().startService()
        reactor = current_reactor() if self.reactor is None else self.reactor
        self._connection = getattr(reactor, f"connect{self.method}")(*self.args, **self.kwargs)

    def stopService(self) -> None:
        """Close the connection, or stop the attempt."""
        super().stopService()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()


class TCPServer(_AbstractServer):
    """Listens on TCP while it runs: the arguments are those of ``reactor.listenTCP``."""

    method = "TCP"


class UNIXServer(_AbstractServer):
    """Listens on a UNIX socket while it runs: the arguments are those of ``reactor.listenUNIX``."""

    method = "UNIX"


class SSLServer(_AbstractServer):
    """Listens with TLS while it runs: the arguments are those of ``reactor.listenSSL``."""

    method = "SSL"


class UDPServer(_AbstractServer):
    """Has a UDP port while it runs: the arguments are those of ``reactor.listenUDP``."""

    method = "UDP"


class UNIXDatagramServer(_AbstractServer):
    """Has a UNIX datagram socket while it runs: the arguments are those of ``reactor.listenUNIXDatagram``."""

    method = "UNIXDatagram"


class MulticastServer(_AbstractServer):
    """Has a multicast port while it runs: the arguments are those of ``reactor.listenMulticast``."""

    method = "Multicast"


class TCPClient(_AbstractClient):
    """Connects over TCP when it starts: the arguments are those of ``reactor.connectTCP``."""

    method = "TCP"


class UNIXClient(_AbstractClient):
    """Connects to a UNIX socket when it starts: the arguments are those of ``reactor.connectUNIX``."""

    method = "UNIX"


class SSLClient(_AbstractClient):
    """Connects with TLS when it starts: the arguments are those of ``reactor.connectSSL``."""

    method = "SSL"


class UNIXDatagramClient(_AbstractClient):
    """Has a connected UNIX datagram socket: the arguments are those of ``reactor.connectUNIXDatagram``."""

    method = "UNIXDatagram"
