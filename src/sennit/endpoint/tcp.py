"""Endpoints on IPv4 and IPv6 TCP: a thin face on the reactor's ``connectTCP`` and ``listenTCP``."""

from __future__ import annotations

from functools import partial
from typing import Any

from sennit.core.addresses import HostnameAddress, IPv6Address
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectingCancelledError
from sennit.core.interfaces import IListeningPort, IProtocol
from sennit.endpoint.connecting import ClientEndpoint, ConnectingFactory, ServerEndpoint, connect_with
from sennit.transport.names import Lookup, is_ipv6

__all__ = ["TCP4ClientEndpoint", "TCP4ServerEndpoint", "TCP6ClientEndpoint", "TCP6ServerEndpoint"]


class _TCPServerEndpoint(ServerEndpoint):
    """What the two server endpoints share."""

    def __init__(self, reactor: Any, port: int, backlog: int, interface: str) -> None:
        self._reactor = reactor
        self._port = port
        self._backlog = backlog
        self._interface = interface

    def _open(self, protocolFactory: Any) -> IListeningPort:
        port: IListeningPort = self._reactor.listenTCP(
            self._port, protocolFactory, backlog=self._backlog, interface=self._interface
        )
        return port


class TCP4ServerEndpoint(_TCPServerEndpoint):
    """Listens on TCP over IPv4.

    Args:
        reactor: An `IReactorTCP`.
        port: The port number; 0 lets the system choose.
        backlog: How many connections may wait to be accepted.
        interface: The address to listen on; empty for all.
    """

    def __init__(self, reactor: Any, port: int, backlog: int = 50, interface: str = "") -> None:
        super().__init__(reactor, port, backlog, interface)


class TCP6ServerEndpoint(_TCPServerEndpoint):
    """Listens on TCP over IPv6.

    Args:
        reactor: An `IReactorTCP`.
        port: The port number; 0 lets the system choose.
        backlog: How many connections may wait to be accepted.
        interface: The address to listen on; ``::`` for all.
    """

    def __init__(self, reactor: Any, port: int, backlog: int = 50, interface: str = "::") -> None:
        super().__init__(reactor, port, backlog, interface)


class _TCPClientEndpoint(ClientEndpoint):
    """What the two client endpoints share."""

    def __init__(
        self, reactor: Any, host: str, port: int, timeout: float = 30, bindAddress: Any | None = None
    ) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._timeout = timeout
        self._bindAddress = bindAddress

    def _begin(self, wrapping: ConnectingFactory) -> object:
        return self._begin_to(self._host, wrapping)

    def _begin_to(self, host: str, wrapping: ConnectingFactory) -> object:
        return self._reactor.connectTCP(
            host, self._port, wrapping, timeout=self._timeout, bindAddress=self._bindAddress
        )


class TCP4ClientEndpoint(_TCPClientEndpoint):
    """Connects over TCP to an IPv4 address, or to a name that the reactor's resolver finds one for.

    Args:
        reactor: An `IReactorTCP`.
        host: The peer's address or name.
        port: The peer's port number.
        timeout: How many seconds the attempt may take.
        bindAddress: The local address, or ``(address, port)``; None lets the system choose.
    """


class TCP6ClientEndpoint(_TCPClientEndpoint):
    """Connects over TCP to an IPv6 address, or to the first one that the reactor's resolver finds for a name.

    Args:
        reactor: An `IReactorTCP`, with a name resolver if `host` is a name.
        host: The peer's address, with ``%scope`` where it is link-local; or its name.
        port: The peer's port number.
        timeout: How many seconds the attempt may take.
        bindAddress: The local address, or ``(address, port)``; None lets the system choose.
    """

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Connect, as to an IPv4 address; a name that has no IPv6 address is a `DNSLookupError`."""
        if is_ipv6(self._host):
            return super().connect(protocolFactory)

        def cancel(waiting: Deferred[IPv6Address]) -> None:
            lookup.cancel()
            waiting.errback(ConnectingCancelledError(HostnameAddress(self._host.encode(), self._port)))

        found: Deferred[Any] = Deferred(cancel)
        lookup = Lookup(
            self._reactor, self._host, self._port, found.callback, found.errback, types=(IPv6Address,)
        )

        def connect_to(address: IPv6Address) -> Deferred[IProtocol]:
            return connect_with(protocolFactory, partial(self._begin_to, _with_scope(address)))

        return found.addCallback(connect_to)


def _with_scope(address: IPv6Address) -> str:
    bare = not address.scopeID or "%" in address.host
    return address.host if bare else f"{address.host}%{address.scopeID}"
