"""Connecting a protocol that exists already."""

from __future__ import annotations

from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.interfaces import IStreamClientEndpoint
from sennit.protocol import Factory

__all__ = ["connectProtocol"]


class _OneProtocol(Factory):
    """Hands out one ready-made protocol."""

    noisy = False

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: Any) -> Any:
        """Return the protocol."""
        return self._protocol


def connectProtocol(endpoint: IStreamClientEndpoint, protocol: Any) -> Deferred[Any]:
    """Connect a protocol through an endpoint, without writing a factory.

    Args:
        endpoint: Where to connect.
        protocol: The protocol to connect.

    Returns:
        A Deferred that fires with `protocol` once it is connected.
    """
    connected: Deferred[Any] = endpoint.connect(_OneProtocol(protocol))
    return connected
