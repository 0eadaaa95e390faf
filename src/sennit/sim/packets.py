"""What goes over a link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

__all__ = ["Address", "Packet", "is_broadcast", "is_group"]

Address = tuple[str, int]
"""A host's address and a port."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A datagram, or a segment of a stream.

    Attributes:
        protocol: ``"udp"`` or ``"tcp"``.
        source: Where it comes from.
        destination: Where it goes to.
        payload: What it carries.
        flags: Of a segment, which of SYN, ACK, FIN, RST and PSH are set.
        sequence: Of a segment, the number of its first octet.
        acknowledged: Of a segment, the number of the next octet that is expected.
        end: Of a segment, the number after its last octet; SYN and FIN count as one.
    """

    protocol: str
    source: Address
    destination: Address
    payload: bytes = b""
    flags: tuple[str, ...] = ()
    sequence: int = 0
    acknowledged: int = 0

    @property
    def end(self) -> int:
        """The number after the last octet."""
        return self.sequence + len(self.payload) + ("SYN" in self.flags) + ("FIN" in self.flags)

    def __str__(self) -> str:
        flags = f" {'+'.join(self.flags)} seq={self.sequence}" if self.flags else ""
        ends = f"{self.source[0]}:{self.source[1]} > {self.destination[0]}:{self.destination[1]}"
        return f"{self.protocol} {ends}{flags} {len(self.payload)} octets"


@lru_cache(maxsize=1024)
def is_group(address: str) -> bool:
    """Tell whether an address is a group's."""
    try:
        return ip_address(address).is_multicast
    except ValueError:
        return False


def is_broadcast(address: str) -> bool:
    """Tell whether an address is everybody's."""
    return address in {"255.255.255.255", "<broadcast>"}
