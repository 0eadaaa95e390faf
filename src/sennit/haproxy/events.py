"""What a header says."""

from __future__ import annotations

from dataclasses import dataclass

from zope.interface import implementer

from sennit.core.addresses import IPv4Address, IPv6Address, UNIXAddress
from sennit.haproxy.interfaces import IProxyInfo

__all__ = ["Address", "ProxyInfo"]

Address = IPv4Address | IPv6Address | UNIXAddress


@implementer(IProxyInfo)
@dataclass(frozen=True, slots=True)
class ProxyInfo:
    """What a header says.

    Args:
        header: The header as it was received.
        source: The address of the client; None if the header does not tell, as in the proxy's own checks.
        destination: The address that the client connected to, or None.
        tlvs: Of version 2, further fields: each a type (section 2.2) and a value.
    """

    header: bytes
    source: Address | None
    destination: Address | None
    tlvs: tuple[tuple[int, bytes], ...] = ()

    def tlv(self, kind: int) -> bytes | None:
        """Give the value of the first field of a type, or None."""
        return next((value for type_, value in self.tlvs if type_ == kind), None)
