"""One host's sockets: ports that are bound, connections, and whose a packet is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sennit.sim.packets import Address, Packet, is_broadcast, is_group
from sennit.sim.streams import StreamEnd

if TYPE_CHECKING:
    from sennit.sim.host import Host
    from sennit.sim.sockets import DatagramSocket, StreamSocket

__all__ = ["Kernel", "failure"]

_FIRST_FREE = 32768
_LAST_FREE = 60999
# Numbers of descriptors that no real one has.
_FIRST_DESCRIPTOR = 1 << 24
WILDCARDS = {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound


def failure(number: int) -> OSError:
    """Make the error of the system for a number."""
    return OSError(number, os.strerror(number))


class Kernel:
    """What a host's system knows; lost when the host crashes.

    Args:
        host: The host.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.network = host.network
        self.scheduler = host.network.scheduler
        self.alive = True
        self.streams: dict[tuple[Address, Address], StreamEnd] = {}
        self.listening: dict[Address, StreamSocket] = {}
        self.datagram: dict[Address, list[DatagramSocket]] = {}
        self.paths: dict[bytes, Any] = {}
        self.sockets: dict[int, Any] = {}
        self._next_descriptor = _FIRST_DESCRIPTOR
        self._next_port = _FIRST_FREE

    def open(self, made: Any) -> int:
        """Number a new socket."""
        number = self._next_descriptor
        self._next_descriptor += 1
        self.sockets[number] = made
        return number

    # Ports

    def choose_source(self, destination: str) -> str:
        """Return the address that packets to another come from."""
        if destination in self.host.addresses:
            return destination
        six = ":" in destination
        return next((address for address in self.host.addresses if (":" in address) == six), destination)

    def bind(self, taken: Callable[[Address], bool], host: str, port: int) -> Address:
        """Find a local end.

        Args:
            taken: Tells whether an end is somebody's already.
            host: An address of this host, or a wildcard.
            port: The port; 0 for any that is free.

        Raises:
            OSError: If there is none.
        """
        if host not in WILDCARDS and host not in self.host.addresses:
            raise failure(errno.EADDRNOTAVAIL)
        if port:
            if taken((host, port)):
                raise failure(errno.EADDRINUSE)
            return host, port
        for _ in range(_LAST_FREE - _FIRST_FREE + 1):
            port = self._next_port
            self._next_port = port + 1 if port < _LAST_FREE else _FIRST_FREE
            if not taken((host, port)):
                return host, port
        raise failure(errno.EADDRINUSE)

    def stream_port_taken(self, end: Address) -> bool:
        """Tell whether a listening socket has a port."""
        return any(
            port == end[1] and (host == end[0] or host in WILDCARDS or end[0] in WILDCARDS)
            for host, port in self.listening
        )

    def datagram_port_taken(self, end: Address) -> bool:
        """Tell whether a socket for datagrams has a port, and does not share it."""
        return any(
            port == end[1]
            and (host == end[0] or host in WILDCARDS or end[0] in WILDCARDS)
            and not all(other.shares_port for other in others)
            for (host, port), others in self.datagram.items()
        )

    def listener(self, end: Address) -> StreamSocket | None:
        """Return who listens on a local end, or None."""
        host, port = end
        for address in (host, "::" if ":" in host else "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            found = self.listening.get((address, port))
            if found is not None:
                return found
        return None

    # Packets

    def send(self, packet: Packet) -> None:
        """Send a packet, as long as this system runs."""
        if self.alive:
            self.network.send(self.host, packet)

    def send_to_all(self, packet: Packet, *, here: bool, elsewhere: bool) -> None:
        """Send a datagram to a group, or to everybody: to this host, to the others, or both."""
        if self.alive:
            self.network.send_to_all(self.host, packet, here=here, elsewhere=elsewhere)

    def receive(self, packet: Packet) -> None:
        """Give a packet to whose it is."""
        if packet.protocol == "udp":
            if is_group(packet.destination[0]) or is_broadcast(packet.destination[0]):
                self._receive_for_all(packet)
            else:
                self._receive_datagram(packet)
            return
        end = self.streams.get((packet.destination, packet.source))
        if end is not None:
            end.receive(packet)
        elif packet.flags == ("SYN",):
            self._receive_opening(packet)
        elif "RST" not in packet.flags:
            self.reset(packet)

    def _receive_opening(self, packet: Packet) -> None:
        listener = self.listener(packet.destination)
        if listener is None or listener.backlog_full:
            # A full backlog drops the segment, and the client tries again.
            if listener is None:
                self.reset(packet)
            return
        end = StreamEnd(self, packet.destination, packet.source)
        end.listener = listener
        end.accept(packet)

    def reset(self, packet: Packet) -> None:
        """Answer a segment that nobody expects."""
        self.send(
            Packet(
                "tcp",
                packet.destination,
                packet.source,
                flags=("RST", "ACK"),
                sequence=packet.acknowledged,
                acknowledged=packet.end,
            )
        )

    def _receive_for_all(self, packet: Packet) -> None:
        group, port = packet.destination
        for (host, bound), receivers in list(self.datagram.items()):
            if bound != port or host not in {*WILDCARDS, group}:
                continue
            for receiver in list(receivers):
                sources = receiver.groups.get(group)
                joined = sources is not None and (not sources or packet.source[0] in sources)
                if joined or is_broadcast(group):
                    receiver.receive(packet)

    def _receive_datagram(self, packet: Packet) -> None:
        host, port = packet.destination
        heard = False
        for address in (host, "::" if ":" in host else "0.0.0.0"):  # noqa: S104 - compared, not bound
            for receiver in list(self.datagram.get((address, port), ())):
                if receiver.peer is None or receiver.peer == packet.source:
                    receiver.receive(packet)
                    heard = True
                    break
            if heard:
                return
        # What ICMP says: nobody is there.
        sender = self.network.owner(packet.source[0])
        if sender is not None and sender.up and not self.network.is_cut(self.host.name, sender.name):
            delay = self.network.link(self.host.name, sender.name).latency
            self.scheduler.call_later(delay, sender.kernel.unreachable, packet)

    def unreachable(self, packet: Packet) -> None:
        """Tell the socket that sent a datagram that nobody took it."""
        if not self.alive:
            return
        for (_, port), sockets in self.datagram.items():
            if port == packet.source[1]:
                for sender in sockets:
                    if sender.peer == packet.destination:
                        sender.refused()
                        return

    def stop(self, *, resetting: bool) -> None:
        """End: every connection is gone, with a word to the other side or without.

        Args:
            resetting: Whether the other sides are told, as when a process dies; a host that loses its power
                says nothing.
        """
        for end in list(self.streams.values()):
            if resetting:
                end.abort()
            else:
                end.vanish()
        self.alive = False
        self.streams.clear()
        self.listening.clear()
        self.datagram.clear()
        self.paths.clear()
        self.sockets.clear()
