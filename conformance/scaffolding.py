"""What Twisted's tests of trial do by private functions, done by ours: make a runner, a loader, a suite."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sennit.trial import session
from sennit.trial.adapter import reporter_of
from sennit.trial.suite import CollectingGarbage as CollectingGarbageReporter
from sennit.trial.suite import TestDecorator
from sennit.trial.warned import collect_warnings
from sennit.twisted.scripts.trial_worker import worker_arguments

__all__ = [
    "CollectingGarbage",
    "attach_to_trial",
    "collected",
    "compose",
    "make_loader",
    "make_runner",
    "suite",
]


def make_runner(config: Any) -> Any:
    """Return the runner for what an `Options` has read."""
    return session.make_runner(config.settings(), worker_arguments("default"))


def make_loader(config: Any) -> Any:
    """Return the loader."""
    return session.make_loader(config.settings())


def suite(config: Any) -> Any:
    """Return the tests that are named."""
    return session.load(config.settings())


def compose(*functions: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls others, the last first."""
    return functools.reduce(lambda outer, inner: lambda *args: outer(inner(*args)), functions)


def collected(observe: Callable[[Any], object], function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
    """Call a function, and hand on the warnings that it gives."""
    return collect_warnings(observe, (), function, *args, **kw)


class CollectingGarbage(TestDecorator):
    """A test, with garbage collected before and after it."""

    def run(self, result: Any) -> Any:
        """Run it."""
        return super().run(CollectingGarbageReporter(reporter_of(result)))


def attach_to_trial() -> None:
    """Give our classes the private attributes by which tests look at public behaviour."""
    from sennit.trial.parallel.pool import ParallelRunner
    from sennit.trial.reporters.summary import MinimalReporter, Reporter
    from sennit.trial.reporters.tree import TreeReporter, _segments
    from sennit.trial.result import TestResult, TestResultDecorator
    from sennit.trial.runner import TrialRunner
    from sennit.trial.trimming import interesting

    attributes: dict[type, dict[str, Any]] = {
        TestResultDecorator: {"_originalReporter": property(lambda self: self.original)},
        TestResult: {"_lastTime": property(lambda self: self._last_time)},
        Reporter: {
            "_formatFailureTraceback": lambda self, error: (
                error if isinstance(error, str) else self._traceback(error)
            ),
            "_trimFrames": lambda _, frames: interesting(list(frames), lambda frame: frame[1]),
        },
        MinimalReporter: {"_printSummary": MinimalReporter._write_verdict},
        TreeReporter: {"_getPreludeSegments": lambda _, name: _segments(name)},
        TrialRunner: {
            "_makeResult": lambda self: self._wrapped(
                self.reporterFactory(self.stream, self.tbformat, self.rterrors, self._log)
            ),
            "_exitFirst": property(lambda self: self._exit_first),
        },
        ParallelRunner: {"_maxWorkers": property(lambda self: self._settings.jobs)},
    }
    for kind, names in attributes.items():
        for name, value in names.items():
            setattr(kind, name, value)
