"""Supervision: services that are started again when they fail, alone or with those they belong to.

    supervisor = Supervisor(
        [
            Child("store", lambda: ProgramService(["redis-server"])),
            Child("feed", lambda: TaskService(read_the_feed)),
        ],
        strategy="rest-for-one",
    )

Children start in their order and stop in reverse, one after the other, each within its grace.  When one ends
that is to run, the strategy says which start again with it: it alone (``one-for-one``), all
(``one-for-all``), or it and those after it (``rest-for-one``), which are stopped first.  A child is made anew
each time: nothing of the one that failed is left.  More than ``intensity`` restarts within ``period``
seconds mean that restarting does not help: the supervisor stops its children and ends itself, with the
failure, for the supervisor above it to see.

One thing happens at a time: ends that come while others are dealt with wait their turn, and those of
children that have been replaced meanwhile are forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sennit.app.supervised import EndingService
from sennit.core.coroutine import ensureDeferred
from sennit.core.current import current_reactor
from sennit.core.deferred import CancelledError, Deferred, TimeoutError, maybeDeferred
from sennit.core.failure import Failure
from sennit.log import Logger

__all__ = ["Child", "Supervisor", "TooManyRestartsError"]

_log = Logger()

Strategy = Literal["one-for-one", "one-for-all", "rest-for-one"]
Restart = Literal["always", "on-failure", "never"]
_STRATEGIES: Final = ("one-for-one", "one-for-all", "rest-for-one")
_RESTARTS: Final = ("always", "on-failure", "never")


class TooManyRestartsError(Exception):
    """A supervisor's children failed more often than it bears."""


@dataclass(frozen=True)
class Child:
    """A service that is supervised.

    Attributes:
        name: Its name, unique in its supervisor.
        make: Makes the service, anew for each start. If that has ``when_ended()``, as `TaskService`,
            `ProgramService` and `Supervisor` have, its end is noticed; of others, only a failure to start is.
        restart: When it starts again: ``always`` when it ends, ``on-failure``, or ``never``.
        grace: Seconds that it may take to stop; after that its ``kill()`` is called, if it has one.
    """

    name: str
    make: Callable[[], Any]
    restart: Restart = "always"
    grace: float = 5.0

    def __post_init__(self) -> None:
        if self.restart not in _RESTARTS:
            raise ValueError(f"A child is restarted {', '.join(_RESTARTS)}; not {self.restart!r}.")

    def returns(self, reason: Failure | None) -> bool:
        """Return whether it starts again after it ended for this reason."""
        return self.restart == "always" or (self.restart == "on-failure" and reason is not None)


class _Run:
    """One run of a child."""

    __slots__ = ("child", "service", "started")

    def __init__(self, child: Child) -> None:
        self.child = child
        self.service = child.make()
        self.started = False


class Supervisor(EndingService):
    """Runs children, and starts them again as they fail.

    Args:
        children: The children, in the order of their start.
        strategy: Which start again when one does.
        intensity: How many restarts within `period` it bears.
        period: Seconds.
        reactor: What has the time; None for the current reactor.

    Raises:
        ValueError: If the strategy is none, or two children have one name.
    """

    def __init__(
        self,
        children: Iterable[Child],
        *,
        strategy: Strategy = "one-for-one",
        intensity: int = 3,
        period: float = 5.0,
        reactor: Any = None,
    ) -> None:
        super().__init__()
        if strategy not in _STRATEGIES:
            raise ValueError(f"A strategy is one of {', '.join(_STRATEGIES)}; not {strategy!r}.")
        self.children = list(children)
        if len({child.name for child in self.children}) < len(self.children):
            raise ValueError("Children of one supervisor have different names.")
        self.strategy = strategy
        self.intensity = intensity
        self.period = period
        self._clock = reactor
        self._runs: dict[str, _Run] = {}
        self._ends: deque[tuple[_Run, Failure | None]] = deque()
        self._restarts: deque[float] = deque()
        self._work: Deferred[None] | None = None

    @property
    def services(self) -> dict[str, Any]:
        """The services of the children that run, by the children's names."""
        return {name: run.service for name, run in self._runs.items()}

    def privilegedStartService(self) -> None:
        """Make the children, and do what they need privileges for."""
        super().privilegedStartService()
        for child in self.children:
            self._run(child).service.privilegedStartService()

    def startService(self) -> None:
        """Start the children, in their order; each once the one before has started."""
        super().startService()
        self._restarts.clear()
        self._ends.clear()
        self._begin(self._start([child for child in self.children]))  # noqa: C416 - a copy

    def stopService(self) -> Deferred[None]:
        """Stop the children, the last first, each within its grace.

        Returns:
            A Deferred that fires once all have stopped.
        """
        super().stopService()
        if self._work is not None:
            self._work.cancel()
        return ensureDeferred(self._stop(self.children))

    def _run(self, child: Child) -> _Run:
        run = self._runs.get(child.name)
        if run is None:
            run = self._runs[child.name] = _Run(child)
        return run

    def _begin(self, work: Any) -> None:
        self._work = doing = ensureDeferred(work)
        doing.addErrback(lambda reason: None if reason.check(CancelledError) else reason)
        doing.addErrback(lambda reason: _log.failure("A supervisor failed.", failure=reason))
        doing.addCallback(self._worked)

    def _worked(self, _: object) -> None:
        self._work = None
        if self._ends and self.running:
            self._begin(self._deal())

    async def _start(self, children: Iterable[Child]) -> None:
        for child in children:
            try:
                fresh = child.name not in self._runs
                run = self._run(child)
            except Exception:
                self._make_failed(child, Failure())
                continue
            try:
                if fresh:
                    run.service.privilegedStartService()
                run.started = True
                await maybeDeferred(run.service.startService)
            except CancelledError:
                raise
            except Exception:
                self._ended(Failure(), run)
                continue
            when_ended = getattr(run.service, "when_ended", None)
            if when_ended is not None:
                when_ended().addBoth(self._ended, run)

    def _make_failed(self, child: Child, reason: Failure) -> None:
        """Take note of a child that could not even be made, as of one that ended at once."""
        run = _Run.__new__(_Run)
        run.child, run.service, run.started = child, EndingService(), False
        self._runs[child.name] = run
        self._ended(reason, run)

    def _ended(self, result: Any, run: _Run) -> None:
        if not self.running or self._runs.get(run.child.name) is not run:
            return
        self._ends.append((run, result if isinstance(result, Failure) else None))
        if self._work is None:
            self._begin(self._deal())

    async def _deal(self) -> None:
        """Deal with one end."""
        run, reason = self._ends.popleft()
        child = run.child
        if self._runs.get(child.name) is not run:
            return
        if reason is not None:
            _log.failure("{child} failed.", failure=reason, child=child.name)
        if not child.returns(reason):
            await self._stop([child])
            return
        if not self._bears_one_more():
            await self._give_up(child, reason)
            return
        again = [each for each in self._belonging(child) if each.name in self._runs]
        await self._stop(again)
        _log.info("{children} start again.", children=", ".join(each.name for each in again))
        await self._start(again)

    def _belonging(self, child: Child) -> list[Child]:
        if self.strategy == "one-for-all":
            return self.children
        here = self.children.index(child)
        return self.children[here:] if self.strategy == "rest-for-one" else [child]

    def _bears_one_more(self) -> bool:
        now = self._time().seconds()
        while self._restarts and now - self._restarts[0] > self.period:
            self._restarts.popleft()
        self._restarts.append(now)
        return len(self._restarts) <= self.intensity

    async def _give_up(self, child: Child, reason: Failure | None) -> None:
        error = TooManyRestartsError(
            f"{child.name} ended, and that is more than {self.intensity} restarts in {self.period:g} s."
        )
        error.__cause__ = None if reason is None else reason.value
        await self._stop(self.children)
        _log.critical("A supervisor gives up: {error}", error=error)
        self._over(Failure(error))

    async def _stop(self, children: Iterable[Child]) -> None:
        for child in reversed(list(children)):
            run = self._runs.pop(child.name, None)
            if run is not None and run.started:
                await self._stop_one(run)

    async def _stop_one(self, run: _Run) -> None:
        child, clock = run.child, self._time()
        try:
            await maybeDeferred(run.service.stopService).addTimeout(child.grace, clock)
            return
        except TimeoutError:
            _log.warn("{child} did not stop within {grace} s.", child=child.name, grace=child.grace)
        except CancelledError:
            raise
        except Exception:
            _log.failure("{child} failed to stop.", child=child.name)
        kill = getattr(run.service, "kill", None)
        if kill is None:
            return
        ended = run.service.when_ended().addErrback(lambda _: None)
        kill()
        try:
            await ended.addTimeout(child.grace, clock)
        except TimeoutError:
            _log.error("{child} did not even end when killed.", child=child.name)

    def _time(self) -> Any:
        return current_reactor() if self._clock is None else self._clock
