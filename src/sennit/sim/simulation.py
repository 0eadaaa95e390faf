"""One simulation: hosts on a network, virtual time, faults, and what to hold true.

A test is given a `Simulation`, puts programs on hosts, breaks things, and lets time go by.  All that
happens comes from the seed: the same seed and the same test give the same trace, octet by octet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.log import formatEvent, globalLogPublisher
from sennit.sim.errors import DeadlockError, SimulationError, TimeLimitError
from sennit.sim.faults import FaultPoints, enter, leave
from sennit.sim.host import Host
from sennit.sim.loop import HostLoop
from sennit.sim.network import Network, Rule
from sennit.sim.scheduler import Scheduler
from sennit.sim.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Simulation"]


class Simulation:
    """A network of hosts, in virtual time.

    Args:
        seed: What all chances come from.
        time_limit: How many seconds of virtual time it may take.
        step_limit: How many turns and timers it may take: a program that never comes to rest is stopped.
        packets: Whether the trace keeps the packets' octets, for `Trace.write_pcap`.

    Attributes:
        seed: As given.
        trace: What happens.
        network: The network.
        errors: Errors that nobody took, those that were logged among them: the name of the host, and what its
            loop was told.
        faults: The fault points of programs, see `maybe`.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        time_limit: float = 86400.0,
        step_limit: int = 20_000_000,
        packets: bool = False,
    ) -> None:
        self.seed = seed
        self.time_limit = time_limit
        self.step_limit = step_limit
        self._scheduler = Scheduler(seed)
        self.trace = Trace(lambda: self._scheduler.now, packets=packets)
        self.faults = FaultPoints(self._scheduler, self.trace)
        self.network = Network(self._scheduler, self.trace, self.faults)
        self.errors: list[tuple[str, dict[str, Any]]] = []
        self._steps = 0

    # Hosts

    def host(self, name: str, *addresses: str) -> Host:
        """Return a host by its name; it is made, and connected to all others, when it is first asked for.

        Args:
            name: The name.
            *addresses: Its addresses, if it is made now: by default one of IPv4 and one of IPv6.
        """
        found = self.network.hosts.get(name)
        if found is None:
            number = len(self.network.hosts) + 1
            given = addresses or (f"10.0.{number // 250}.{number % 250 + 1}", f"fd00::{number + 1:x}")
            found = Host(self.network, name, given, self._host_failed)
            self.trace.note("host", name, *given)
        return found

    @property
    def hosts(self) -> list[Host]:
        """All hosts."""
        return list(self.network.hosts.values())

    def _host_failed(self, name: str, context: dict[str, Any]) -> None:
        self.trace.note("error", name, type(context.get("exception")).__name__)
        self.errors.append((name, context))

    # Time

    @property
    def now(self) -> float:
        """Seconds since the simulation began."""
        return self._scheduler.now

    @property
    def random(self) -> Any:
        """The source of all chances, for a test that wants some of its own."""
        return self._scheduler.random

    def run_until(self, done: Callable[[], bool], *, limit: float | None = None) -> None:
        """Let time go by until something is so.

        Args:
            done: Tells whether it is.
            limit: How many seconds of virtual time that may take.

        Raises:
            DeadlockError: If nothing is left to happen.
            TimeLimitError: If it takes too long.
        """
        end = min(self.time_limit, self.time_limit if limit is None else self.now + limit)
        scheduler = self._scheduler
        with self.active():
            while not done():
                when = scheduler.next_time
                if when is None:
                    raise DeadlockError(self._waiting())
                if when > end:
                    raise TimeLimitError(f"After {end:g} seconds of virtual time it was still not so.")
                self._step()

    def run_for(self, seconds: float) -> None:
        """Let so much time go by."""
        scheduler = self._scheduler
        end = scheduler.now + seconds
        with self.active():
            while (when := scheduler.next_time) is not None and when <= end:
                self._step()
        scheduler.now = max(scheduler.now, end)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > self.step_limit:
            raise TimeLimitError(f"It has not come to rest after {self.step_limit} steps.")
        self._scheduler.step()

    def wait(self, deferred: Deferred[Any], *, limit: float | None = None) -> Any:
        """Let time go by until a Deferred fires.

        Returns:
            Its result.

        Raises:
            DeadlockError: If it can't fire any more.
            TimeLimitError: If it takes too long.
            Exception: What it fails with.
        """
        results: list[Any] = []
        deferred.addBoth(results.append)
        self.run_until(lambda: bool(results), limit=limit)
        if isinstance(results[0], Failure):
            results[0].raiseException()
        return results[0]

    def later(self, delay: float, function: Callable[..., object], *args: Any) -> None:
        """Have something done to the simulation itself, some seconds from now: a fault, say."""
        self._scheduler.call_later(delay, function, *args)

    def sleep(self, seconds: float) -> Deferred[None]:
        """Return a Deferred that fires some seconds from now: what a test awaits to let time go by."""
        waiting: Deferred[None] = Deferred()
        self._scheduler.call_later(seconds, waiting.callback, None)
        return waiting

    def _waiting(self) -> list[str]:
        lines = [line for host in self.hosts for line in host.who_waits()]
        return lines or ["the test itself, and no task of any host"]

    @contextmanager
    def active(self) -> Iterator[None]:
        """Be the simulation whose fault points are asked, and that hears of errors that programs log."""
        before = enter(self.faults)
        globalLogPublisher.addObserver(self._logged)
        try:
            yield
        finally:
            globalLogPublisher.removeObserver(self._logged)
            leave(before)

    def _logged(self, event: dict[str, Any]) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            loop = asyncio._get_running_loop()
            name = loop.host.name if isinstance(loop, HostLoop) else ""
            context = {"message": formatEvent(event), "exception": failure.value}
            self._host_failed(name, context)

    # Faults

    def link(self, one: str, other: str, **changes: Any) -> None:
        """Change what the way between two hosts is like, both ways: see `Link` for what there is."""
        for ends in ((one, other), (other, one)):
            self.network.set_link(*ends, replace(self.network.link(*ends), **changes), both=False)
        self.trace.note("link", one, other, *(f"{key}={value}" for key, value in changes.items()))

    def links(self, **changes: Any) -> None:
        """Change what all ways are like."""
        self.network.change_links(changes)
        self.trace.note("links", *(f"{key}={value}" for key, value in changes.items()))

    def partition(self, one: str | Iterable[str], other: str | Iterable[str], *, both: bool = True) -> None:
        """Let nothing through between some hosts and others; one way only unless `both`."""
        self.trace.note("partition", one, other)
        self.network.cut(_names(one), _names(other), both=both)

    def heal(self, one: str | Iterable[str] = (), other: str | Iterable[str] = ()) -> None:
        """Let everything through again, between some hosts and others or everywhere."""
        self.trace.note("heal", one, other)
        if one and other:
            self.network.mend(_names(one), _names(other))
        else:
            self.network.mend_all()

    def crash(self, name: str) -> None:
        """Let a host lose its power: its connections vanish."""
        self.trace.note("crash", name)
        self._known(name).crash()

    def kill(self, name: str) -> None:
        """Kill a host's process: its connections are reset."""
        self.trace.note("kill", name)
        self._known(name).kill()

    def restart(self, name: str) -> None:
        """Start a host again: its programs are run anew."""
        self.trace.note("restart", name)
        host = self._known(name)
        host.restart()

    def rule(self, rule: Rule) -> Callable[[], None]:
        """Have each packet looked at by a rule; see `Rule`.

        Returns:
            What takes the rule away again.
        """
        return self.network.add_rule(rule)

    def maybe(self, name: str, probability: float = 0.1) -> bool:
        """Say at a fault point of a program whether the fault happens now; see `sennit.sim.maybe`."""
        return self.faults.maybe(name, probability)

    def trouble(
        self,
        names: Iterable[str],
        *,
        every: float = 10.0,
        lasting: float = 5.0,
        kinds: Sequence[str] = ("partition", "crash", "kill"),
        until: float = 60.0,
    ) -> None:
        """Have something happen to one of some hosts now and then, and be mended after a while.

        Args:
            names: The hosts.
            every: Seconds between two faults, on average.
            lasting: Up to how many seconds a fault lasts.
            kinds: What may happen: ``"partition"`` cuts a host off from all others, ``"crash"`` and
                ``"kill"`` end it, and it is restarted.
            until: When it stops: all is mended by this time and `lasting` seconds more.
        """
        hosts = list(names)
        chance = self._scheduler.random
        when = self.now
        while (when := when + chance.expovariate(1 / every)) < until:
            kind, name = chance.choice(list(kinds)), chance.choice(hosts)
            self._scheduler.call_at(when, self._strike, kind, name, chance.random() * lasting)

    def _strike(self, kind: str, name: str, lasting: float) -> None:
        if not self._known(name).up or not self.faults.happens(f"{kind} {name}"):
            return
        if kind == "partition":
            others = [other for other in self.network.hosts if other != name]
            self.partition(name, others)
            self._scheduler.call_later(lasting, self.heal, name, others)
        else:
            end = self.crash if kind == "crash" else self.kill
            end(name)
            self._scheduler.call_later(lasting, self.restart, name)

    def _known(self, name: str) -> Host:
        found = self.network.hosts.get(name)
        if found is None:
            raise SimulationError(f"There is no host {name!r}; there are {', '.join(self.network.hosts)}.")
        return found

    # The end

    def settle(self, limit: float = 3600.0) -> None:
        """Let time go by until nothing is left to happen, or the limit is reached."""
        end = self.now + limit
        with self.active():
            while (when := self._scheduler.next_time) is not None and when <= end:
                self._step()

    def close(self) -> None:
        """End all hosts."""
        for host in self.hosts:
            host.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _names(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
