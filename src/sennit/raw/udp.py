"""UDP datagrams as IP packets carry them (RFC 768).

The checksum is not looked at: it is left to the hardware on most ways that a packet comes here.  Fragments
are not put together; none but a first one has a UDP header, so the others are ignored.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from zope.interface import implementer

from sennit.protocol import AbstractDatagramProtocol, DatagramProtocol
from sennit.raw.interfaces import IRawDatagramProtocol
from sennit.raw.packets import PacketError, Receivers, checksum

__all__ = ["RawUDPProtocol", "UDPHeader", "udp_datagram"]

_HEADER = struct.Struct("!HHHH")
_LONGEST = 0xFFFF
_UDP = 17


class UDPHeader:
    """The first eight bytes of a datagram.

    Args:
        data: The datagram, or its beginning.

    Attributes:
        source: The number of the port that it came from.
        dest: The number of the port that it was sent to.
        len: The length of header and data, in bytes.
        check: The checksum; 0 for none.

    Raises:
        PacketError: If there are fewer bytes.
    """

    __slots__ = ("check", "dest", "len", "source")

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER.size:
            raise PacketError(f"A UDP header has {_HEADER.size} bytes, not {len(data)}.")
        self.source: int
        self.dest: int
        self.len: int
        self.check: int
        self.source, self.dest, self.len, self.check = _HEADER.unpack_from(data)


def udp_datagram(source: tuple[str, int], dest: tuple[str, int], data: bytes) -> bytes:
    """Write a datagram, with its checksum, to be carried by an IPv4 packet.

    Args:
        source: The IPv4 address and port that it comes from.
        dest: The IPv4 address and port that it goes to.
        data: What it carries.

    Raises:
        ValueError: If it would be longer than 65,535 bytes, or an address or a port is none.
    """
    length = _HEADER.size + len(data)
    if length > _LONGEST:
        raise ValueError(f"A datagram has {_LONGEST} bytes at most, not {length}.")
    try:
        header = _HEADER.pack(source[1], dest[1], length, 0)
        ends = b"".join(socket.inet_pton(socket.AF_INET, host) for host, _ in (source, dest))
    except (OSError, struct.error):
        raise ValueError(f"{source!r} and {dest!r} must be IPv4 addresses with ports.") from None
    # Together with the addresses (the pseudo header); 0 would say that there is none.
    check = checksum(ends + struct.pack("!BBH", 0, _UDP, length) + header + data) or 0xFFFF
    return header[:6] + check.to_bytes(2, "big") + data


@implementer(IRawDatagramProtocol)
class RawUDPProtocol(AbstractDatagramProtocol):
    """Takes the header off each datagram, and hands the rest to who takes that port.

    Attributes:
        udpProtos: Lists of receivers, by port.
    """

    def __init__(self) -> None:
        self.udpProtos = Receivers(16)

    def addProto(self, num: int, proto: Any) -> None:
        """Hand datagrams for a port to `proto`, with ``(address, port)`` of their senders.

        Args:
            num: The port's number.
            proto: A `sennit.protocol.DatagramProtocol`.

        Raises:
            TypeError: If the number does not fit into 16 bits, or `proto` is something else.
        """
        if not isinstance(proto, DatagramProtocol):
            raise TypeError(f"{proto!r} is no DatagramProtocol.")
        self.udpProtos.put(num, proto)

    def datagramReceived(  # type: ignore[override]  # the contract
        self,
        data: bytes,
        partial: int,
        source: str,
        dest: str,
        protocol: int,
        version: int,
        ihl: int,
        tos: int,
        tot_len: int,
        fragment_id: int,
        fragment_offset: int,
        dont_fragment: int,
        more_fragments: int,
        ttl: int,
    ) -> None:
        """Take what a packet carries; what is no whole datagram is ignored.

        Of one whose end is missing (`partial`), or which goes on in other fragments, what there is is taken.

        Args:
            data: The datagram.
            partial: Whether its end is missing.
            source: The IP address that it came from.
            dest: The IP address that it was sent to.
            protocol: The number of the protocol.
            version: The version of IP.
            ihl: The length of the packet's header, in bytes.
            tos: The type of service.
            tot_len: The length of the packet, in bytes.
            fragment_id: What the fragments have in common.
            fragment_offset: Where in the whole this fragment begins, in units of eight bytes.
            dont_fragment: Whether the packet must not be cut into fragments.
            more_fragments: Whether more fragments follow.
            ttl: Over how many hops the packet may go.
        """
        try:
            header = UDPHeader(data)
        except PacketError:
            return
        if fragment_offset or header.len < _HEADER.size:
            return
        if header.len > len(data) and not (partial or more_fragments):
            return
        content = data[_HEADER.size : header.len]
        self.udpProtos.for_each(header.dest, "datagramReceived", content, (source, header.source))
