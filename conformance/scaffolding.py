"""What Twisted's tests of trial do by private functions, done by ours: make a runner, a loader, a suite."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sennit.trial import session
from sennit.trial.adapter import reporter_of
from sennit.trial.suite import TestDecorator, _CollectingGarbage
from sennit.trial.warned import collect_warnings
from sennit.twisted.scripts.trial_worker import worker_arguments

__all__ = ["CollectingGarbage", "collected", "compose", "make_loader", "make_runner", "suite"]


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
        return super().run(_CollectingGarbage(reporter_of(result)))
