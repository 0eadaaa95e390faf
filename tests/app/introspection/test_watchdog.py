"""What a loop that does not turn is found at."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from tests.loops import LOOPS

import sennit.reactor
from sennit.app.introspection.watchdog import BOUNDS, Lag, Watchdog
from sennit.log import globalLogPublisher
from sennit.reactor import new_loop


@pytest.fixture(params=LOOPS)
def loop(request):
    made = new_loop(request.param)
    yield made
    made.close()


def run(loop, watchdog, main):
    """Run a coroutine function under the watchdog, on a reactor around the loop."""

    async def watched():
        watchdog.start()
        try:
            return await main()
        finally:
            watchdog.stop()

    return sennit.reactor.run(watched, loop=loop)


def block(event):
    event.wait(30)  # blocks here


def test_a_blocked_loop_is_reported_while_it_is_blocked_with_the_line_that_blocks(loop):
    seen = threading.Event()
    reports = []

    def report(blocked):
        # Only now does the callback end: it was reported in the midst of it.
        reports.append(blocked)
        seen.set()

    watchdog = Watchdog(loop, report_after=0.02, slow=0.01, interval=0.005, report=report)

    async def main():
        block(seen)
        while not watchdog.slowest():  # noqa: ASYNC110 - it comes from another thread
            await asyncio.sleep(0.001)

    run(loop, watchdog, main)
    [report] = reports
    assert report.seconds >= 0.02
    assert "in wait" in report.where
    assert "test_watchdog.py" in report.callback
    assert "event.wait(30)  # blocks here" in report.stack
    assert "run_forever" not in report.stack
    [slowest] = watchdog.slowest()
    assert slowest.seconds >= report.seconds
    assert watchdog.blocked is None
    assert watchdog.lag.longest >= report.seconds


def test_a_sleep_is_found_by_its_own_line_within_a_second(loop):
    reported = []
    watchdog = Watchdog(loop, report=lambda blocked: reported.append((time.monotonic(), blocked)))

    async def main():
        begun = time.monotonic()
        while not reported:
            time.sleep(0.7)  # noqa: ASYNC251 - what must not be done
        return begun

    begun = run(loop, watchdog, main)
    [(at, blocked)] = reported
    assert at - begun < 3
    assert "time.sleep(0.7)" in blocked.where


def test_by_default_it_is_logged(loop):
    events = []
    seen = threading.Event()

    def observe(event):
        if event["log_namespace"].endswith("watchdog"):
            events.append(event)
            seen.set()

    watchdog = Watchdog(loop, report_after=0.02, interval=0.005)

    async def main():
        block(seen)

    globalLogPublisher.addObserver(observe)
    try:
        run(loop, watchdog, main)
    finally:
        globalLogPublisher.removeObserver(observe)
    [event] = events
    assert event["log_level"].name == "error"
    assert "blocks here" in event["stack"]


def test_a_loop_that_turns_is_measured_and_not_reported(loop):
    watchdog = Watchdog(loop, report_after=30, slow=30, interval=0.001, report=pytest.fail)

    async def main():
        while sum(watchdog.lag.counts) < 5:  # noqa: ASYNC110 - it comes from another thread
            await asyncio.sleep(0.001)

    run(loop, watchdog, main)
    assert 0 < watchdog.lag.total <= 5 * max(BOUNDS)
    assert watchdog.slowest() == []


def test_an_end_just_before_a_question_is_not_overheard(loop):
    watchdog = Watchdog(loop, slow=30, report_after=30, interval=0.001)

    class StoppedMeanwhile(threading.Event):
        def clear(self):
            watchdog._ended.set()
            self.set()
            super().clear()

    watchdog._answered = StoppedMeanwhile()
    watchdog.start()
    watchdog._thread.join(10)
    assert not watchdog._thread.is_alive()


def test_a_loop_that_is_closed_ends_the_watch():
    loop = new_loop("asyncio")
    watchdog = Watchdog(loop, interval=0.001)
    loop.close()
    watchdog.start()
    watchdog._thread.join(30)
    assert not watchdog._thread.is_alive()


def test_each_time_falls_into_its_class():
    lag = Lag()
    for seconds in (0.0005, 0.001, 0.0011, 7.0):
        lag.add(seconds)
    assert lag.counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert lag.longest == 7.0
