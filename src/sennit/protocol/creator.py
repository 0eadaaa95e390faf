"""One connection, one protocol, no factory: the older way, before endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress, IConnector
from sennit.protocol.factory import ClientFactory

__all__ = ["ClientCreator"]


class _InstanceFactory(ClientFactory[Any]):
    """Hands out one protocol, made before, and tells a Deferred how the connect went.

    The Deferred is fired from the reactor, once `connectionMade` has run.
    """

    noisy = False
    pending: Any = None

    def __init__(self, reactor: Any, instance: Any, deferred: Deferred[Any]) -> None:
        self.reactor = reactor
        self.instance = instance
        self.deferred: Deferred[Any] | None = deferred

    def __repr__(self) -> str:
        return f"<ClientCreator factory: {self.instance!r}>"

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Give the protocol, and have the Deferred fired with it."""
        if self.deferred is not None:
            self.pending = self.reactor.callLater(0, self.fire, self.deferred.callback, self.instance)
            self.deferred = None
        return self.instance

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Have the Deferred fired with the failure."""
        if self.deferred is not None:
            self.pending = self.reactor.callLater(0, self.fire, self.deferred.errback, reason)
            self.deferred = None

    def fire(self, func: Callable[[Any], object], value: Any) -> None:
        """Call `func(value)`, from the reactor."""
        self.pending = None
        func(value)


class ClientCreator:
    """Connects a protocol that needs no factory.

    Args:
        reactor: The reactor to connect with.
        protocolClass: What makes the protocol.
        *args: For `protocolClass`.
        **kwargs: For `protocolClass`.
    """

    def __init__(self, reactor: Any, protocolClass: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.reactor = reactor
        self.protocolClass = protocolClass
        self.args = args
        self.kwargs = kwargs

    def _connect(self, method: Callable[..., IConnector], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Connect with one of the reactor's methods; `None` stands where the factory goes."""

        def cancel(deferred: Deferred[Any]) -> None:
            factory.deferred = None
            if factory.pending is not None:
                factory.pending.cancel()
                factory.pending = None
            connector.disconnect()

        deferred: Deferred[Any] = Deferred(cancel)
        protocol = self.protocolClass(*self.args, **self.kwargs)
        factory = _InstanceFactory(self.reactor, protocol, deferred)
        connector = method(*[factory if arg is None else arg for arg in args], **kwargs)
        return deferred

    def connectTCP(
        self, host: str, port: int, timeout: float = 30, bindAddress: tuple[str, int] | None = None
    ) -> Deferred[Any]:
        """Connect by TCP.

        Args:
            host: A name, or an IPv4 or IPv6 address.
            port: The port number.
            timeout: Seconds until the attempt fails.
            bindAddress: The local ``(host, port)``, or None for any.

        Returns:
            A Deferred that fires with the protocol, or fails as the connect does.
        """
        return self._connect(
            self.reactor.connectTCP, host, port, None, timeout=timeout, bindAddress=bindAddress
        )

    def connectUNIX(self, address: str, timeout: float = 30, checkPID: bool = False) -> Deferred[Any]:
        """Connect to a UNIX socket.

        Args:
            address: Its path.
            timeout: Seconds until the attempt fails.
            checkPID: Whether to ask the lock file beside the socket if its server still lives.

        Returns:
            As `connectTCP`.
        """
        return self._connect(self.reactor.connectUNIX, address, None, timeout=timeout, checkPID=checkPID)

    def connectSSL(
        self,
        host: str,
        port: int,
        contextFactory: Any,
        timeout: float = 30,
        bindAddress: tuple[str, int] | None = None,
    ) -> Deferred[Any]:
        """Connect by TLS over TCP.

        Args:
            host: A name, or an IPv4 or IPv6 address.
            port: The port number.
            contextFactory: The TLS settings.
            timeout: Seconds until the attempt fails.
            bindAddress: The local ``(host, port)``, or None for any.

        Returns:
            As `connectTCP`.
        """
        return self._connect(
            self.reactor.connectSSL,
            host,
            port,
            None,
            contextFactory,
            timeout=timeout,
            bindAddress=bindAddress,
        )
