"""Endpoints with TLS: around any other endpoint, or on the reactor's own TLS ports.

The room ``sennit.tls`` is loaded when one of them is first made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.core.extras import MissingExtraError
from sennit.core.interfaces import IListeningPort, IProtocol, IStreamClientEndpoint, IStreamServerEndpoint
from sennit.endpoint.connecting import ClientEndpoint, ConnectingFactory, ServerEndpoint

__all__ = [
    "MissingExtraError",
    "SSL4ClientEndpoint",
    "SSL4ServerEndpoint",
    "WrapperClientEndpoint",
    "WrapperServerEndpoint",
    "wrapClientTLS",
    "wrapServerTLS",
]


def _tls_method(reactor: Any, name: str) -> Callable[..., Any]:
    """Return a TLS method of the reactor, or say that it has none."""
    found: Callable[..., Any] | None = getattr(reactor, name, None)
    if found is None:
        raise TypeError(f"The reactor {reactor!r} has no {name}: it does not provide IReactorSSL.")
    return found


class SSL4ServerEndpoint(ServerEndpoint):
    """Listens with TLS on TCP over IPv4.

    Args:
        reactor: An `IReactorSSL`.
        port: The port number; 0 lets the system choose.
        sslContextFactory: Gives the TLS configuration.
        backlog: How many connections may wait to be accepted.
        interface: The address to listen on; empty for all.
    """

    def __init__(
        self, reactor: Any, port: int, sslContextFactory: Any, backlog: int = 50, interface: str = ""
    ) -> None:
        self._reactor = reactor
        self._port = port
        self._sslContextFactory = sslContextFactory
        self._backlog = backlog
        self._interface = interface

    def _open(self, protocolFactory: Any) -> IListeningPort:
        port: IListeningPort = _tls_method(self._reactor, "listenSSL")(
            self._port,
            protocolFactory,
            contextFactory=self._sslContextFactory,
            backlog=self._backlog,
            interface=self._interface,
        )
        return port


class SSL4ClientEndpoint(ClientEndpoint):
    """Connects with TLS over IPv4.

    Args:
        reactor: An `IReactorSSL`.
        host: The peer's address or name.
        port: The peer's port number.
        sslContextFactory: Gives the TLS configuration.
        timeout: How many seconds the attempt may take.
        bindAddress: The local address, or ``(address, port)``; None lets the system choose.
    """

    def __init__(
        self,
        reactor: Any,
        host: str,
        port: int,
        sslContextFactory: Any,
        timeout: float = 30,
        bindAddress: Any | None = None,
    ) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._sslContextFactory = sslContextFactory
        self._timeout = timeout
        self._bindAddress = bindAddress

    def _begin(self, wrapping: ConnectingFactory) -> object:
        return _tls_method(self._reactor, "connectSSL")(
            self._host,
            self._port,
            wrapping,
            self._sslContextFactory,
            timeout=self._timeout,
            bindAddress=self._bindAddress,
        )


@implementer(IStreamClientEndpoint)
class WrapperClientEndpoint:
    """Connects another endpoint through a layer.

    Args:
        wrappedEndpoint: The endpoint below.
        wrapperFactory: Called with the user's factory; returns the layer's, whose protocols have the
            user's as ``wrappedProtocol``.
    """

    def __init__(self, wrappedEndpoint: Any, wrapperFactory: Callable[[Any], Any]) -> None:
        self._wrappedEndpoint = wrappedEndpoint
        self._wrapperFactory = wrapperFactory

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        """Connect; the Deferred fires with the user's protocol, not with the layer's."""
        connected: Deferred[Any] = self._wrappedEndpoint.connect(self._wrapperFactory(protocolFactory))
        return connected.addCallback(lambda layer: layer.wrappedProtocol)


@implementer(IStreamServerEndpoint)
class WrapperServerEndpoint:
    """Listens on another endpoint through a layer.

    Args:
        wrappedEndpoint: The endpoint below.
        wrapperFactory: Called with the user's factory; returns the layer's.
    """

    def __init__(self, wrappedEndpoint: Any, wrapperFactory: Callable[[Any], Any]) -> None:
        self._wrappedEndpoint = wrappedEndpoint
        self._wrapperFactory = wrapperFactory

    def listen(self, protocolFactory: Any) -> Deferred[IListeningPort]:
        """Listen on the endpoint below, with the layer's factory."""
        listening: Deferred[IListeningPort] = self._wrappedEndpoint.listen(
            self._wrapperFactory(protocolFactory)
        )
        return listening


def wrapClientTLS(connectionCreator: Any, wrappedEndpoint: Any, clock: Any | None = None) -> Any:
    """Return an endpoint that speaks TLS as a client over what `wrappedEndpoint` connects.

    Args:
        connectionCreator: Gives the TLS configuration, as ``optionsForClientTLS`` returns it.
        wrappedEndpoint: The `IStreamClientEndpoint` below.
        clock: The `IReactorTime` for the layer's timers; None for the current reactor.
    """
    from sennit.tls import TLSMemoryBIOFactory

    return WrapperClientEndpoint(
        wrappedEndpoint, lambda factory: TLSMemoryBIOFactory(connectionCreator, True, factory, clock=clock)
    )


def wrapServerTLS(connectionCreator: Any, wrappedEndpoint: Any, clock: Any | None = None) -> Any:
    """Return an endpoint that speaks TLS as a server over what `wrappedEndpoint` accepts.

    Args:
        connectionCreator: Gives the TLS configuration.
        wrappedEndpoint: The `IStreamServerEndpoint` below.
        clock: The `IReactorTime` for the layer's timers; None for the current reactor.
    """
    from sennit.tls import TLSMemoryBIOFactory

    return WrapperServerEndpoint(
        wrappedEndpoint, lambda factory: TLSMemoryBIOFactory(connectionCreator, False, factory, clock=clock)
    )
