"""Simulate hosts that gossip, and tell how long an hour of theirs takes.

``python -m benchmarks.gossip [--hosts 50] [--loss 0.01] [--seconds 3600] [--seed 7]``: each host tells
another, chosen by the seed, once a second what it knows of the others.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from sennit.protocol import DatagramProtocol
from sennit.sim import Simulation
from sennit.task import LoopingCall

_PORT = 7000
_ITEMS = 8


class Gossip(DatagramProtocol):
    """One host's knowledge: for each host, the latest count heard of it."""

    def __init__(self, number: int, chance: Any, addresses: list[str]) -> None:
        self.number = number
        self.chance = chance
        self.addresses = addresses
        self.known = {number: 0}
        self.heard = 0

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        """Learn."""
        self.heard += 1
        for item in datagram.split(b","):
            number, count = map(int, item.split(b"="))
            self.known[number] = max(count, self.known.get(number, -1))

    def tell(self) -> None:
        """Tell somebody."""
        self.known[self.number] += 1
        items = self.chance.sample(sorted(self.known.items()), min(_ITEMS, len(self.known)))
        words = b",".join(b"%d=%d" % item for item in items)
        self.transport.write(words, (self.chance.choice(self.addresses), _PORT))


def main() -> int:
    """Run it, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with Simulation(options.seed) as simulation:
        simulation.links(loss=options.loss)
        hosts = [simulation.host(f"host{number}") for number in range(options.hosts)]
        addresses = [host.addresses[0] for host in hosts]
        gossips = []
        for number, host in enumerate(hosts):

            def program(reactor: Any, number: int = number) -> None:
                gossip = Gossip(number, simulation.random, addresses)
                gossips.append(gossip)
                reactor.listenUDP(_PORT, gossip)
                LoopingCall(gossip.tell).start(1.0)

            host.run(program)
        begun = time.perf_counter()
        simulation.run_for(options.seconds)
        took = time.perf_counter() - begun
        heard = sum(gossip.heard for gossip in gossips)
        assert not simulation.errors, simulation.errors[0]
        assert all(len(gossip.known) == options.hosts for gossip in gossips)
    print(
        f"{options.seconds:g} s of {options.hosts} hosts with {options.loss:.1%} loss took {took:.1f} s: "
        f"{heard} datagrams heard, {simulation.trace.count} events, trace {simulation.trace.digest[:16]}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
