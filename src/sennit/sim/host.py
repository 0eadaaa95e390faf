"""A simulated host: addresses, a system with sockets, and a loop that runs its programs."""

from __future__ import annotations

import asyncio
import errno
import inspect
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.sim.errors import SimulationError
from sennit.sim.kernel import Kernel
from sennit.sim.loop import HostLoop
from sennit.sim.names import SimulatedResolver
from sennit.sim.processes import Program, SimulatedProcess
from sennit.sim.threads import SimulatedThreads

if TYPE_CHECKING:
    from sennit.sim.network import Network

__all__ = ["Host"]


class Host:
    """A host.

    Args:
        network: Where it is connected.
        name: Its name, by which the others find it.
        addresses: Its addresses.
        failed: Hears of errors that nobody took.

    Attributes:
        up: Whether it runs.
        clock_skew: How many seconds its wall clock is ahead of the others.
        clock_rate: How fast its wall clock goes.
        work_time: Up to how many seconds work in a thread takes.
        lookup: Seconds that looking up a name takes.
        runs: How often it was started.
    """

    def __init__(
        self,
        network: Network,
        name: str,
        addresses: Sequence[str],
        failed: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.network = network
        self.name = name
        self.addresses = list(addresses)
        self.up = False
        self.clock_skew = 0.0
        self.clock_rate = 1.0
        self.work_time = 0.01
        self.lookup = 0.001
        self.runs = 0
        self._failed = failed
        self._programs: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        # What runs, and was not done yet; and what ran when the host ended, kept so that it ends no sooner.
        self.waiting: dict[int, tuple[str, Any]] = {}
        self._ended: list[Any] = []
        self._number = 0
        self._installed: dict[str, Program] = {}
        self._pid = 1
        network.add(self)
        self._boot()

    def _boot(self) -> None:
        from sennit.reactor import Reactor

        self.up = True
        self.runs += 1
        self.kernel = Kernel(self)
        self.loop = HostLoop(self)
        reactor = self.loop.within(Reactor.adopt, self.loop)
        reactor.installNameResolver(SimulatedResolver(self))
        reactor.threadpool = SimulatedThreads(self)
        self.loop.reactor = self.reactor = reactor

    # Programs

    def run(self, program: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Run a program on this host, and again each time it is restarted.

        Args:
            program: Called with the host's reactor and `args`; what it returns (a Deferred, a coroutine, or
                anything) is its result.
            *args: What else it is called with.

        Returns:
            A Deferred of what the program comes to this time.
        """
        self._programs.append((program, args))
        return self._start(program, args)

    def call(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Run a function on this host once; see `run`."""
        return self._start(function, args)

    def _start(self, program: Callable[..., Any], args: tuple[Any, ...]) -> Deferred[Any]:
        if not self.up:
            raise SimulationError(f"The host {self.name!r} is down: restart it first.")
        result: Deferred[Any] = Deferred()
        self.loop.call_soon(self._begin, program, args, result)
        return result

    def _begin(self, program: Callable[..., Any], args: tuple[Any, ...], result: Deferred[Any]) -> None:
        self._number += 1
        number = self._number
        name = getattr(program, "__qualname__", None) or repr(program)

        def begin() -> Any:
            made = program(self.reactor, *args)
            self.waiting[number] = name, made
            return ensureDeferred(made) if inspect.iscoroutine(made) else made

        def done(outcome: Any) -> Any:
            self.waiting.pop(number, None)
            if isinstance(outcome, Failure) and not result.callbacks:
                # Nobody waits for it, so nobody would hear.
                self.failed({"message": f"The program {name} failed", "exception": outcome.value})
                return None
            return outcome

        maybeDeferred(begin).addBoth(done).chainDeferred(result)

    def who_waits(self) -> list[str]:
        """Return a line for each program and task that has not come to its end: who waits, and where."""
        lines = [f"{self.name}: {name}{_place(made)}" for name, made in self.waiting.values()]
        running = [task for task in self.loop.tasks if not task.done()]
        return lines + [f"{self.name}: {task.get_name()}{_place(task.get_coro())}" for task in running]

    def install(self, path: str, program: Program) -> None:
        """Give the host a program that its reactor can spawn.

        Args:
            path: Where it is.
            program: Says what it comes to.
        """
        self._installed[path] = program

    def spawn(self, protocol: Any, executable: Any, args: Sequence[Any]) -> SimulatedProcess:
        """Start a program that the host has.

        Raises:
            FileNotFoundError: If it has none at this path.
        """
        path = os.fsdecode(executable)
        program = self._installed.get(path)
        if program is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._pid += 1
        outcome = program([os.fsdecode(word) for word in args])
        return SimulatedProcess(self, protocol, outcome, self._pid)

    # Faults

    def crash(self) -> None:
        """Lose power: everything is gone, and nobody is told."""
        self._end(resetting=False)

    def kill(self) -> None:
        """Have its process killed: its connections are reset."""
        self._end(resetting=True)

    def stop(self) -> None:
        """End, as a process does."""
        self._end(resetting=True)

    def _end(self, *, resetting: bool) -> None:
        if self.up:
            self.kernel.stop(resetting=resetting)
            self.up = False
            self.loop.within(self.reactor.crash)
            self.loop.close()
            self._ended += [made for _, made in self.waiting.values() if inspect.iscoroutine(made)]
            self._ended += [self.loop, *self.loop.tasks]
            self.waiting.clear()

    def dispose(self) -> None:
        """End for good, with the simulation."""
        self._end(resetting=False)
        for ended in self._ended:
            if isinstance(ended, asyncio.Task):
                # It ends with its host, unfinished, as is its right.
                ended._log_destroy_pending = False  # type: ignore[attr-defined]
                ended = ended.get_coro()  # noqa: PLW2901 - what is to be closed
            if inspect.iscoroutine(ended):
                # What it does in its last moments (a `finally`) has no host to do it on.
                with suppress(BaseException):
                    ended.close()
        self._ended.clear()

    def restart(self) -> None:
        """Start again, with nothing but its name and addresses, and run its programs anew."""
        if self.up:
            self.kill()
        self._boot()
        for program, args in self._programs:
            self._start(program, args)

    def signal(self, number: int) -> None:
        """Send its programs a signal; one that nobody handles kills them."""
        if not self.loop.signal(number):
            self.kill()

    def failed(self, context: dict[str, Any]) -> None:
        """Hear of an error that nobody took."""
        self._failed(self.name, context)

    # What its loop asks

    def work(self, function: Callable[[], object]) -> None:
        """Have work done as a thread would, at a time that the seed chooses."""
        scheduler = self.network.scheduler
        loop = self.loop
        delay = scheduler.random.random() * self.work_time

        def done() -> None:
            if not loop.is_closed():
                loop.call_soon(function)

        scheduler.call_later(delay, done)

    def lookup_time(self) -> float:
        """Return how long the next look-up takes."""
        return self.lookup

    def addresses_of(self, host: Any, port: Any, family: int = 0, kind: int = 0, proto: int = 0) -> list[Any]:
        """Return the addresses of a name, as `socket.getaddrinfo` does.

        Raises:
            socket.gaierror: If there are none.
        """
        name = host.decode() if isinstance(host, bytes) else host or self.name
        literal = ":" in name or name.replace(".", "").isdigit()
        found = [name] if literal else ["127.0.0.1"] if name == "localhost" else self.network.look_up(name)
        results = []
        for address in found:
            own = socket.AF_INET6 if ":" in address else socket.AF_INET
            if family in {0, own}:
                where: Any = (address, int(port or 0))
                end = where if own == socket.AF_INET else (*where, 0, 0)
                results.append((own, kind or socket.SOCK_STREAM, proto or socket.IPPROTO_TCP, "", end))
        if not results:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return results

    def __repr__(self) -> str:
        return f"<Host {self.name} {'up' if self.up else 'down'} {' '.join(self.addresses)}>"


def _place(made: Any) -> str:
    """Say where a coroutine waits."""
    place = ""
    while made is not None:
        frame = getattr(made, "cr_frame", None) or getattr(made, "gi_frame", None)
        if frame is not None:
            place = f", at line {frame.f_lineno} of {frame.f_code.co_qualname}"
        made = getattr(made, "cr_await", None) or getattr(made, "gi_yieldfrom", None)
    return place
