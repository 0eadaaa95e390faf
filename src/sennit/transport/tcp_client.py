"""TCP connections that we make, and what makes them."""

from __future__ import annotations

import socket
from typing import Any

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.errors import ServiceNameUnknownError
from sennit.core.interfaces import Binding, IClientFactory
from sennit.transport.connector import Attempt, StreamConnector
from sennit.transport.names import Lookup, is_ipv4, is_ipv6, socket_address, tcp_address
from sennit.transport.tcp import TCPConnection

__all__ = ["TCPClient", "TCPConnector"]


class TCPClient(TCPConnection):
    """A TCP connection that we made."""

    __slots__ = ()
    is_client = True

    @property
    def connector(self) -> Any:
        """The connector."""
        return self._owner

    @property
    def addr(self) -> tuple[str, int]:
        """The host and port that were asked for."""
        connector = self.connector
        return connector.host, connector.port

    @property
    def realAddress(self) -> Any:
        """The other side's address as the socket gives it."""
        return self._carrier.get_extra_info("peername")

    def _log_suffix(self) -> str:
        return "client"

    def __repr__(self) -> str:
        return f"<{type(self)} to {self.addr} at {id(self):x}>"


class TCPConnector(StreamConnector):
    """Holds a TCP connection, and can make it again.

    Args:
        host: A name, or an address.
        port: The port number, or the name of a service.
        factory: Builds the protocol, and hears of failure and loss.
        timeout: Seconds for an attempt; None or 0 for no limit.
        bindAddress: The local ``(host, port)`` or host, or a `Binding`, or None for any.
        reactor: The reactor; by default the current one.

    Raises:
        ServiceNameUnknownError: If the system does not know the service.
    """

    def __init__(
        self,
        host: str,
        port: int | str,
        factory: IClientFactory,
        timeout: float | None,
        bindAddress: tuple[str, int] | str | Binding | None,
        reactor: Any = None,
    ) -> None:
        super().__init__(factory, timeout, reactor)
        if isinstance(port, str):
            try:
                port = socket.getservbyname(port, "tcp")
            except OSError as error:
                raise ServiceNameUnknownError(string=f"{error} ({port!r})") from None
        self.host = host
        self.port = port
        if isinstance(bindAddress, str):
            bindAddress = Binding(bindAddress)
        elif isinstance(bindAddress, tuple):
            bindAddress = Binding(*bindAddress)
        self.bindAddress = bindAddress

    def getDestination(self) -> IPv4Address | IPv6Address:
        """Give the address it connects to; its host may be a name."""
        if is_ipv6(self.host):
            return IPv6Address("TCP", self.host, self.port)
        return IPv4Address("TCP", self.host, self.port)

    def _attempt(self) -> Attempt:
        return _TCPAttempt(self)


class _TCPAttempt(Attempt):
    """Looks the host up if it is a name, then connects."""

    connector: TCPConnector
    _destination: IPv4Address | IPv6Address | None = None

    def _get_ready(self) -> None:
        bind = self.connector.bindAddress
        host = bind.address if bind is not None and bind.address else self.connector.host
        if is_ipv4(host):
            self._prepare(socket.AF_INET, bind)
        elif is_ipv6(host):
            self._prepare(socket.AF_INET6, bind)

    def _begin(self) -> None:
        host = self.connector.host
        if is_ipv4(host) or is_ipv6(host):
            self._connect_to(*socket_address(host, self.connector.port))
        else:
            self._waiting = Lookup(self.reactor, host, self.connector.port, self._found, self._fail)

    def _found(self, address: IPv4Address | IPv6Address) -> None:
        scope = getattr(address, "scopeID", 0)
        host = f"{address.host}%{scope}" if scope and "%" not in address.host else address.host
        self._step(lambda: self._connect_to(*socket_address(host, address.port)))

    def _connect_to(self, family: int, address: Any) -> None:
        self._destination = tcp_address(address)
        self._connect(family, address, self.connector.bindAddress)

    def _make_connection(self) -> TCPClient:
        connection = TCPClient(self.reactor, self.connector, self._open)
        # The system forgets it if the connection is reset at once.
        connection._peer = self._destination
        return connection
