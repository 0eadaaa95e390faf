"""Raw packets: Ethernet frames, IPv4 packets and UDP datagrams as bytes, and tunnel devices to get them from.

A `TuntapPort` is a network interface whose other end is this program.  What it reads goes through a chain of
protocols, each of which takes its header off: `EthernetProtocol` (IEEE 802.3), `IPProtocol` (RFC 791),
`RawUDPProtocol` (RFC 768).  Packets come from anywhere, so what is cut off or contradicts itself goes no
further, and raises nothing.

The headers and the functions that write packets do no input or output.
"""

from __future__ import annotations

from sennit.raw.ethernet import EthernetHeader, EthernetProtocol, ethernet_frame
from sennit.raw.interfaces import IEthernetProtocol, IRawDatagramProtocol, IRawPacketProtocol
from sennit.raw.ip import IPHeader, IPProtocol, ip_packet
from sennit.raw.packets import PacketError, checksum
from sennit.raw.tunnel import TunnelAddress, TunnelFlags, TuntapPort
from sennit.raw.udp import RawUDPProtocol, UDPHeader, udp_datagram

__all__ = [
    "EthernetHeader",
    "EthernetProtocol",
    "IEthernetProtocol",
    "IPHeader",
    "IPProtocol",
    "IRawDatagramProtocol",
    "IRawPacketProtocol",
    "PacketError",
    "RawUDPProtocol",
    "TunnelAddress",
    "TunnelFlags",
    "TuntapPort",
    "UDPHeader",
    "checksum",
    "ethernet_frame",
    "ip_packet",
    "udp_datagram",
]
