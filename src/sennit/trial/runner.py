"""`TrialRunner`: runs tests in a directory of their own, with a log file, and tells a reporter."""

from __future__ import annotations

import cProfile
import pdb
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sennit.log import Logger, globalLogPublisher, textFileLogObserver
from sennit.trial.postmortem import PostMortem
from sennit.trial.result import StoppingAtFirst, TestResultDecorator, UncleanWarningsReporterWrapper
from sennit.trial.suite import TrialSuite, each_test
from sennit.trial.workspace import workspace

__all__ = ["TrialRunner", "log_to_file"]

_log = Logger()


class TrialRunner:
    """Runs tests.

    Args:
        reporterFactory: Makes a reporter; called with the stream, the form of tracebacks, whether they are
            shown at once, and the publisher of the log.
        mode: `DEBUG`, to run under a debugger; `DRY_RUN`, to tell of all tests that they passed, without
            running them; None to run them.
        logfile: The name of the log file, in the working directory; ``"-"`` for the standard output stream.
        stream: Where the reporter writes.
        profile: Whether to run under a profiler, and write what it saw to ``profile.data``.
        tracebackFormat: The form of tracebacks, as for `Reporter`.
        realTimeErrors: Whether tracebacks are shown at once, too.
        uncleanWarnings: Whether what a test leaves in the reactor is only a warning.
        workingDirectory: The directory that tests run in.
        forceGarbageCollection: Whether garbage is collected before and after each test.
        debugger: What runs tests in the mode `DEBUG`: an object with ``runcall``; None for `pdb`.
        exitFirst: Whether to stop at the first test that fails.
        log: The publisher of the log; None for the process-wide one.
        postMortem: Whether the standard library's debugger is opened where a test failed.
    """

    DEBUG = "debug"
    DRY_RUN = "dry-run"

    reporterFactory: Callable[[Any, str, bool, Any], Any]
    mode: str | None
    logfile: str
    stream: Any
    profile: bool
    uncleanWarnings: bool
    workingDirectory: str
    debugger: Any

    def __init__(
        self,
        reporterFactory: Callable[[Any, str, bool, Any], Any],
        mode: str | None = None,
        logfile: str = "test.log",
        stream: Any = sys.stdout,
        profile: bool = False,
        tracebackFormat: str = "default",
        realTimeErrors: bool = False,
        uncleanWarnings: bool = False,
        workingDirectory: str = "_trial_temp",
        forceGarbageCollection: bool = False,
        debugger: Any = None,
        exitFirst: bool = False,
        log: Any = None,
        postMortem: bool = False,
    ) -> None:
        self.reporterFactory = reporterFactory
        self.mode = mode
        self.logfile = logfile
        self.stream = stream
        self.profile = profile
        self.uncleanWarnings = uncleanWarnings
        self.workingDirectory = workingDirectory
        self.debugger = debugger
        self._traceback_format = tracebackFormat
        self._real_time_errors = realTimeErrors
        self._collects = forceGarbageCollection
        self._exit_first = exitFirst
        self._post_mortem = postMortem
        self._log = globalLogPublisher if log is None else log

    @property
    def tbformat(self) -> str:
        """The form of tracebacks."""
        return self._traceback_format

    @property
    def rterrors(self) -> bool:
        """Whether tracebacks are shown at once, too."""
        return self._real_time_errors

    def run(self, test: Any) -> Any:
        """Run tests.

        Args:
            test: A test, or a suite.

        Returns:
            The reporter, which has summed up.
        """
        return self._run_once(test)

    def runUntilFailure(self, test: Any) -> Any:
        """Run tests over and over, until one fails.

        Args:
            test: A test, or a suite.

        Returns:
            The reporter of the last run.
        """
        count = 0
        while True:
            count += 1
            self.stream.write(f"Test Pass {count}\n")
            result = self._run_once(test)
            if not result.wasSuccessful() or result.testsRun == 0:
                return result

    def _run_once(self, test: Any) -> Any:
        reporter = self.reporterFactory(self.stream, self.tbformat, self.rterrors, self._log)
        plan = getattr(reporter, "plan", None)
        if plan is not None:
            plan(test.countTestCases())
        result = self._wrapped(_Announcing(reporter))
        if self.mode == self.DRY_RUN:
            for each in each_test(test):
                result.startTest(each)
                result.addSuccess(each)
                result.stopTest(each)
            reporter.done()
            return reporter
        suite = TrialSuite([test], self._collects)
        with ExitStack() as around:
            around.enter_context(workspace(self.workingDirectory))
            around.enter_context(log_to_file(self.logfile, self._log))
            if self.profile:
                self._run_profiled(suite, result)
            elif self.mode == self.DEBUG:
                debugger = pdb.Pdb() if self.debugger is None else self.debugger
                debugger.runcall(suite.run, result)
            else:
                suite.run(result)
            reporter.done()
        return reporter

    def _wrapped(self, result: Any) -> Any:
        """Put around a reporter what the options ask for."""
        if self._exit_first:
            result = StoppingAtFirst(result)
        if self._post_mortem:
            result = PostMortem(result)
        if self.uncleanWarnings:
            result = UncleanWarningsReporterWrapper(result)
        return result

    def _run_profiled(self, suite: TrialSuite, result: Any) -> None:
        """Run under a profiler, and write what it saw beside the log."""
        profiler = cProfile.Profile()
        data = Path("profile.data").absolute()
        try:
            profiler.runcall(suite.run, result)
        finally:
            profiler.dump_stats(data)


@contextmanager
def log_to_file(name: str, publisher: Any) -> Iterator[None]:
    """Return a context manager: during its block, the events of a publisher are written to a file.

    Args:
        name: The file's path, in the current directory of the moment; ``"-"`` for the standard output stream.
        publisher: The publisher.
    """
    path = Path(name)
    if name != "-":
        path.parent.mkdir(parents=True, exist_ok=True)
    file = sys.stdout if name == "-" else path.open("a", encoding="utf-8")
    observer = textFileLogObserver(file)
    publisher.addObserver(observer)
    file.write(time.strftime("%Y-%m-%d %H:%M:%S%z [-] Log opened.\n"))
    try:
        yield
    finally:
        publisher.removeObserver(observer)
        if file is not sys.stdout:
            file.close()


class _Announcing(TestResultDecorator):
    """Has the log say which test begins.

    Args:
        original: Who is told.
    """

    def startTest(self, test: Any) -> None:
        """Say it, and hand on that the test begins."""
        _log.info("--> {test} <--", test=test.id())
        self.original.startTest(test)
