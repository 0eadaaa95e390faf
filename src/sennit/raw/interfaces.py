"""What takes raw packets, layer by layer."""

# ruff: noqa: N805 (zope interfaces have no self)

from __future__ import annotations

from typing import Any

from zope.interface import Interface

__all__ = ["IEthernetProtocol", "IRawDatagramProtocol", "IRawPacketProtocol"]


class IEthernetProtocol(Interface):
    """Takes Ethernet frames."""

    def addProto(num: int, proto: Any) -> None:
        """Hand packets of a type to `proto`.

        Args:
            num: The type of the frame's content (EtherType).
            proto: An `IRawPacketProtocol`.
        """

    def datagramReceived(data: bytes, partial: int) -> None:
        """Take a frame.

        Args:
            data: The frame, from its destination's address on.
            partial: Whether its end is missing.
        """


class IRawPacketProtocol(Interface):
    """Takes what Ethernet frames carry."""

    def addProto(num: int, proto: Any) -> None:
        """Hand datagrams of a protocol to `proto`.

        Args:
            num: The protocol's number.
            proto: An `IRawDatagramProtocol`.
        """

    def datagramReceived(data: bytes, partial: int, dest: bytes, source: bytes, protocol: int) -> None:
        """Take a packet.

        Args:
            data: The packet.
            partial: Whether its end is missing.
            dest: The Ethernet address that it was sent to.
            source: The Ethernet address that it came from.
            protocol: Its type.
        """


class IRawDatagramProtocol(Interface):
    """Takes what IP packets carry."""

    def addProto(num: int, proto: Any) -> None:
        """Hand what arrives for a port to `proto`.

        Args:
            num: The port's number.
            proto: A `sennit.protocol.DatagramProtocol`.
        """

    def datagramReceived(
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
        """Take what a packet carries; the arguments are the fields of its header (RFC 791, section 3.1).

        Args:
            data: What it carries.
            partial: Whether its end is missing.
            source: The IP address that it came from.
            dest: The IP address that it was sent to.
            protocol: The number of the protocol that it carries.
            version: The version of IP.
            ihl: The length of its header, in bytes.
            tos: Its type of service.
            tot_len: Its whole length, in bytes.
            fragment_id: What its fragments have in common.
            fragment_offset: Where in the whole this fragment begins, in units of eight bytes.
            dont_fragment: Whether it must not be cut into fragments.
            more_fragments: Whether more fragments follow.
            ttl: Over how many hops it may go.
        """
