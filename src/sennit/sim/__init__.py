"""Deterministic simulation: programs on hosts, in virtual time, on a network that fails as the seed says."""

from __future__ import annotations

from sennit.sim.errors import DeadlockError, NotSimulatedError, SimulationError, TimeLimitError
from sennit.sim.faults import maybe
from sennit.sim.host import Host
from sennit.sim.network import Fate, Link, Network, Rule
from sennit.sim.packets import Packet
from sennit.sim.processes import Outcome
from sennit.sim.runs import SimulationFailed, simulated
from sennit.sim.simulation import Simulation
from sennit.sim.trace import Trace

__all__ = [
    "DeadlockError",
    "Fate",
    "Host",
    "Link",
    "Network",
    "NotSimulatedError",
    "Outcome",
    "Packet",
    "Rule",
    "Simulation",
    "SimulationError",
    "SimulationFailed",
    "TimeLimitError",
    "Trace",
    "maybe",
    "simulated",
]
