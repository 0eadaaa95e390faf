"""Names of hosts, looked up in the simulated network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address
from sennit.core.interfaces import IHostnameResolver, IHostResolution

if TYPE_CHECKING:
    from sennit.sim.host import Host

__all__ = ["SimulatedResolver"]


@implementer(IHostResolution)
class _Resolution:
    """A look-up under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cancelled = False

    def cancel(self) -> None:
        """Hear no more of it."""
        self.cancelled = True


@implementer(IHostnameResolver)
class SimulatedResolver:
    """Resolves names for one host.

    Args:
        host: The host.
    """

    def __init__(self, host: Host) -> None:
        self.host = host

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[Any] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Look a name up (see `IHostnameResolver`)."""
        resolution = _Resolution(hostName)
        kinds = tuple(addressTypes or (IPv4Address, IPv6Address))

        def answer() -> None:
            if resolution.cancelled:
                return
            found = ["127.0.0.1"] if hostName == "localhost" else self.host.network.look_up(hostName)
            for text in found:
                kind: Any = IPv6Address if ":" in text else IPv4Address
                if kind in kinds:
                    resolutionReceiver.addressResolved(kind(transportSemantics, text, portNumber))
            resolutionReceiver.resolutionComplete()

        resolutionReceiver.resolutionBegan(resolution)
        self.host.loop.call_later(self.host.lookup_time(), answer)
        return resolution
