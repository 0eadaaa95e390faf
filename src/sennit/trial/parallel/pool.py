"""`ParallelRunner`: hands tests out to workers, and tells a reporter what comes of them.

What is handed out is a unit: a test, or all tests of a class or a module that have a fixture in common.  What
came of a test is told when it is over, so that the tests of several workers do not mingle.  A worker that
dies is replaced, and the test that it ran has an error.
"""

from __future__ import annotations

import sys
import unittest
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sennit.core.failure import Failure
from sennit.log import globalLogBeginner, globalLogPublisher
from sennit.protocol import ProcessProtocol
from sennit.reactor import Reactor
from sennit.trial.options import Settings
from sennit.trial.outcome import makeTodo
from sennit.trial.parallel.wire import Messages, keys_of, pack_failure, unpack_failure
from sennit.trial.runner import log_to_file
from sennit.trial.suite import TestHolder, each_test
from sennit.trial.workspace import workspace

__all__ = ["ParallelRunner", "WorkerEndedError", "units"]

_TO_WORKER, _FROM_WORKER = 3, 4
_Key = tuple[str, int]


class WorkerEndedError(Exception):
    """The process of a worker ended while it ran a test."""


class ParallelRunner:
    """Runs tests in several processes.

    Args:
        settings: How; its `jobs` says in how many.
        reporter_factory: Makes a reporter, as for `TrialRunner`.
        launcher: With which arguments Python runs a worker.
        stream: Where the reporter writes.
    """

    def __init__(
        self,
        settings: Settings,
        reporter_factory: Callable[..., Any],
        launcher: Sequence[str],
        stream: Any = sys.stdout,
    ) -> None:
        self._settings = settings
        self._reporter_factory = reporter_factory
        self._launcher = launcher
        self._stream = stream

    def run(self, suite: Any) -> Any:
        """Run the tests of a suite.

        Args:
            suite: The suite, as the settings load it.

        Returns:
            The reporter, which has summed up.
        """
        settings = self._settings
        # Workers load what we load, from where we stand.
        here = Path.cwd()
        path = [str(Path(entry).absolute()) for entry in sys.path]
        tests = list(each_test(suite))
        runnable = [test for test in tests if isinstance(test, unittest.TestCase)]
        keys = dict(zip(keys_of(runnable), runnable, strict=True))
        reporter = self._reporter_factory(
            self._stream, settings.tbformat, settings.rterrors, globalLogPublisher
        )
        plan = getattr(reporter, "plan", None)
        if plan is not None:
            plan(len(runnable))
        with ExitStack() as around:
            directory = around.enter_context(workspace(settings.temp_directory))
            around.enter_context(log_to_file(settings.logfile, globalLogPublisher))
            for test in tests:
                if not isinstance(test, unittest.TestCase):
                    test.run(reporter)
            begin = {"path": path, "settings": asdict(replace(settings, jobs=None, reporter=""))}
            pool = _Pool(reporter, keys, [*self._launcher], begin, here, directory)
            pool.run(min(settings.jobs or 1, len(pool.waiting)))
            reporter.done()
        return reporter

    def runUntilFailure(self, suite: Any) -> Any:
        """Run the tests of a suite over and over, until one fails.

        Returns:
            The reporter of the last run.
        """
        count = 0
        while True:
            count += 1
            self._stream.write(f"Test Pass {count}\n")
            result = self.run(suite)
            if not result.wasSuccessful() or result.testsRun == 0:
                return result


class _Pool:
    """The workers of one run.

    Args:
        reporter: Who is told.
        tests: The tests, by their keys.
        arguments: With which arguments Python runs a worker.
        begin: What a worker is told first.
        start: Where workers begin, and load their tests.
        directory: Where workers have their directories.
    """

    def __init__(
        self,
        reporter: Any,
        tests: dict[_Key, Any],
        arguments: list[str],
        begin: dict[str, Any],
        start: Path,
        directory: Path,
    ) -> None:
        self.reporter = reporter
        self.tests = tests
        self.waiting = deque(units(tests))
        self._arguments = arguments
        self._begin = begin
        self._start = start
        self._directory = directory
        self._workers: set[_Worker] = set()
        self._started = 0
        self._reactor = Reactor()

    def run(self, number: int) -> None:
        """Run all tests with so many workers."""
        if not self.waiting:
            return
        try:
            for _ in range(number):
                self._reactor.callWhenRunning(self.add_worker)
            self._reactor.run()
            if self._reactor.exit_signal is not None:
                self.tell(TestHolder("the run"), [("error", _packed(KeyboardInterrupt("interrupted")))])
        finally:
            self._reactor.close()

    def add_worker(self) -> None:
        """Start a worker."""
        home = self._directory / str(self._started)
        self._started += 1
        home.mkdir()
        worker = _Worker(self, {**self._begin, "directory": str(home)})
        self._workers.add(worker)
        with (home / "out.log").open("wb") as out, (home / "err.log").open("wb") as err:
            self._reactor.spawnProcess(
                worker,
                sys.executable,
                [sys.executable, *self._arguments],
                env=None,
                path=str(self._start),
                childFDs={1: out.fileno(), 2: err.fileno(), _TO_WORKER: "w", _FROM_WORKER: "r"},
                process_group=0,
            )

    def next_unit(self) -> list[_Key] | None:
        """Take a unit that is to be run, if there is one."""
        if self.waiting and not self.reporter.shouldStop:
            return self.waiting.popleft()
        return None

    def worker_ended(self, worker: _Worker, reason: Failure, left: list[_Key], running: _Key | None) -> None:
        """Learn that a worker's process is over.

        Args:
            worker: The worker.
            reason: How it ended.
            left: What it was to run, and has not.
            running: The test that it ran.
        """
        self._workers.discard(worker)
        if running is None and left:
            # It did not even begin: the next worker would fare no better.
            running = left.pop(0)
        if running is not None:
            error = WorkerEndedError(f"The worker ended: {reason.getErrorMessage()}")
            self.tell(self.tests.get(running) or TestHolder(running[0]), [("error", _packed(error))])
        elif not worker.ready:
            name = f"worker in {worker.home}"
            error = WorkerEndedError(f"It ended before it ran a test: {reason.getErrorMessage()}")
            self.tell(TestHolder(name), [("error", _packed(error))])
            # The next would fare no better.
            self.waiting.clear()
        if left:
            self.waiting.appendleft(left)
        if self.waiting and not self.reporter.shouldStop and worker.ready:
            self.add_worker()
        elif not self._workers and self._reactor.running:
            self._reactor.stop()

    def tell(self, test: Any, outcomes: Iterable[Sequence[Any]], *, begun: bool = True) -> None:
        """Tell the reporter what came of a test."""
        report = self.reporter
        if begun:
            report.startTest(test)
        whole = test
        for kind, content, *name in outcomes:
            # A part of the test, such as a subtest, goes by its name alone.
            test = TestHolder(name[0]) if name else whole
            if kind == "success":
                report.addSuccess(test)
            elif kind == "error":
                report.addError(test, unpack_failure(content))
            elif kind == "failure":
                report.addFailure(test, unpack_failure(content))
            elif kind == "skip":
                report.addSkip(test, content)
            elif kind == "todo":
                report.addExpectedFailure(test, unpack_failure(content[0]), makeTodo(content[1]))
            elif kind == "done":
                report.addUnexpectedSuccess(test, makeTodo(content))
            elif kind == "duration" and hasattr(report, "addDuration"):
                report.addDuration(test, content)
        if begun:
            report.stopTest(whole)


class _Worker(ProcessProtocol):
    """A worker, as the pool sees it.

    Args:
        pool: The pool.
        begin: What it is told first.

    Attributes:
        ready: Whether it has loaded its tests.
        home: Its directory.
    """

    def __init__(self, pool: _Pool, begin: dict[str, Any]) -> None:
        self.ready = False
        self.home = begin["directory"]
        self._pool = pool
        self._begin = begin
        self._messages = Messages(self._receive)
        self._left: list[_Key] = []
        self._running: _Key | None = None

    # The transport of the messages, which go to a descriptor of their own.
    disconnecting = False

    def write(self, data: bytes) -> None:
        """Write to the worker."""
        self.transport.writeToChild(_TO_WORKER, data)

    def loseConnection(self) -> None:
        """Be rid of a worker that says what it should not."""
        self.transport.signalProcess("KILL")

    def connectionMade(self) -> None:
        """Say what is to be loaded."""
        self._messages.makeConnection(self)
        self._messages.send("begin", self._begin)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Take what the worker says."""
        self._messages.dataReceived(data)

    def processEnded(self, reason: Failure) -> None:
        """Say that this worker is over."""
        self._pool.worker_ended(self, reason, self._left, self._running)

    def _receive(self, kind: str, content: Any) -> None:
        if kind == "ready":
            self.ready = True
            self._hand_out()
        elif kind == "finished":
            self._hand_out()
        elif kind == "started":
            self._running = (content[0], content[1])
            if self._running in self._left:
                self._left.remove(self._running)
        elif kind == "told":
            key = (content["test"][0], content["test"][1])
            test = self._pool.tests.get(key) or TestHolder(key[0])
            if content["begun"]:
                self._running = None
            self._pool.tell(test, content["outcomes"], begun=content["begun"])
        elif kind == "stop":
            self._pool.reporter.stop()
        elif kind == "warning":
            message, category, filename, lineno = content
            globalLogBeginner.showwarning(message, type(category, (Warning,), {}), filename, lineno)

    def _hand_out(self) -> None:
        unit = self._pool.next_unit()
        if unit is None:
            self._left = []
            self._messages.send("end", {})
        else:
            self._left = list(unit)
            self._messages.send("run", unit)


def units(tests: dict[_Key, Any]) -> list[list[_Key]]:
    """Return the tests in units: those that follow each other and share a fixture are one."""

    def fixture(item: tuple[_Key, Any]) -> Any:
        key, test = item
        kind = type(test)
        module = sys.modules.get(kind.__module__)
        if hasattr(module, "setUpModule") or hasattr(module, "tearDownModule"):
            return kind.__module__
        if any(_own(kind, name) for name in ("setUpClass", "tearDownClass")):
            return kind
        return key

    return [[key for key, _ in group] for _, group in groupby(tests.items(), fixture)]


def _own(kind: type, name: str) -> bool:
    """Tell whether a class has a method that is not the standard library's."""
    return getattr(getattr(kind, name), "__func__", None) is not vars(unittest.TestCase)[name].__func__


def _packed(error: BaseException) -> dict[str, Any]:
    return pack_failure(Failure(error))
