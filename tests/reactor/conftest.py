"""Reactors on every kind of loop that this machine has, and loops whose time is the test's."""

from __future__ import annotations

import asyncio
import gc
import heapq
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.loops import chosen_loop, loop_params, threaded_loop

from sennit.log.capture import capturedLogs
from sennit.reactor import Reactor


@pytest.fixture(params=loop_params())
def loop_name(request):
    return chosen_loop(request.param)


@pytest.fixture
def threadable_loop_name(loop_name):
    return threaded_loop(loop_name)


@pytest.fixture
def reactor(loop_name):
    reactor = Reactor(loop_name)
    yield reactor
    reactor.close()
    gc.collect()


@pytest.fixture
def logged():
    """Collects the tracebacks' errors, and every message of warning or worse."""
    with capturedLogs() as events:
        yield Logged(events)


class Logged:
    def __init__(self, events):
        self._events = events

    def errors(self):
        return [type(event["log_failure"].value) for event in self._events if "log_failure" in event]

    def texts(self):
        return [event["log_format"].format_map(event) for event in self._events if event.get("log_format")]


class ManualLoop(asyncio.SelectorEventLoop):
    """A loop whose time goes on only when there is nothing to do, and then at once to the next timer."""

    def __init__(self):
        self._moment = 1000.0
        super().__init__()
        # asyncio's own is lost in the rounding of moments some months away.
        self._clock_resolution = 1e-6

    def time(self):
        return self._moment

    def wall_time(self):
        return self._moment + 1_000_000.0

    def advance(self, seconds):
        """Be so much later, as after a callback that took its time."""
        self._moment += seconds

    def _run_once(self):
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise RuntimeError("There is nothing to do, and nothing to wait for.")
            when = heapq.nsmallest(1, self._scheduled)[0].when()
            self._moment = max(self._moment, when)
        super()._run_once()


@pytest.fixture(scope="session")
def manual_loop_class():
    return ManualLoop


@pytest.fixture
def manual_loop():
    loop = ManualLoop()
    yield loop
    loop.close()


@pytest.fixture
def timed(manual_loop):
    """A reactor in the time of `manual_loop`."""
    reactor = Reactor(manual_loop)
    yield reactor
    reactor.close()


@pytest.fixture
def run_for():
    """Run a reactor until a function that it calls first is through, or its Deferred fires."""

    def run(reactor, main):
        box = []

        def start():
            from sennit.core.deferred import maybeDeferred

            def done(result):
                box.append(result)
                reactor.stop()

            maybeDeferred(main).addBoth(done)

        reactor.callWhenRunning(start)
        reactor.run()
        [result] = box
        if hasattr(result, "raiseException"):
            result.raiseException()
        return result

    return run


@pytest.fixture
def no_new_descriptors():
    """A context manager: what it encloses leaves no more open descriptors than there were, or `slack` more.

    What does a thing many times over may be given some slack: a leak shows all the same, and a thread that
    another test left behind may open or close one meanwhile.
    """

    def count():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    @contextmanager
    def check(slack=0):
        before = count()
        yield
        assert count() <= before + slack

    return check
