"""Services that can end by themselves: a coroutine, a program; and what they tell a supervisor of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sennit.app.procmon import LoggingProtocol
from sennit.app.service import Service
from sennit.core.coroutine import ensureDeferred
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred, succeed
from sennit.core.errors import ProcessDone, ProcessExitedAlready
from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["EndingService", "ProgramService", "TaskService"]


class EndingService(Service):
    """A service that can end by itself; subclasses call `_over` when it has."""

    def __init__(self) -> None:
        self._waiting: list[Deferred[None]] = []

    def when_ended(self) -> Deferred[None]:
        """Return a Deferred that fires when the service ends: with None or the failure that ended it."""
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def _over(self, reason: Failure | None) -> None:
        self.running = 0
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None) if reason is None else each.errback(reason)


class TaskService(EndingService):
    """Runs a coroutine while it runs; it is cancelled to stop.

    Args:
        main: The coroutine function.
        *args: Its arguments.
        **kwargs: Its keyword arguments.
    """

    def __init__(self, main: Callable[..., Awaitable[object]], *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._main = (main, args, kwargs)
        self._task: Deferred[Any] | None = None

    def startService(self) -> None:
        """Begin the coroutine."""
        super().startService()
        main, args, kwargs = self._main
        task: Deferred[Any] = ensureDeferred(main(*args, **kwargs))  # type: ignore[arg-type]
        self._task = task
        task.addBoth(self._done)

    def _done(self, result: object) -> None:
        self._task = None
        failed = isinstance(result, Failure) and not result.check(CancelledError)
        self._over(result if failed else None)  # type: ignore[arg-type]  # it is one if it failed

    def stopService(self) -> Deferred[None]:
        """Cancel the coroutine.

        Returns:
            A Deferred that fires once it has ended.
        """
        super().stopService()
        if self._task is None:
            return succeed(None)
        ended = self.when_ended()
        ended.addErrback(lambda _: None)  # it was to end; how, who waits besides is told
        self._task.cancel()
        return ended


class ProgramService(EndingService):
    """Runs a program while it runs, and logs what it says; it ends with a failure if its status is not 0.

    Args:
        args: The program, and its arguments after its name.
        env: Its environment; None for this process's.
        cwd: The directory it runs in.
        uid: The user it runs as; None for this process's.
        gid: The group it runs as; None for this process's.
        reactor: The reactor; None for the current one.
    """

    log = Logger()

    def __init__(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        reactor: Any = None,
    ) -> None:
        super().__init__()
        self._args = list(args)
        self._options = {"env": env, "path": cwd, "uid": uid, "gid": gid}
        self._reactor = reactor
        self._protocol: LoggingProtocol | None = None

    def startService(self) -> None:
        """Start the program.

        Raises:
            OSError: If it cannot be started.
        """
        super().startService()
        reactor = current_reactor() if self._reactor is None else self._reactor
        protocol = LoggingProtocol()
        protocol.service, protocol.name = self, self.name or self._args[0]
        reactor.spawnProcess(protocol, self._args[0], self._args, **self._options)
        self._protocol = protocol

    def _monitoredProcessExited(self, name: str, reason: Failure) -> None:
        self._protocol = None
        self._over(None if reason.check(ProcessDone) else reason)

    def stopService(self) -> Deferred[None]:
        """Send SIGTERM.

        Returns:
            A Deferred that fires once the program has ended.
        """
        super().stopService()
        if self._protocol is None:
            return succeed(None)
        ended = self.when_ended()
        ended.addErrback(lambda _: None)  # that a signal ended it is no surprise
        self._signal("TERM")
        return ended

    def kill(self) -> None:
        """Send SIGKILL."""
        self._signal("KILL")

    def _signal(self, name: str) -> None:
        if self._protocol is not None:
            transport: Any = self._protocol.transport
            with suppress(ProcessExitedAlready):
                transport.signalProcess(name)
