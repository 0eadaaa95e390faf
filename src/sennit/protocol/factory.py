"""Factories: they build a protocol for each connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import (
    IAddress,
    IClientFactory,
    IConnector,
    ILoggingContext,
    IProtocol,
    IProtocolFactory,
)
from sennit.log import Logger

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    # A bare `Factory` means one of any protocol.
    P = TypeVarWithDefault("P", bound=IProtocol, default=Any)
else:
    P = TypeVar("P")

__all__ = ["ClientFactory", "Factory", "ServerFactory"]


@implementer(IProtocolFactory, ILoggingContext)
class Factory(Generic[P]):
    """Builds protocols, and counts the ports and connectors that use it.

    Attributes:
        protocol: What `buildProtocol` calls to make a protocol: a class or a function without arguments.
        numPorts: How many ports and connectors use this factory.
        noisy: Whether to log when the first of them starts and the last stops.
    """

    protocol: Callable[..., P] | None = None
    numPorts: int = 0
    noisy: bool = True

    @classmethod
    def forProtocol(cls, protocol: Callable[..., P], *args: Any, **kwargs: Any) -> Self:
        """Make a factory of this class for a protocol.

        Args:
            protocol: What `buildProtocol` shall call.
            *args: For the factory's constructor.
            **kwargs: For the factory's constructor.
        """
        factory = cls(*args, **kwargs)
        factory.protocol = protocol
        return factory

    def logPrefix(self) -> str:
        """Give the class's name, for log lines."""
        return self.__class__.__name__

    def doStart(self) -> None:
        """Note one more port or connector; calls `startFactory` for the first."""
        if self.numPorts == 0:
            if self.noisy:
                logger_of(self).info("Starting factory {factory!r}", factory=self)
            self.startFactory()
        self.numPorts += 1

    def doStop(self) -> None:
        """Note one port or connector less; calls `stopFactory` after the last."""
        if self.numPorts == 0:
            # It may have been started before it was pickled, or by another hand.
            return
        self.numPorts -= 1
        if self.numPorts == 0:
            if self.noisy:
                logger_of(self).info("Stopping factory {factory!r}", factory=self)
            self.stopFactory()

    def startFactory(self) -> None:
        """Prepare for the first port or connector.  To be overridden."""

    def stopFactory(self) -> None:
        """Clean up after the last port or connector.  To be overridden."""

    def buildProtocol(self, addr: IAddress | None) -> P | None:
        """Make the protocol for a connection.

        Args:
            addr: The address of the other side.

        Returns:
            What `protocol` makes, with its attribute `factory` set.  A subclass may return None, and the
            connection is closed at once.
        """
        assert self.protocol is not None, "Set the attribute protocol, or override buildProtocol."
        protocol = self.protocol()
        protocol.factory = self  # type: ignore[attr-defined]  # IProtocol has none, every Protocol does
        return protocol


class ServerFactory(Factory[P]):
    """A factory for the server's side."""


@implementer(IClientFactory)
class ClientFactory(Factory[P]):
    """A factory for the client's side: it also follows the connector's fortunes."""

    def startedConnecting(self, connector: IConnector) -> None:
        """Learn that a connect has begun.  To be overridden."""

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Learn that it failed.  To be overridden; ``connector.connect()`` tries again."""

    def clientConnectionLost(self, connector: IConnector, reason: Failure) -> None:
        """Learn that the connection is over.  To be overridden; ``connector.connect()`` makes it again."""


def logger_of(source: object) -> Logger:
    """Make the logger that speaks for an object: its namespace is the object's class."""
    kind = type(source)
    return Logger(namespace=f"{kind.__module__}.{kind.__qualname__}", source=source)
