"""Endpoints that reach their destination through another host, which is asked to open the way.

A `Tunnelling` protocol has the connection while it is being opened; then the program's own protocol takes it
over, and nothing of the tunnel stays in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import HostnameAddress
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionClosed
from sennit.core.failure import Failure
from sennit.core.interfaces import IProtocol, IStreamClientEndpoint
from sennit.protocol import Factory, Protocol, connectionDone

__all__ = ["TunnelEndpoint", "TunnelError", "Tunnelling"]


class TunnelError(ConnectionClosed):
    """The host in between did not open the way."""


class Tunnelling(Protocol):
    """Opens the way; subclasses say how.

    Attributes:
        opened: Fires with what the host in between sent after it had opened the way.
    """

    transport: Any = None

    def __init__(self) -> None:
        self.opened: Deferred[bytes] = Deferred(lambda _: self.transport.abortConnection())

    def open_with(self, rest: bytes) -> None:
        """Tell that the way is open.

        Args:
            rest: What has come from beyond already.
        """
        self.opened.callback(rest)

    def refuse(self, error: Exception) -> None:
        """Tell that it will not be opened, and close."""
        if not self.opened.called:
            self.transport.abortConnection()
            self.opened.errback(Failure(error))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell that the connection ended before the way was open."""
        if not self.opened.called:
            self.opened.errback(reason)


class _TunnelFactory(Factory):
    noisy = False

    def __init__(self, make: Callable[[], Tunnelling]) -> None:
        self._make = make

    def buildProtocol(self, addr: Any) -> Any:
        return self._make()


@implementer(IStreamClientEndpoint)
class TunnelEndpoint:
    """Connects to a host by way of another one.

    Args:
        endpoint: Where the host in between is.
        host: The destination's name or address; it is the host in between that looks the name up.
        port: The destination's port.
        make: Makes the protocol that opens the way.
    """

    def __init__(self, endpoint: Any, host: bytes, port: int, make: Callable[[], Tunnelling]) -> None:
        self._endpoint = endpoint
        self._host = host
        self._port = port
        self._make = make

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._host.decode('latin-1')}:{self._port} by {self._endpoint!r}>"

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Connect.

        Args:
            protocolFactory: An `IProtocolFactory`.

        Returns:
            A Deferred that fires with the connected protocol; it fails with `TunnelError` if the host in
            between refuses.
        """
        connected: Deferred[Any] = self._endpoint.connect(_TunnelFactory(self._make))

        def begun(tunnel: Tunnelling) -> Deferred[Any]:
            return tunnel.opened.addCallback(taken_over, tunnel)

        def taken_over(rest: bytes, tunnel: Tunnelling) -> Any:
            protocolFactory.doStart()
            protocol = protocolFactory.buildProtocol(HostnameAddress(self._host, self._port))
            if protocol is None:
                tunnel.transport.abortConnection()
                raise TunnelError("The factory made no protocol.")
            transport = tunnel.transport
            if getattr(transport, "protocol", None) is tunnel:
                transport.protocol = protocol
            else:
                # A transport that keeps its protocol to itself goes on calling the tunnel's.
                tunnel.__dict__.update(
                    dataReceived=protocol.dataReceived, connectionLost=protocol.connectionLost
                )
            protocol.makeConnection(transport)
            if rest:
                protocol.dataReceived(rest)
            return protocol

        return connected.addCallback(begun)
