"""The rules for a set of workers: who is started when, who retires, what follows a death.

This knows neither processes nor sockets: `Worker` is what it asks of a process, and it is told what
happened.  Time comes from the clock that it is given.

- The workers of the current generation are as many as were asked for; one that dies is replaced, at once
  the first time, later and later when they die young.
- A renewal begins a new generation.  It becomes the current one when all of it is ready, and only then do
  the older ones retire.  When one of it dies first, the renewal has failed: the new ones are ended, and the
  current ones go on.
- Who has been told to end is killed when it takes too long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sennit.core.deferred import Deferred
from sennit.log import Logger

__all__ = ["Place", "Pool", "StartError", "Worker"]

_log = Logger()

_OLD_ENOUGH = 10.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_EXTRA = 5.0


class StartError(Exception):
    """A worker ended, or took too long, before it served."""


class Worker(Protocol):
    """A process that may be told to end."""

    @property
    def pid(self) -> int | None:
        """Its number."""

    def retire(self) -> None:
        """Have it end in favour of others."""

    def stop(self) -> None:
        """Have it end, with grace."""

    def kill(self) -> None:
        """End it."""


class Place:
    """One worker, and what is known of it.

    Attributes:
        number: Which of the workers, from 1 on.
        generation: Which generation it is of, from 1 on.
        begun: When it was started.
        ready: Whether it serves, or did.
        leaving: Whether it was told to end.
        worker: The process; None when there could be none.
    """

    def __init__(self, number: int, generation: int, begun: float) -> None:
        self.number = number
        self.generation = generation
        self.begun = begun
        self.ready = False
        self.leaving = False
        self.timer: Any = None
        self.worker: Worker | None = None

    def end_timer(self) -> None:
        """Wait for it no more."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None


class Pool:
    """The workers.

    Args:
        clock: An `IReactorTime`.
        count: How many.
        start: Called with the place, which it hands back to `is_ready` and `ended`, and which tells the
            worker's number and generation; returns the `Worker`.
        grace: Seconds that a worker may take to end.
        start_timeout: Seconds that it may take until it serves.
        renewed: Called when a renewal is through, with None or with what went wrong.
    """

    def __init__(
        self,
        clock: Any,
        count: int,
        start: Callable[[Place], Worker],
        *,
        grace: float = 30.0,
        start_timeout: float = 60.0,
        renewed: Callable[[str | None], object],
    ) -> None:
        self._clock = clock
        self._count = count
        self._start = start
        self._grace = grace
        self._start_timeout = start_timeout
        self._renewed = renewed
        self._places: list[Place] = []
        self._newest = 0
        self._renewing = False
        self._again = False
        self._young_deaths = 0
        self._refills: list[Any] = []
        self._begun: Deferred[None] | None = None
        self._stopped: Deferred[None] | None = None
        self.generation = 0

    def workers(self) -> list[Place]:
        """Return all that live, those that leave included."""
        return list(self._places)

    def begin(self) -> Deferred[None]:
        """Start the first workers.

        Returns:
            A Deferred that fires when all of them are ready, or fails with `StartError`.
        """
        self._begun = Deferred()
        self._new_generation()
        return self._begun

    def renew(self) -> None:
        """Replace all workers by new ones; asked for during a renewal, another one follows it."""
        if self._stopped is not None:
            return
        if self._renewing or (self._begun is not None and not self._begun.called):
            self._again = True
            return
        self._renewing = True
        self._cancel_refills()
        self._new_generation()

    def stop(self) -> Deferred[None]:
        """End all workers, with grace.

        Returns:
            A Deferred that fires when none is left.
        """
        if self._stopped is None:
            self._stopped = Deferred()
            self._cancel_refills()
            for place in self.workers():
                self._dismiss(place, "stop")
            self._check_empty()
        return self._stopped

    def kill(self) -> None:
        """End all workers now."""
        for place in self.workers():
            if place.worker is not None:
                place.worker.kill()

    def is_ready(self, place: Place) -> None:
        """Learn that a worker serves."""
        if place.ready or place.leaving or place not in self._places:
            return
        place.ready = True
        place.end_timer()
        newest = [
            one for one in self._places if one.generation == self._newest and one.ready and not one.leaving
        ]
        if self._newest != self.generation and len(newest) == self._count:
            self._promote()

    def ended(self, place: Place, reason: str) -> None:
        """Learn that a worker's process has ended.

        Args:
            place: The worker.
            reason: How, for the log.
        """
        place.end_timer()
        self._places.remove(place)
        if self._stopped is not None:
            self._check_empty()
        elif place.leaving:
            pass
        elif place.generation != self.generation:
            self._fail(f"Worker {place.number} ended before it served: {reason}")
        else:
            _log.error(
                "Worker {number} (process {pid}) ended: {reason}",
                number=place.number,
                pid=None if place.worker is None else place.worker.pid,
                reason=reason,
            )
            self._refill(place)

    def _new_generation(self) -> None:
        self._newest += 1
        for number in range(1, self._count + 1):
            self._add(number, self._newest)

    def _add(self, number: int, generation: int) -> None:
        place = Place(number, generation, self._clock.seconds())
        self._places.append(place)
        place.timer = self._clock.callLater(self._start_timeout, self._too_slow, place)
        try:
            place.worker = self._start(place)
        except OSError as error:
            self._clock.callLater(0, self.ended, place, str(error))

    def _too_slow(self, place: Place) -> None:
        _log.error("Worker {number} does not serve in time; it is killed.", number=place.number)
        if place.worker is not None:
            place.worker.kill()

    def _promote(self) -> None:
        first = self.generation == 0
        self.generation = self._newest
        for place in self.workers():
            if place.generation != self.generation:
                self._dismiss(place, "retire")
        if first and self._begun is not None:
            self._begun.callback(None)
        else:
            self._end_renewal(None)
        self._go_again()

    def _fail(self, problem: str) -> None:
        failed = self._newest
        if failed == self.generation:
            return
        for place in self.workers():
            if place.generation == failed:
                self._dismiss(place, "stop")
        self._newest = self.generation
        if self.generation == 0:
            if self._begun is not None and not self._begun.called:
                self._begun.errback(StartError(problem))
            return
        self._end_renewal(problem)
        present = {place.number for place in self._places if place.generation == self.generation}
        for number in range(1, self._count + 1):
            if number not in present:
                self._add(number, self.generation)
        self._go_again()

    def _end_renewal(self, problem: str | None) -> None:
        self._renewing = False
        self._renewed(problem)

    def _go_again(self) -> None:
        if self._again:
            self._again = False
            self.renew()

    def _dismiss(self, place: Place, how: str) -> None:
        if place.worker is None or (place.leaving and how == "retire"):
            return
        place.leaving = True
        place.end_timer()
        place.timer = self._clock.callLater(self._grace + _EXTRA, place.worker.kill)
        (place.worker.retire if how == "retire" else place.worker.stop)()

    def _refill(self, dead: Place) -> None:
        if self._renewing:
            # Those who come are for all places; if they fail to, the gap is filled then.
            return
        if dead.ready and self._clock.seconds() - dead.begun >= _OLD_ENOUGH:
            self._young_deaths = 0
        pause = 0.0
        if self._young_deaths:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(self._young_deaths - 1, 10))
        self._young_deaths += 1
        if pause:
            self._refills.append(self._clock.callLater(pause, self._refill_now, dead.number, dead.generation))
        else:
            self._add(dead.number, dead.generation)

    def _refill_now(self, number: int, generation: int) -> None:
        self._refills = [timer for timer in self._refills if timer.active()]
        self._add(number, generation)

    def _cancel_refills(self) -> None:
        for timer in self._refills:
            if timer.active():
                timer.cancel()
        self._refills.clear()

    def _check_empty(self) -> None:
        if not self._places and self._stopped is not None and not self._stopped.called:
            self._stopped.callback(None)
