"""Wrappers: a factory and a protocol that stand between a transport and the program's own.

The wrapper is a protocol to the transport and a transport to the wrapped protocol.  What it does not know it
hands on to the transport, and it provides the transport's interfaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from zope.interface import directlyProvides, providedBy

from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress, IConnector, ILoggingContext, IProtocol
from sennit.protocol.factory import ClientFactory
from sennit.protocol.stream import Protocol, connectionDone

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    WP = TypeVarWithDefault("WP", bound=IProtocol, default=Any)
else:
    WP = TypeVar("WP")

__all__ = ["WP", "ProtocolWrapper", "WrappingFactory"]


def _log_prefix(wrapper: object, wrapped: Any) -> str:
    name = wrapped.logPrefix() if ILoggingContext.providedBy(wrapped) else wrapped.__class__.__name__
    return f"{name} ({wrapper.__class__.__name__})"


class ProtocolWrapper(Protocol):
    """A protocol around another.

    Args:
        factory: The factory that builds it: it has `registerProtocol` and `unregisterProtocol`.
        wrappedProtocol: The program's protocol.

    Attributes:
        disconnecting: Whether `loseConnection` or `abortConnection` was called.
        wrappedProtocol: The program's protocol; None when the connection is over.
    """

    transport: Any = None
    disconnecting: int = 0

    def __init__(self, factory: Any, wrappedProtocol: Any) -> None:
        self.wrappedProtocol = wrappedProtocol
        self.factory = factory

    def logPrefix(self) -> str:
        """Give the wrapped protocol's prefix, and this class's name."""
        return _log_prefix(self, self.wrappedProtocol)

    def makeConnection(self, transport: Any) -> None:
        """Take the transport, register with the factory, and begin as the wrapped protocol's transport."""
        directlyProvides(self, providedBy(transport))
        super().makeConnection(transport)
        self.factory.registerProtocol(self)
        self.wrappedProtocol.makeConnection(self)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""
        self.transport.writeSequence(data)

    def loseConnection(self) -> None:
        """Send what is written, then close."""
        self.disconnecting = 1
        self.transport.loseConnection()

    def abortConnection(self) -> None:
        """Close at once; what is written and not sent is dropped."""
        self.disconnecting = 1
        self.transport.abortConnection()

    def getPeer(self) -> IAddress:
        """Give the address of the other side."""
        peer: IAddress = self.transport.getPeer()
        return peer

    def getHost(self) -> IAddress:
        """Give the address of this side."""
        host: IAddress = self.transport.getHost()
        return host

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write, under the transport's control."""
        self.transport.registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Forget the producer."""
        self.transport.unregisterProducer()

    def stopConsuming(self) -> None:
        """Take no more from the producer."""
        self.transport.stopConsuming()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def dataReceived(self, data: bytes) -> None:
        """Hand bytes on to the wrapped protocol."""
        self.wrappedProtocol.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Unregister, and tell the wrapped protocol."""
        self.factory.unregisterProtocol(self)
        self.wrappedProtocol.connectionLost(reason)
        # The two refer to each other.
        self.wrappedProtocol = None


class WrappingFactory(ClientFactory[WP]):
    """A factory around another, for servers and clients.

    Args:
        wrappedFactory: The program's factory.

    Attributes:
        protocol: The class of the wrappers: called with this factory and the wrapped protocol.
        protocols: The wrappers that are connected, as the keys of a dictionary.
    """

    protocol: Callable[..., WP] = ProtocolWrapper  # type: ignore[assignment]  # the default of WP

    def __init__(self, wrappedFactory: Any) -> None:
        self.wrappedFactory = wrappedFactory
        self.protocols: dict[Any, int] = {}

    def logPrefix(self) -> str:
        """Give the wrapped factory's prefix, and this class's name."""
        return _log_prefix(self, self.wrappedFactory)

    def doStart(self) -> None:
        """Note one more port or connector, here and at the wrapped factory."""
        self.wrappedFactory.doStart()
        super().doStart()

    def doStop(self) -> None:
        """Note one port or connector less, here and at the wrapped factory."""
        self.wrappedFactory.doStop()
        super().doStop()

    def startedConnecting(self, connector: IConnector) -> None:
        """Tell the wrapped factory."""
        self.wrappedFactory.startedConnecting(connector)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """Tell the wrapped factory."""
        self.wrappedFactory.clientConnectionFailed(connector, reason)

    def clientConnectionLost(self, connector: IConnector, reason: Failure) -> None:
        """Tell the wrapped factory."""
        self.wrappedFactory.clientConnectionLost(connector, reason)

    def buildProtocol(self, addr: IAddress | None) -> WP | None:
        """Wrap what the wrapped factory builds; if it builds nothing, the connection is refused."""
        wrapped = self.wrappedFactory.buildProtocol(addr)
        return None if wrapped is None else self._wrap(wrapped)

    def _wrap(self, wrapped: Any) -> WP:
        """Make the wrapper for a protocol.  To be overridden by a factory whose wrappers take more."""
        return self.protocol(self, wrapped)

    def registerProtocol(self, p: Any) -> None:
        """Learn that a wrapper is connected."""
        self.protocols[p] = 1

    def unregisterProtocol(self, p: Any) -> None:
        """Learn that a wrapper's connection is over."""
        del self.protocols[p]
