"""IPv4 packets (RFC 791).

A packet is handed on if its version is 4, its lengths fit each other and what is there, and its header's
checksum is right.  A checksum of 0 is one that somebody left to the hardware, and is not looked at.  What is
behind the packet's end (Ethernet fills short frames up) is cut off.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from zope.interface import implementer

from sennit.protocol import AbstractDatagramProtocol
from sennit.raw.interfaces import IRawDatagramProtocol, IRawPacketProtocol
from sennit.raw.packets import PacketError, Receivers, checksum

__all__ = ["MAX_SIZE", "IPHeader", "IPProtocol", "ip_packet"]

MAX_SIZE = 1 << 32
"""One more than the highest number that `IPProtocol.addProto` takes."""

_HEADER = struct.Struct("!BBHHHBBH4s4s")
_LONGEST = 0xFFFF
_ETHERTYPE = 0x0800
_DONT_FRAGMENT, _MORE_FRAGMENTS, _OFFSET = 0x4000, 0x2000, 0x1FFF


class IPHeader:
    """The header of a packet.

    Args:
        data: The packet, or its first 20 bytes.

    Attributes:
        version: The version of IP.
        ihl: The length of the header with its options, in bytes.
        tos: The type of service.
        tot_len: The length of the packet, in bytes.
        fragment_id: What its fragments have in common.
        dont_fragment: Whether it must not be cut into fragments.
        more_fragments: Whether more fragments follow.
        fragment_offset: Where in the whole this fragment begins, in units of eight bytes.
        ttl: Over how many hops it may go.
        protocol: The number of the protocol that it carries.
        check: The header's checksum.
        saddr: The address that it came from, as text.
        daddr: The address that it was sent to, as text.

    Raises:
        PacketError: If there are fewer than 20 bytes.
    """

    __slots__ = (
        "check",
        "daddr",
        "dont_fragment",
        "fragment_id",
        "fragment_offset",
        "ihl",
        "more_fragments",
        "protocol",
        "saddr",
        "tos",
        "tot_len",
        "ttl",
        "version",
    )

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER.size:
            raise PacketError(f"An IP header has {_HEADER.size} bytes at least, not {len(data)}.")
        (
            first,
            self.tos,
            self.tot_len,
            self.fragment_id,
            fragment,
            self.ttl,
            self.protocol,
            self.check,
            source,
            dest,
        ) = _HEADER.unpack_from(data)
        self.version: int = first >> 4
        self.ihl: int = (first & 15) * 4
        self.dont_fragment = bool(fragment & _DONT_FRAGMENT)
        self.more_fragments = bool(fragment & _MORE_FRAGMENTS)
        self.fragment_offset: int = fragment & _OFFSET
        self.saddr = socket.inet_ntoa(source)
        self.daddr = socket.inet_ntoa(dest)


def ip_packet(
    source: str,
    dest: str,
    protocol: int,
    data: bytes,
    *,
    ttl: int = 64,
    tos: int = 0,
    fragment_id: int = 0,
    dont_fragment: bool = False,
) -> bytes:
    """Write a packet without options.

    Args:
        source: The IPv4 address that it comes from.
        dest: The IPv4 address that it goes to.
        protocol: The number of the protocol that it carries, such as 17 for UDP.
        data: What it carries.
        ttl: Over how many hops it may go.
        tos: The type of service.
        fragment_id: What its fragments would have in common.
        dont_fragment: Whether it must not be cut into fragments.

    Raises:
        ValueError: If it would be longer than 65,535 bytes, or an address is none.
    """
    length = _HEADER.size + len(data)
    if length > _LONGEST:
        raise ValueError(f"A packet has {_LONGEST} bytes at most, not {length}.")
    try:
        ends = socket.inet_pton(socket.AF_INET, source), socket.inet_pton(socket.AF_INET, dest)
    except OSError:
        raise ValueError(f"{source!r} and {dest!r} must be IPv4 addresses.") from None
    flags = _DONT_FRAGMENT if dont_fragment else 0
    header = _HEADER.pack(0x45, tos, length, fragment_id, flags, ttl, protocol, 0, *ends)
    # A checksum that comes out as 0 cannot be told from none; both are taken.
    return header[:10] + checksum(header).to_bytes(2, "big") + header[12:] + data


@implementer(IRawPacketProtocol)
class IPProtocol(AbstractDatagramProtocol):
    """Takes the header off each packet, and hands the rest to who takes that protocol.

    Attributes:
        ipProtos: Lists of receivers, by the protocol's number.
    """

    def __init__(self) -> None:
        self.ipProtos = Receivers(32)

    def addProto(self, num: int, proto: Any) -> None:
        """Hand what packets of a protocol carry to `proto`.

        Args:
            num: The protocol's number, such as 17 for UDP.
            proto: An `IRawDatagramProtocol`.

        Raises:
            TypeError: If the number does not fit into 32 bits, or `proto` is something else.
        """
        self.ipProtos.put(num, IRawDatagramProtocol(proto))

    def datagramReceived(
        self,
        data: bytes,
        partial: int = 0,
        dest: bytes = b"",
        source: bytes = b"",
        protocol: int = _ETHERTYPE,
    ) -> None:
        """Take a packet; one that is no IPv4 packet, or not a whole one, is ignored.

        Args:
            data: The packet, perhaps with something behind it.
            partial: Whether its end is missing.
            dest: The Ethernet address that it was sent to; a TUN device has none.
            source: The Ethernet address that it came from.
            protocol: Its type.
        """
        try:
            header = IPHeader(data)
        except PacketError:
            return
        if not _is_sound(header, data, partial):
            return
        self.ipProtos.for_each(
            header.protocol,
            "datagramReceived",
            data=data[header.ihl : header.tot_len],
            partial=partial,
            source=header.saddr,
            dest=header.daddr,
            protocol=header.protocol,
            version=header.version,
            ihl=header.ihl,
            tos=header.tos,
            tot_len=header.tot_len,
            fragment_id=header.fragment_id,
            fragment_offset=header.fragment_offset,
            dont_fragment=header.dont_fragment,
            more_fragments=header.more_fragments,
            ttl=header.ttl,
        )


def _is_sound(header: IPHeader, data: bytes, partial: int) -> bool:
    if header.version != 4 or not _HEADER.size <= header.ihl <= min(len(data), header.tot_len):
        return False
    if header.tot_len > len(data) and not partial:
        return False
    return not header.check or checksum(data[: header.ihl]) == 0
