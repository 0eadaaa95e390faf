"""A thread that asks a loop whether it turns, and looks at the loop's stack when it does not.

The thread hands the loop a call and measures how long it takes to be made: that is the loop's lag.  When
it takes too long, some callback keeps the loop from turning, and the stack of the loop's thread shows
which: the thread can look at it since whatever blocks lets other threads run.  C code that neither
returns nor does so hides from it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import traceback
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import sennit
from sennit.log import Logger

__all__ = ["BOUNDS", "Blocked", "Lag", "Watchdog"]

_log = Logger()

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""The upper ends of the histogram's classes, in seconds; one more class is for what is longer."""

_KEPT = 20
_OURS = str(Path(sennit.__file__).parent) + os.sep
_TURNING = frozenset({"run_forever", "_run_once", "_run", "_turn"})


@dataclass(slots=True)
class Lag:
    """How long the loop took to answer.

    Attributes:
        counts: How many answers fell into each class.
        total: The sum of all, in seconds.
        longest: The longest, in seconds.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count an answer."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A time in which the loop did not turn.

    Attributes:
        seconds: How long; so far, if it goes on.
        at: When it was noticed, in seconds since the epoch.
        where: The line that was being run, as ``file:line in function: source``.
        callback: What of the program's was called first, as ``file:line in function``.
        stack: All of the stack, as a traceback shows it.
    """

    seconds: float
    at: float
    where: str
    callback: str
    stack: str


class Watchdog:
    """Watches a loop, from `start` to `stop`.

    Args:
        loop: The loop.
        report_after: Seconds without an answer after which the loop is reported as blocked.
        slow: Seconds without an answer after which what runs is remembered among the slowest.
        interval: Seconds between two questions.
        report: Called in the watchdog's thread with what blocks; None to log it as an error.

    Attributes:
        lag: How long the loop takes to answer.
        blocked: What keeps the loop from turning now; None if nothing does.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        report_after: float = 0.5,
        slow: float = 0.1,
        interval: float = 0.05,
        report: Callable[[Blocked], object] | None = None,
    ) -> None:
        self.lag = Lag()
        self.blocked: Blocked | None = None
        self._loop = loop
        self._report_after = report_after
        self._slow = min(slow, report_after)
        self._interval = interval
        self._report = _report if report is None else report
        self._slowest: list[Blocked] = []
        self._answered = threading.Event()
        self._answered_at = 0.0
        self._ended = threading.Event()
        self._watched = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; to be called in the thread of the loop."""
        self._watched = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, name="sennit.watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._answered.set()
        if self._thread is not None:
            self._thread.join()

    def slowest(self) -> list[Blocked]:
        """Return the longest times without a turn, the longest first."""
        return list(self._slowest)

    def _answer(self) -> None:
        self._answered_at = time.perf_counter()
        self._answered.set()

    def _watch(self) -> None:
        while not self._ended.wait(self._interval):
            self._answered.clear()
            if self._ended.is_set():
                # It was to be the last answer.
                return
            asked = time.perf_counter()
            try:
                self._loop.call_soon_threadsafe(self._answer)
            except RuntimeError:
                # The loop was closed.
                return
            if not self._answered.wait(self._slow):
                self._look(asked)
            if not self._ended.is_set():
                self.lag.add(self._answered_at - asked)

    def _look(self, asked: float) -> None:
        noticed = time.time()
        reported = False
        seen: Blocked | None = None
        while True:
            frame = sys._current_frames().get(self._watched)
            if frame is not None and not self._answered.is_set():
                seen = self.blocked = _describe(frame, time.perf_counter() - asked, noticed)
                if not reported and seen.seconds >= self._report_after:
                    reported = True
                    self._report(seen)
            if self._answered.wait(self._interval):
                break
        self.blocked = None
        if seen is not None and not self._ended.is_set():
            length = self._answered_at - asked
            ended = Blocked(length, seen.at, seen.where, seen.callback, seen.stack)
            self._slowest = sorted([*self._slowest, ended], key=lambda one: -one.seconds)[:_KEPT]


def _describe(frame: Any, seconds: float, at: float) -> Blocked:
    stack = traceback.extract_stack(frame)
    own = list(stack)
    for index in range(len(stack) - 1, -1, -1):
        rooms = PurePath(stack[index].filename).parts
        if stack[index].name in _TURNING and ("asyncio" in rooms or "reactor" in rooms):
            own = own[index + 1 :] or own
            break
    last = stack[-1]
    # What the loop calls is ours; what is looked for is what that calls of the program's.
    first = next((one for one in own if not one.filename.startswith(_OURS)), own[0])
    return Blocked(
        seconds,
        at,
        f"{last.filename}:{last.lineno} in {last.name}: {last.line}",
        f"{first.filename}:{first.lineno} in {first.name}",
        "".join(traceback.format_list(own)),
    )


def _report(blocked: Blocked) -> None:
    _log.error(
        "The loop has been blocked for {seconds:.2f} s by {where}\n{stack}",
        seconds=blocked.seconds,
        where=blocked.where,
        stack=blocked.stack,
    )
