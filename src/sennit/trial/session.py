"""A whole run: from `Settings` to an exit status."""

from __future__ import annotations

import gc
import os
import pdb
import random
import sys
import trace
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from sennit.core.current import default_reactor
from sennit.core.deferred import setDebugging
from sennit.log import globalLogBeginner
from sennit.trial import attributes, spinning
from sennit.trial.loader import TestLoader
from sennit.trial.naming import resolve, source_line
from sennit.trial.options import REPORTERS, Settings, SettingsError
from sennit.trial.runner import TrialRunner
from sennit.trial.suite import DestructiveTestSuite, TestSuite

__all__ = [
    "SettingsError",
    "apply",
    "end_reactor",
    "hide_modules",
    "load",
    "make_loader",
    "make_runner",
    "run_tests",
    "traced",
]


_T = TypeVar("_T")


def run_tests(settings: Settings, launcher: Sequence[str] = ("-m", "sennit.trial.parallel.worker")) -> int:
    """Run tests.

    Args:
        settings: Which, and how.
        launcher: With which arguments Python runs a worker, where several processes are wanted.

    Returns:
        0 if all is well, 1 if not.

    Raises:
        SettingsError: If what is asked for cannot be.
    """
    settings.check()
    apply(settings)
    runner = make_runner(settings, launcher)

    def load_and_run() -> Any:
        suite = load(settings)
        return runner.runUntilFailure(suite) if settings.until_failure else runner.run(suite)

    try:
        if settings.coverage and settings.jobs is None:
            result = traced(load_and_run, Path(settings.temp_directory) / "coverage")
        else:
            result = load_and_run()
    finally:
        end_reactor()
    return 0 if result.wasSuccessful() else 1


def apply(settings: Settings) -> None:
    """Change the process as the settings say; it is to be done before any test is loaded."""
    if not globalLogBeginner.begun:
        # The runner writes the log; what it must not do in a process that is not its own is done here.
        globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    hide_modules(settings.without_modules)
    if settings.disablegc:
        gc.disable()
    if settings.recursionlimit is not None:
        sys.setrecursionlimit(settings.recursionlimit)
    if settings.debug_stacktraces:
        setDebugging(True)
    if settings.timeout is not None:
        attributes.DEFAULT_TIMEOUT_DURATION = settings.timeout
    if settings.loop is not None:
        spinning.loop_name = settings.loop
    if settings.spew:
        sys.settrace(_spew)


def hide_modules(names: Iterable[str]) -> None:
    """Have modules be as if not installed, with a warning where one is loaded already."""
    for name in names:
        if sys.modules.get(name) is not None:
            warnings.warn(
                f"Module {name!r} already imported, disabling anyway.", RuntimeWarning, stacklevel=2
            )
        # None is how Python is told that there is none.
        sys.modules[name] = None  # type: ignore[assignment]


def make_loader(settings: Settings) -> TestLoader:
    """Make a loader that puts tests in order; it makes suites that let go of tests, unless they run again."""
    loader = TestLoader(TestSuite if settings.until_failure else DestructiveTestSuite)
    if settings.random is not None:
        chance = random.Random(settings.random)  # noqa: S311 -- an order, not a secret
        loader.sorter = lambda _: chance.random()
    elif settings.order == "toptobottom":
        loader.sorter = source_line
    return loader


def load(settings: Settings) -> TestSuite:
    """Load the tests that the settings name."""
    return make_loader(settings).loadByNames(settings.tests, recurse=not settings.no_recurse)


def class_of(reporter: Any) -> Callable[..., Any]:
    """Return the class of a reporter.

    Args:
        reporter: Its name among `REPORTERS`, or the dotted name of a class, or that class.

    Raises:
        SettingsError: If there is none.
    """
    if not isinstance(reporter, str):
        return reporter  # type: ignore[no-any-return]
    if reporter in REPORTERS:
        module, name, _ = REPORTERS[reporter]
        reporter = f"{module}.{name}"
    try:
        factory: Callable[..., Any] = resolve(reporter)[0]
    except (ModuleNotFoundError, AttributeError):
        raise SettingsError(f"There is no reporter {reporter!r}; see --help-reporters.") from None
    return factory


def make_runner(settings: Settings, launcher: Sequence[str]) -> Any:
    """Make the runner: one in this process, or one with several of them, which `launcher` runs."""
    factory = class_of(settings.reporter)
    if settings.random is not None:
        sys.stdout.write(f"Running tests shuffled with seed {settings.random}\n\n")
    if settings.jobs is not None and not settings.dry_run:
        from sennit.trial.parallel.pool import ParallelRunner

        return ParallelRunner(settings, factory, launcher)
    mode = TrialRunner.DEBUG if settings.debug else TrialRunner.DRY_RUN if settings.dry_run else None
    return TrialRunner(
        factory,
        mode=mode,
        logfile=settings.logfile,
        profile=settings.profile,
        tracebackFormat=settings.tbformat,
        realTimeErrors=settings.rterrors,
        uncleanWarnings=settings.unclean_warnings,
        workingDirectory=settings.temp_directory,
        forceGarbageCollection=settings.force_gc,
        debugger=_debugger(settings) if settings.debug else None,
        exitFirst=settings.exitfirst,
        postMortem=settings.debug and not settings.nopm,
    )


def _debugger(settings: Settings) -> Any:
    """Return what runs tests under --debug."""
    if settings.debugger is None:
        debugger = pdb.Pdb(readrc=False)
        for file in (Path(".pdbrc"), Path("pdbrc")):
            if file.exists():
                debugger.rcLines.extend(file.read_text(encoding="utf-8").splitlines(keepends=True))
        return debugger
    try:
        found, _ = resolve(settings.debugger)
    except (ModuleNotFoundError, AttributeError):
        raise SettingsError(f"The debugger {settings.debugger} could not be found.") from None
    return found() if isinstance(found, type) else found


def traced(call: Callable[[], _T], directory: Path) -> _T:
    """Make a call, and write which lines were run meanwhile.

    Args:
        call: What to call.
        directory: Where to write a file for each module.

    Returns:
        What it returns.
    """
    target = directory.absolute()
    tracer = trace.Trace(count=1, trace=0)
    try:
        result: _T = tracer.runfunc(call)
        return result
    finally:
        tracer.results().write_results(show_missing=True, summary=False, coverdir=str(target))


def _spew(frame: FrameType, event: str, _: Any) -> Any:
    """Print a call, for `sys.settrace`."""
    if event == "call":
        code = frame.f_code
        sys.stderr.write(f"{os.path.relpath(code.co_filename)}:{frame.f_lineno}: {code.co_qualname}\n")
    return None


def end_reactor() -> None:
    """End the process's own reactor, if it has one, so that its threads do not outlive the run."""
    reactor = default_reactor()
    if reactor is not None and not reactor.running:
        reactor.fireSystemEvent("shutdown")
        reactor.close()
