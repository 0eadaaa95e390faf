"""Long work in small steps: iterators that take turns, and leave the reactor time between turns.

A cooperator goes round its tasks in steps.  It stops for breath when its predicate says so (by default
after a hundredth of a second) and goes on where it stopped when the scheduler calls it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, ref

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.failure import Failure

__all__ = [
    "CooperativeTask",
    "Cooperator",
    "NotPaused",
    "SchedulerError",
    "SchedulerStopped",
    "TaskDone",
    "TaskFailed",
    "TaskFinished",
    "TaskStopped",
    "coiterate",
    "cooperate",
]

_I = TypeVar("_I", bound="Iterator[Any]")

_SLICE = 0.01


class SchedulerError(Exception):
    """What was asked of a cooperator or one of its tasks cannot be done."""


class SchedulerStopped(SchedulerError):
    """The cooperator was stopped before the task was done."""


class TaskFinished(SchedulerError):
    """The task has ended already."""


class TaskDone(TaskFinished):
    """The task has ended: it is done."""


class TaskStopped(TaskFinished):
    """The task has ended: it was stopped."""


class TaskFailed(TaskFinished):
    """The task has ended: its iterator raised an exception, or gave a Deferred that failed."""


class NotPaused(SchedulerError):
    """The task is not paused."""


class CooperativeTask(Generic[_I]):
    """One iterator's way through a `Cooperator`; made by `Cooperator.cooperate`."""

    def __init__(self, iterator: _I, cooperator: Cooperator) -> None:
        self._iterator = iterator
        self._cooperator = cooperator
        self._waiters: list[Deferred[_I]] = []
        self._pauses = 0
        self._waiting: Deferred[Any] | None = None
        self._ending: SchedulerError | None = None
        self._outcome: Any = None
        cooperator._add(self)

    def whenDone(self) -> Deferred[_I]:
        """Return a Deferred that fires with the iterator when it is exhausted.

        It fails with `TaskStopped` if the task is stopped, with `SchedulerStopped` if its cooperator is, and
        with what the iterator raises or waits for in vain.
        """
        deferred: Deferred[_I] = Deferred()
        if self._ending is None:
            self._waiters.append(deferred)
        else:
            deferred.callback(self._outcome)
        return deferred

    def pause(self) -> None:
        """Take no more steps until `resume` was called as often as this.

        Raises:
            TaskFinished: If the task has ended.
        """
        self._must_go_on()
        self._pauses += 1
        if self._pauses == 1 and self._waiting is None:
            self._cooperator._remove(self)

    def resume(self) -> None:
        """Undo one `pause`.

        Raises:
            NotPaused: If there is none.
        """
        if self._pauses == 0:
            raise NotPaused
        self._pauses -= 1
        self._go_on()

    def stop(self) -> None:
        """End the task; those who wait for it get `TaskStopped`.

        Raises:
            TaskFinished: If it has ended.
        """
        self._must_go_on()
        self._end(TaskStopped(), Failure(TaskStopped()))

    def _must_go_on(self) -> None:
        if self._ending is not None:
            raise self._ending

    def _go_on(self) -> None:
        if self._pauses == 0 and self._waiting is None and self._ending is None:
            self._cooperator._add(self)

    def _end(self, ending: SchedulerError, outcome: _I | Failure) -> None:
        self._ending = ending
        self._outcome = outcome
        if self._pauses == 0 and self._waiting is None:
            self._cooperator._remove(self)
        waiters, self._waiters = self._waiters, []
        for deferred in waiters:
            deferred.callback(outcome)

    def _step(self) -> None:
        """Ask the iterator for its next value."""
        try:
            value = next(self._iterator)
        except StopIteration:
            self._end(TaskDone(), self._iterator)
        except Exception:
            self._end(TaskFailed(), Failure())
        else:
            if isinstance(value, Deferred):
                self._cooperator._remove(self)
                self._waiting = value
                value.addCallbacks(self._waited, self._waited_in_vain)

    def _waited(self, _: object) -> None:
        self._waiting = None
        self._go_on()

    def _waited_in_vain(self, failure: Failure) -> None:
        if self._ending is None:
            self._end(TaskFailed(), failure)
        self._waiting = None


def _timed_slice() -> Callable[[], bool]:
    """Return a predicate that says whether a hundredth of a second has passed since now."""
    end = monotonic() + _SLICE
    return lambda: monotonic() >= end


def _soon(step: Callable[[], None]) -> Any:
    """Call `step` in the next round of the current reactor."""
    return current_reactor().callLater(0, step)


class Cooperator:
    """Lets iterators take turns.

    Args:
        terminationPredicateFactory: Called at the beginning of each turn for a predicate, which is called
            after each step and ends the turn by returning true.
        scheduler: Called with the function that begins the next turn; returns an object with ``cancel()``.
        started: Whether to begin without waiting for `start`.
    """

    def __init__(
        self,
        terminationPredicateFactory: Callable[[], Callable[[], bool]] = _timed_slice,
        scheduler: Callable[[Callable[[], None]], Any] = _soon,
        started: bool = True,
    ) -> None:
        self._new_predicate = terminationPredicateFactory
        self._scheduler = scheduler
        self._tasks: list[CooperativeTask[Any]] = []
        self._next = 0
        self._scheduled: Any = None
        self._started = started
        self._stopped = False
        self._in_turn = False

    @property
    def running(self) -> bool:
        """Whether the cooperator was started and not stopped since."""
        return self._started and not self._stopped

    def cooperate(self, iterator: _I) -> CooperativeTask[_I]:
        """Begin to go through `iterator`; where it gives a Deferred, it is left alone until that fires.

        Returns:
            The task.
        """
        return CooperativeTask(iterator, self)

    def coiterate(self, iterator: _I, doneDeferred: Deferred[_I] | None = None) -> Deferred[_I]:
        """Begin to go through `iterator`.

        Args:
            iterator: The iterator.
            doneDeferred: The Deferred to fire at the end; by default a new one.

        Returns:
            A Deferred that fires with the iterator when it is exhausted.
        """
        done: Deferred[_I] = Deferred() if doneDeferred is None else doneDeferred
        CooperativeTask(iterator, self).whenDone().chainDeferred(done)
        return done

    def start(self) -> None:
        """Begin to take turns; tasks may have been added before."""
        self._started = True
        self._stopped = False
        self._schedule()

    def stop(self) -> None:
        """End all tasks, and those added later; who waits for them gets `SchedulerStopped`."""
        self._stopped = True
        for task in tuple(self._tasks):
            task._end(SchedulerStopped(), Failure(SchedulerStopped()))
        self._tasks = []
        self._next = 0
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None

    def _add(self, task: CooperativeTask[Any]) -> None:
        if self._stopped:
            task._end(SchedulerStopped(), Failure(SchedulerStopped()))
            return
        # Behind all others: just before the one whose turn is next.
        self._tasks.insert(self._next, task)
        self._next += 1
        self._schedule()

    def _remove(self, task: CooperativeTask[Any]) -> None:
        try:
            at = self._tasks.index(task)
        except ValueError:
            return
        del self._tasks[at]
        if at < self._next:
            self._next -= 1
        if not self._tasks and self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None

    def _schedule(self) -> None:
        if self._started and self._scheduled is None and self._tasks and not self._in_turn:
            self._scheduled = self._scheduler(self._turn)

    def _turn(self) -> None:
        self._scheduled = None
        self._in_turn = True
        try:
            enough = self._new_predicate()
            while self._tasks:
                if self._next >= len(self._tasks):
                    self._next = 0
                task = self._tasks[self._next]
                self._next += 1
                task._step()
                if enough():
                    break
        finally:
            self._in_turn = False
            self._schedule()


_cooperators: WeakKeyDictionary[Any, Cooperator] = WeakKeyDictionary()


def _current_cooperator() -> Cooperator:
    """Return the cooperator of the current reactor."""
    reactor = current_reactor()
    cooperator = _cooperators.get(reactor)
    if cooperator is None:
        weakly = ref(reactor)

        def soon(step: Callable[[], None]) -> Any:
            its_reactor: Any = weakly()
            assert its_reactor is not None, "a reactor that is gone asks for nothing"
            return its_reactor.callLater(0, step)

        cooperator = _cooperators[reactor] = Cooperator(scheduler=soon)
    return cooperator


def cooperate(iterator: _I) -> CooperativeTask[_I]:
    """Go through `iterator` with the current reactor's cooperator; see `Cooperator.cooperate`."""
    return _current_cooperator().cooperate(iterator)


def coiterate(iterator: _I) -> Deferred[_I]:
    """Go through `iterator` with the current reactor's cooperator; see `Cooperator.coiterate`."""
    return _current_cooperator().coiterate(iterator)
