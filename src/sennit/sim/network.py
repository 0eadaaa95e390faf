"""The network: links between hosts, what they do to packets, and who is cut off from whom.

A packet is sent once and arrives never, once or twice, later or sooner.  What a link does is drawn from the
seed for each packet, in the order in which they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from sennit.sim.errors import SimulationError
from sennit.sim.faults import FaultPoints
from sennit.sim.packets import Packet
from sennit.sim.scheduler import Scheduler
from sennit.sim.trace import Trace

if TYPE_CHECKING:
    from sennit.sim.host import Host

__all__ = ["Fate", "Link", "Network", "Rule"]


@dataclass(frozen=True, slots=True)
class Link:
    """What the way from one host to another is like.

    Attributes:
        latency: Seconds that a packet takes.
        jitter: Up to so many seconds more, drawn for each packet.
        bandwidth: Octets a second; None for no limit.
        loss: The share of packets that are lost.
        duplicate: The share of datagrams that arrive twice.
        reorder: The share of packets that take up to `reorder_delay` longer, and are overtaken.
        reorder_delay: Seconds.
        corrupt: The share of packets of which an octet is changed.  The checksums find it: they are lost.
    """

    latency: float = 0.001
    jitter: float = 0.0005
    bandwidth: float | None = None
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_delay: float = 0.01
    corrupt: float = 0.0


class Fate(Enum):
    """What a rule does to a packet."""

    PASS = auto()
    DROP = auto()


Rule = Callable[[Packet], "Fate | float | Packet | None"]
"""Looks at a packet as it is sent, and says what becomes of it: a `Fate`, or a delay in seconds, or another
packet in its place; None leaves it to the next rule, and to the link."""


class Network:
    """All hosts, and the links between them.

    Args:
        scheduler: Its time and chances.
        trace: Hears of each packet.
        faults: Are asked for each loss, duplicate and delay.
    """

    def __init__(self, scheduler: Scheduler, trace: Trace, faults: FaultPoints) -> None:
        self.scheduler = scheduler
        self.trace = trace
        self.faults = faults
        self.default = Link()
        self.hosts: dict[str, Host] = {}
        self._by_address: dict[str, Host] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._cut: dict[tuple[str, str], int] = {}
        self._busy_until: dict[tuple[str, str], float] = {}
        self._rules: list[Rule] = []

    def add(self, host: Host) -> None:
        """Connect a host."""
        self.hosts[host.name] = host
        for address in host.addresses:
            self._by_address[address] = host

    def owner(self, address: str) -> Host | None:
        """Return the host that has an address, or None."""
        return self._by_address.get(address)

    def look_up(self, name: str) -> list[str]:
        """Return the addresses of a host by its name; empty if there is none."""
        host = self.hosts.get(name.rstrip(".").lower())
        return [] if host is None else list(host.addresses)

    # Links

    def link(self, one: str, other: str) -> Link:
        """Return what the way from one host to another is like."""
        return self._links.get((one, other), self.default)

    def set_link(self, one: str, other: str, link: Link, *, both: bool = True) -> None:
        """Say what the way from one host to another is like, and the way back if `both`."""
        self._links[one, other] = link
        if both:
            self._links[other, one] = link

    def change_links(self, changes: dict[str, float | None]) -> None:
        """Change something of every link."""
        self.default = replace(self.default, **changes)  # type: ignore[arg-type]
        for ends, link in self._links.items():
            self._links[ends] = replace(link, **changes)  # type: ignore[arg-type]

    def cut(self, some: Iterable[str], others: Iterable[str], *, both: bool = True) -> None:
        """Let nothing through from some hosts to others."""
        for one, other in _pairs(some, others, both=both):
            self._cut[one, other] = self._cut.get((one, other), 0) + 1

    def mend(self, some: Iterable[str], others: Iterable[str], *, both: bool = True) -> None:
        """Let everything through again; what was cut twice has to be mended twice."""
        for one, other in _pairs(some, others, both=both):
            count = self._cut.get((one, other), 0)
            if count > 1:
                self._cut[one, other] = count - 1
            else:
                self._cut.pop((one, other), None)

    def mend_all(self) -> None:
        """Let everything through again."""
        self._cut.clear()

    def is_cut(self, one: str, other: str) -> bool:
        """Tell whether nothing gets from one host to another."""
        return (one, other) in self._cut

    def add_rule(self, rule: Rule) -> Callable[[], None]:
        """Have each packet looked at by a rule; the rules are asked in the order in which they were added.

        Returns:
            What takes the rule away again.
        """
        self._rules.append(rule)

        def remove() -> None:
            if rule in self._rules:
                self._rules.remove(rule)

        return remove

    # Packets

    def send(self, sender: Host, packet: Packet) -> None:
        """Send a packet; whether and when it arrives is the network's affair."""
        self.trace.note_packet("sent", packet)
        receiver = self._by_address.get(packet.destination[0])
        if receiver is None:
            self.trace.note_packet("nowhere", packet)
            return
        if sender is receiver:
            self.scheduler.call_later(0.0, self._arrive, receiver, packet)
            return
        delay = 0.0
        for rule in list(self._rules):
            said = rule(packet)
            if said is Fate.DROP:
                self.trace.note_packet("dropped", packet)
                return
            if said is Fate.PASS:
                break
            if isinstance(said, Packet):
                packet = said
            elif isinstance(said, (int, float)):
                delay += said
        self._carry(sender.name, receiver, packet, delay)

    def send_to_all(self, sender: Host, packet: Packet, *, here: bool, elsewhere: bool) -> None:
        """Send a datagram to a group, or to everybody; each host's copy has a fate of its own."""
        self.trace.note_packet("sent", packet)
        for receiver in list(self.hosts.values()):
            if receiver is sender:
                if here:
                    self.scheduler.call_later(0.0, self._arrive, receiver, packet)
            elif elsewhere and receiver.up:
                self._carry(sender.name, receiver, packet, 0.0)

    def _carry(self, sender: str, receiver: Host, packet: Packet, delay: float) -> None:
        ends = sender, receiver.name
        if ends in self._cut:
            self.trace.note_packet("cut off", packet)
            return
        link = self._links.get(ends, self.default)
        chance = self.scheduler.random.random
        happens = self.faults.happens
        for share, name in ((link.loss, "lost"), (link.corrupt, "corrupted")):
            if share and chance() < share and happens(name):
                self.trace.note_packet(name, packet)
                return
        when = self.scheduler.now + delay + link.latency
        if link.jitter:
            when += chance() * link.jitter
        if link.reorder and chance() < link.reorder and happens("overtaken"):
            when += chance() * link.reorder_delay
        if link.bandwidth:
            begin = max(self.scheduler.now, self._busy_until.get(ends, 0.0))
            free = begin + (len(packet.payload) + 40) / link.bandwidth
            self._busy_until[ends] = free
            when += free - self.scheduler.now
        self.scheduler.call_at(when, self._arrive, receiver, packet)
        if (
            packet.protocol == "udp"
            and link.duplicate
            and chance() < link.duplicate
            and happens("duplicated")
        ):
            self.scheduler.call_at(when + chance() * link.latency, self._arrive, receiver, packet)

    def _arrive(self, receiver: Host, packet: Packet) -> None:
        if not receiver.up:
            self.trace.note_packet("unheard", packet)
            return
        self.trace.note_packet("arrived", packet)
        receiver.kernel.receive(packet)


def _pairs(some: Iterable[str], others: Iterable[str], *, both: bool) -> list[tuple[str, str]]:
    names = list(others)
    pairs = [(one, other) for one in some for other in names]
    for one, other in pairs:
        if one == other:
            raise SimulationError(f"The host {one!r} can't be cut off from itself.")
    return pairs + [(other, one) for one, other in pairs] if both else pairs
