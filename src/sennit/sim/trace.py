"""What happened, in the order in which it did: to be read, compared, and looked at in Wireshark.

An event is a time and words; two runs are the same if their traces are.  A packet is kept too as its
octets, if `packets` is asked for, and is written in the pcap format (draft-ietf-opsawg-pcap) with headers
of IPv4 or IPv6.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import IO

from sennit.sim.packets import Packet

__all__ = ["Trace"]

_RAW_IP = 101
_TCP, _UDP = 6, 17
_FLAGS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "PSH": 0x08, "ACK": 0x10}


class Trace:
    """The events of one run.

    Args:
        clock: Gives the time.
        keep: How many events to keep; what is older is only counted and hashed.
        packets: Whether to keep the packets' octets too.

    Attributes:
        count: How many events there were.
    """

    def __init__(self, clock: Callable[[], float], keep: int = 2000, *, packets: bool = False) -> None:
        self._clock = clock
        self._keep = keep
        self._packets: list[tuple[float, Packet]] | None = [] if packets else None
        self._lines: list[str] = []
        self._hash = hashlib.sha256()
        self.count = 0

    def note(self, *words: object) -> None:
        """Add an event."""
        line = f"{self._clock():.9f} {' '.join(map(str, words))}"
        self.count += 1
        self._hash.update(line.encode() + b"\n")
        self._lines.append(line)
        if len(self._lines) > 2 * self._keep:
            del self._lines[: -self._keep]

    def note_packet(self, what: str, packet: Packet) -> None:
        """Add what became of a packet."""
        self.note(what, packet)
        if self._packets is not None and what == "sent":
            self._packets.append((self._clock(), packet))

    @property
    def digest(self) -> str:
        """A hash of all events: that of another run is the same if the run was."""
        return self._hash.hexdigest()

    @property
    def lines(self) -> list[str]:
        """The last events, a line each."""
        return self._lines[-self._keep :]

    def write_text(self, path: Path) -> None:
        """Write the last events to a file."""
        path.write_text("\n".join([*self.lines, ""]))

    def write_pcap(self, path: Path) -> None:
        """Write the packets to a file that Wireshark opens."""
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, _RAW_IP))
            for when, packet in self._packets or ():
                _write_packet(file, when, packet)


def _write_packet(file: IO[bytes], when: float, packet: Packet) -> None:
    data = _ip(packet)
    seconds, rest = divmod(round(when * 1_000_000), 1_000_000)
    file.write(struct.pack("<IIII", seconds, rest, len(data), len(data)) + data)


def _ip(packet: Packet) -> bytes:
    source, destination = ip_address(packet.source[0]), ip_address(packet.destination[0])
    ports = struct.pack("!HH", packet.source[1], packet.destination[1])
    if packet.protocol == "udp":
        number, body = _UDP, ports + struct.pack("!HH", 8 + len(packet.payload), 0) + packet.payload
    else:
        flags = sum(_FLAGS[flag] for flag in packet.flags)
        header = struct.pack(
            "!IIBBHHH",
            packet.sequence & 0xFFFFFFFF,
            packet.acknowledged & 0xFFFFFFFF,
            5 << 4,
            flags,
            65535,
            0,
            0,
        )
        number, body = _TCP, ports + header + packet.payload
    if isinstance(source, IPv4Address) and isinstance(destination, IPv4Address):
        start = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, number, 0)
        return start + source.packed + destination.packed + body
    assert isinstance(source, IPv6Address)
    return struct.pack("!IHBB", 6 << 28, len(body), number, 64) + source.packed + destination.packed + body
