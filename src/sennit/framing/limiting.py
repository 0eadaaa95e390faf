"""Limits on the number of connections, in all and from one host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.interfaces import IAddress
from sennit.protocol import Protocol, ServerFactory
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory

__all__ = ["LimitConnectionsByPeer", "LimitTotalConnectionsFactory"]


class LimitConnectionsByPeer(WrappingFactory[ProtocolWrapper]):
    """Limits how many connections one host may have.

    Attributes:
        maxConnectionsPerPeer: How many; further ones are refused.
        peerConnections: How many each host has.
    """

    maxConnectionsPerPeer: int = 5

    def __init__(self, wrappedFactory: Any) -> None:
        super().__init__(wrappedFactory)
        self.peerConnections: dict[Any, int] = {}

    def startFactory(self) -> None:
        """Begin to count."""
        self.peerConnections = {}

    def buildProtocol(self, addr: Any) -> ProtocolWrapper | None:
        """Build, unless the host has too many connections."""
        host = _host(addr)
        count = self.peerConnections.get(host, 0)
        if count >= self.maxConnectionsPerPeer:
            return None
        protocol = super().buildProtocol(addr)
        if protocol is not None:
            self.peerConnections[host] = count + 1
            protocol.limitedHost = host  # type: ignore[attr-defined]  # ours alone
        return protocol

    def unregisterProtocol(self, p: Any) -> None:
        """Count a connection less."""
        super().unregisterProtocol(p)
        count = self.peerConnections[p.limitedHost] - 1
        if count:
            self.peerConnections[p.limitedHost] = count
        else:
            # A host that is gone leaves nothing behind: there are more hosts than memory.
            del self.peerConnections[p.limitedHost]


def _host(address: Any) -> Any:
    """Give what identifies the host in an address, be it an object, a tuple, or without a host."""
    if isinstance(address, tuple):
        return address[0]
    return getattr(address, "host", address)


class LimitTotalConnectionsFactory(ServerFactory[Any]):
    """Limits how many connections there are.

    Attributes:
        connectionCount: How many there are.
        connectionLimit: How many there may be; None for any number.
        overflowProtocol: What makes the protocol for a further one, which may say that it is one too many and
            close; None to refuse it.
    """

    connectionCount: int = 0
    connectionLimit: int | None = None
    overflowProtocol: Callable[[], Protocol] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ProtocolWrapper | None:
        """Build, or make the protocol for one connection too many."""
        if self.connectionLimit is None or self.connectionCount < self.connectionLimit:
            wrapped = super().buildProtocol(addr)
        elif self.overflowProtocol is None:
            return None
        else:
            wrapped = self.overflowProtocol()
        if wrapped is None:
            return None
        self.connectionCount += 1
        return ProtocolWrapper(self, wrapped)

    def registerProtocol(self, p: Any) -> None:
        """Learn that a wrapper is connected; it is counted already."""

    def unregisterProtocol(self, p: Any) -> None:
        """Count a connection less."""
        self.connectionCount -= 1
