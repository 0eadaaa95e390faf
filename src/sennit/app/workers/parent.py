"""The parent of workers, on a reactor: processes, descriptors and signals for the rules in `pool`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sennit.app.notifying import Notifier
from sennit.app.workers.member import ENVIRONMENT, RETIRE
from sennit.app.workers.pool import Place, Pool
from sennit.app.workers.sockets import SocketStore, connected_pair
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.protocol import ProcessProtocol

__all__ = ["Parent", "run_workers", "supervise", "this_command"]

_log = Logger()
_LONGEST = 1 << 16


def this_command() -> list[str]:
    """Return the command that this process is: the interpreter, its options, and the program's words."""
    return [sys.executable, *sys.orig_argv[1:]]


def _say_nothing(_line: str) -> None:
    """Say nothing: nobody asked."""


def run_workers(
    count: int,
    *,
    command: Sequence[str] | None = None,
    grace: float = 30.0,
    loop: Any = None,
    tell: Callable[[str], object] = _say_nothing,
) -> bool | None:
    """Be the parent of workers until told to stop, on a reactor made for it: `supervise`, run.

    Args:
        count: How many workers.
        command: What each of them is; None for this process's own command.
        grace: Seconds that a worker may take to end.
        loop: The loop to run on, or its name.
        tell: Takes lines for the one who started this.

    Returns:
        True if all ended within the grace; None if a second signal cut them off.

    Raises:
        StartError: If a worker of the first generation ends before it serves.
    """
    from sennit.reactor import run

    ended_well: bool | None = run(supervise, count, command=command, grace=grace, tell=tell, loop=loop)
    return ended_well


async def supervise(
    count: int,
    *,
    command: Sequence[str] | None = None,
    grace: float = 30.0,
    start_timeout: float = 60.0,
    folder: str | None = None,
    tell: Callable[[str], object] = _say_nothing,
    reactor: Any = None,
) -> bool | None:
    """Keep workers until cancelled, then end them; renew them at SIGHUP.

    Args:
        count: How many workers.
        command: What each of them is; None for this process's own command.
        grace: Seconds that a worker may take to end.
        start_timeout: Seconds that a worker may take until it serves.
        folder: Where workers are started; None for this process's own.
        tell: Takes lines for the one who started this.
        reactor: The reactor; None for the current one.

    Returns:
        True if all ended within the grace; None if the reactor was stopped under them.

    Raises:
        StartError: If a worker of the first generation ends before it serves.
    """
    parent = Parent(
        current_reactor() if reactor is None else reactor,
        count,
        this_command() if command is None else list(command),
        grace,
        start_timeout,
        tell,
        folder,
    )
    return await parent.live()


class Parent:
    """The parent; its arguments are those of `supervise`."""

    def __init__(
        self,
        reactor: Any,
        count: int,
        command: list[str],
        grace: float,
        start_timeout: float,
        tell: Callable[[str], object],
        folder: str | None = None,
    ) -> None:
        self.reactor = reactor
        self.command = command
        self.sockets = SocketStore(reactor)
        self.notifier = Notifier()
        self.passed = _passed_descriptors()
        self.pool = Pool(
            reactor, count, self._start, grace=grace, start_timeout=start_timeout, renewed=self._renewed
        )
        self._count = count
        self._grace = grace
        self._tell = tell
        self.folder = folder
        self._hangup_before: Any = None

    async def live(self) -> bool | None:
        """Keep the workers until cancelled."""
        hangup = getattr(signal, "SIGHUP", None)
        if hangup is not None:
            self._hangup_before = signal.getsignal(hangup)
            self.reactor.loop.add_signal_handler(hangup, self.renew)
        forever: Deferred[None] = Deferred()
        try:
            await self.pool.begin()
            self._tell(f"{self._workers()} ready; SIGHUP to process {os.getpid()} replaces them.")
            self.notifier.ready(f"{self._workers()} ready")
            self.notifier.watch(self.reactor)
            await forever
        except (asyncio.CancelledError, CancelledError):
            self._tell(f"Stopping; what is under way has {self._grace:g} s. A second signal ends it now.")
        finally:
            self.notifier.end_watch()
            self.notifier.stopping()
            try:
                await self.pool.stop()
            finally:
                self.pool.kill()
                self.sockets.close()
                if hangup is not None and not self.reactor.loop.is_closed():
                    self.reactor.loop.remove_signal_handler(hangup)
                    signal.signal(hangup, self._hangup_before)
        return True if self.reactor.running else None

    def renew(self) -> None:
        """Replace the workers; who handled SIGHUP before, to open a log anew, hears of it, too."""
        if callable(self._hangup_before):
            self._hangup_before(signal.SIGHUP, None)
        _log.info("Replacing the workers.")
        self.notifier.reloading()
        self.pool.renew()

    def _renewed(self, problem: str | None) -> None:
        if problem is None:
            self.sockets.forget_before(self.pool.generation)
            self._tell(f"{self._workers()} replaced.")
            self.notifier.ready(f"{self._workers()} replaced")
        else:
            _log.error("The workers go on as they are: {problem}", problem=problem)
            self._tell(f"The workers go on as they are: {problem}")
            self.notifier.ready(problem)

    def _workers(self) -> str:
        return "1 worker" if self._count == 1 else f"{self._count} workers"

    def _start(self, place: Place) -> _Process:
        return _Process(self, place)


class _Process(ProcessProtocol):
    """A worker's process: a `sennit.app.workers.pool.Worker`."""

    def __init__(self, parent: Parent, place: Place) -> None:
        self._parent = parent
        self._place = place
        self._way, theirs = connected_pair()
        self._way.setblocking(False)
        lifeline, self._lifeline = os.pipe()
        # They have numbers that nothing else of the worker's has.
        first = max([2, *parent.passed]) + 1
        environment = {
            **os.environ,
            ENVIRONMENT: f"{first},{first + 1},{place.number},{place.generation}",
        }
        try:
            kept = {number: number for number in (0, 1, 2, *parent.passed)}
            self._child = parent.reactor.spawnProcess(
                self,
                parent.command[0],
                parent.command,
                env=environment,
                path=parent.folder,
                childFDs={**kept, first: theirs.fileno(), first + 1: lifeline},
            )
        except BaseException:
            self._close()
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        self.pid: int | None = self._child.pid
        parent.reactor.loop.add_reader(self._way.fileno(), self._heard)

    def retire(self) -> None:
        with suppress(OSError):
            os.write(self._lifeline, RETIRE)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def processEnded(self, reason: Failure) -> None:
        """Tell the pool."""
        self._parent.reactor.loop.remove_reader(self._way.fileno())
        self._close()
        self._parent.pool.ended(self._place, reason.getErrorMessage())

    def _signal(self, number: int) -> None:
        # Only as long as the number is ours to signal.
        if self._child.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, number)

    def _close(self) -> None:
        self._way.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def _heard(self) -> None:
        try:
            message = json.loads(self._way.recv(_LONGEST))
        except (BlockingIOError, ConnectionError):
            return
        if message.get("ready"):
            self._parent.pool.is_ready(self._place)
            return
        answer, descriptors = self._parent.sockets.answer(message, self._place.generation)
        with suppress(OSError):
            socket.send_fds(self._way, [json.dumps(answer).encode()], descriptors)


def _passed_descriptors() -> list[int]:
    """Return the descriptors above 2 that this process was started with and its children are to have, too."""
    found: list[int] = []
    try:
        names = os.listdir("/dev/fd")  # noqa: PTH208 - numbers, not paths
    except OSError:
        names = []
    for name in names:
        number = int(name)
        with suppress(OSError):
            if number > 2 and os.get_inheritable(number):
                found.append(number)
    return sorted(found)
