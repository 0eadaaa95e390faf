"""Workers as a service, for an application whose one part they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sennit.app.service import Service
from sennit.app.workers.parent import supervise
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["WorkersService"]

_log = Logger()


class WorkersService(Service):
    """Keeps workers while it runs; its reactor stops if the first of them cannot serve.

    Args:
        count: How many workers.
        command: What each of them is; None for this process's own command.
        folder: Where they are started; None for this process's own.
        grace: Seconds that a worker may take to end.
        begun: Called once: with None when all serve, or with what went wrong.
    """

    def __init__(
        self,
        count: int,
        *,
        command: Sequence[str] | None = None,
        folder: str | None = None,
        grace: float = 30.0,
        begun: Callable[[str | None], object] | None = None,
    ) -> None:
        self._count = count
        self._command = command
        self._folder = folder
        self._grace = grace
        self._begun = begun
        self._life: Deferred[Any] | None = None

    def startService(self) -> None:
        """Start the workers, when the reactor runs."""
        super().startService()
        current_reactor().callWhenRunning(self._begin)

    def stopService(self) -> Deferred[Any] | None:
        """End the workers, with grace.

        Returns:
            A Deferred that fires when none is left.
        """
        super().stopService()
        life, self._life = self._life, None
        if life is None:
            return None
        life.cancel()
        return life

    def _begin(self) -> None:
        if not self.running:
            return
        coroutine = supervise(
            self._count, command=self._command, folder=self._folder, grace=self._grace, tell=self._tell
        )
        self._life = Deferred.fromCoroutine(coroutine).addErrback(self._failed)

    def _tell(self, line: str) -> None:
        _log.info("{line}", line=line)
        self._report(None)

    def _failed(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        self._life = None
        _log.failure("The workers cannot be kept.", failure)
        self._report(failure.getErrorMessage())
        current_reactor().stop()

    def _report(self, problem: str | None) -> None:
        begun, self._begun = self._begun, None
        if begun is not None:
            begun(problem)
