"""Ethernet frames, without preamble and check sequence (IEEE 802.3)."""

from __future__ import annotations

import struct
from typing import Any

from zope.interface import implementer

from sennit.protocol import AbstractDatagramProtocol
from sennit.raw.interfaces import IEthernetProtocol, IRawPacketProtocol
from sennit.raw.packets import PacketError, Receivers

__all__ = ["EthernetHeader", "EthernetProtocol", "IEthernetProtocol", "ethernet_frame"]

_HEADER = struct.Struct("!6s6sH")


class EthernetHeader:
    """The first 14 bytes of a frame.

    Args:
        data: The frame, or its beginning.

    Attributes:
        dest: The address that it was sent to, six bytes.
        source: The address that it came from, six bytes.
        proto: The type of its content (EtherType).

    Raises:
        PacketError: If there are fewer bytes.
    """

    __slots__ = ("dest", "proto", "source")

    length = _HEADER.size

    def __init__(self, data: bytes) -> None:
        if len(data) < _HEADER.size:
            raise PacketError(f"An Ethernet header has {_HEADER.size} bytes, not {len(data)}.")
        self.dest: bytes
        self.source: bytes
        self.proto: int
        self.dest, self.source, self.proto = _HEADER.unpack_from(data)


def ethernet_frame(dest: bytes, source: bytes, proto: int, data: bytes) -> bytes:
    """Write a frame.

    Args:
        dest: The address that it goes to, six bytes.
        source: The address that it comes from, six bytes.
        proto: The type of its content.
        data: Its content.

    Raises:
        ValueError: If an address has not six bytes.
    """
    if len(dest) != 6 or len(source) != 6:
        raise ValueError("An Ethernet address has six bytes.")
    return _HEADER.pack(dest, source, proto) + data


@implementer(IEthernetProtocol)
class EthernetProtocol(AbstractDatagramProtocol):
    """Takes the header off each frame, and hands the rest to who takes that type.

    Attributes:
        etherProtos: Lists of receivers, by type.
    """

    def __init__(self) -> None:
        self.etherProtos = Receivers(16)

    def addProto(self, num: int, proto: Any) -> None:
        """Hand packets of a type to `proto`.

        Args:
            num: The type, such as 0x0800 for IPv4.
            proto: An `IRawPacketProtocol`.

        Raises:
            TypeError: If the number does not fit into 16 bits, or `proto` is something else.
        """
        self.etherProtos.put(num, IRawPacketProtocol(proto))

    def datagramReceived(self, data: bytes, partial: int = 0) -> None:
        """Take a frame; one that is too short is ignored.

        Args:
            data: The frame.
            partial: Whether its end is missing.
        """
        try:
            header = EthernetHeader(data)
        except PacketError:
            return
        self.etherProtos.for_each(
            header.proto,
            "datagramReceived",
            data=data[_HEADER.size :],
            partial=partial,
            dest=header.dest,
            source=header.source,
            protocol=header.proto,
        )
