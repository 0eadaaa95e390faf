"""TLS over TCP, and TLS in the middle of a stream: the reactor's way to the TLS room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sennit.core.interfaces import IClientFactory, IConnector, IListeningPort, IProtocolFactory
from sennit.reactor.base import ReactorBase
from sennit.transport.tcp import connect_tcp, listen_tcp

if TYPE_CHECKING:
    from sennit.tls.factory import TLSMemoryBIOFactory

__all__ = ["Secure"]


class Secure(ReactorBase):
    """IReactorSSL, and what ``startTLS`` of the reactor's connections needs."""

    def listenSSL(
        self,
        port: int,
        factory: IProtocolFactory,
        contextFactory: Any,
        backlog: int = 50,
        interface: str = "",
    ) -> IListeningPort:
        """Accept TLS connections over TCP.

        Args:
            port: The port number; 0 for any that is free.
            factory: Builds a protocol for each connection.
            contextFactory: The TLS settings, in any form that `sennit.tls.TLSMemoryBIOFactory` takes.
            backlog: How many connections may wait to be accepted.
            interface: The local address; empty for every IPv4 address.

        Raises:
            CannotListenError: If the address cannot be had.
        """
        listening = listen_tcp(self, port, self._secured(contextFactory, False, factory), backlog, interface)
        listening.kind = "TLS"
        return listening

    def connectSSL(
        self,
        host: str,
        port: int,
        factory: IClientFactory,
        contextFactory: Any,
        timeout: float | None = 30,
        bindAddress: tuple[str, int] | str | None = None,
    ) -> IConnector:
        """Make a TLS connection over TCP.

        Args:
            host: A name, or an IPv4 or IPv6 address.
            port: The port number.
            factory: Builds the protocol, and hears of failure and loss.
            contextFactory: The TLS settings, in any form that `sennit.tls.TLSMemoryBIOFactory` takes;
                ``sennit.tls.optionsForClientTLS(host)`` verifies who answers.
            timeout: Seconds until the attempt fails; None or 0 for no limit.
            bindAddress: The local ``(host, port)`` or host, or None for any.
        """
        secured = self._secured(contextFactory, True, factory)
        return connect_tcp(self, host, port, secured, timeout, bindAddress)

    def start_tls(self, connection: Any, contextFactory: Any, is_client: bool) -> None:
        """Put TLS under a connection of this reactor that is open already.

        Args:
            connection: The connection.
            contextFactory: The TLS settings.
            is_client: Which end this is.
        """
        from sennit.tls.starting import start_tls

        start_tls(connection, contextFactory, is_client, self)

    def _secured(self, contextFactory: Any, is_client: bool, factory: Any) -> TLSMemoryBIOFactory:
        from sennit.tls.factory import TLSMemoryBIOFactory

        return TLSMemoryBIOFactory(contextFactory, is_client, factory, clock=self)
