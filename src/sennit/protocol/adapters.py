"""A protocol as a consumer, and a consumer as a protocol."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core import components
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IProtocol

__all__ = ["ConsumerToProtocolAdapter", "ProtocolToConsumerAdapter"]


@implementer(IConsumer)
class ProtocolToConsumerAdapter(components.Adapter):
    """Hands what is written to it to a protocol; it never pushes back."""

    original: Any

    def write(self, data: bytes) -> None:
        """Hand `data` to the protocol."""
        self.original.dataReceived(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Do nothing: a protocol takes all there is."""

    def unregisterProducer(self) -> None:
        """Do nothing."""


@implementer(IProtocol)
class ConsumerToProtocolAdapter(components.Adapter):
    """Hands what it receives to a consumer."""

    original: Any

    def dataReceived(self, data: bytes) -> None:
        """Hand `data` to the consumer."""
        self.original.write(data)

    def connectionLost(self, reason: Failure) -> None:
        """Do nothing."""

    def makeConnection(self, transport: Any) -> None:
        """Do nothing."""

    def connectionMade(self) -> None:
        """Do nothing."""


components.registerAdapter(ProtocolToConsumerAdapter, IProtocol, IConsumer)
components.registerAdapter(ConsumerToProtocolAdapter, IConsumer, IProtocol)
