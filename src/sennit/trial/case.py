"""`SynchronousTestCase`: a test that ends when its method returns.

What a test does beside passing makes it fail: errors that it logs and does not flush, a fixture or a clean-up
that raises.  Warnings that it does not flush are given again when it is over.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import unittest
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.failure_format import qualified_name
from sennit.trial.adapter import reporter_of
from sennit.trial.assertions import Assertions
from sennit.trial.interfaces import ITestCase
from sennit.trial.logged import logged_errors
from sennit.trial.outcome import Todo, makeTodo
from sennit.trial.patching import MonkeyPatcher
from sennit.trial.scratch import new_path
from sennit.trial.warned import WarningGiven, collect_warnings, given_by

__all__ = ["SynchronousTestCase"]

_EXPECTED = "Test expected to fail"


@implementer(ITestCase)
class SynchronousTestCase(Assertions):
    """A class of tests that never wait.

    Attributes of a method, of the class or of the module say more about tests, in this order:
    ``skip``, a reason not to run them; ``todo``, a reason for which they will fail (see `makeTodo`);
    ``suppress``, a list of warnings that are not to be seen (see `sennit.trial.attributes.suppress`).

    Args:
        methodName: The method that is the test.
    """

    skip: Any = None

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._pending_cleanups: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []
        self._given: list[WarningGiven] = []
        self._failed = False
        self._passed = False
        self._interrupted = False

    # A test may be run several times over, so that two of one method are two.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def runTest(self) -> None:
        """Be the test of a case that was made without a method's name, for the sake of its assertions."""

    def shortDescription(self) -> str:
        """Return the first line of the method's docstring; without one, the method's name."""
        return super().shortDescription() or self._testMethodName

    # -- what the test says of itself

    def getSkip(self) -> tuple[bool, str | None]:
        """Return whether the test is to be skipped, and why."""
        for each in self._speakers():
            if getattr(each, "__unittest_skip__", False):
                return True, getattr(each, "__unittest_skip_why__", "")
        reason = self._said("skip", None)
        return reason is not None, reason

    def getTodo(self) -> Todo | None:
        """Return the `Todo` of the test, or None."""
        value = self._said("todo", None)
        if value is not None:
            return makeTodo(value)
        for each in self._speakers():
            if getattr(each, "__unittest_expecting_failure__", False):
                return Todo(_EXPECTED)
        return None

    def _speakers(self) -> list[Any]:
        """Return what may have attributes about the test, the nearest first."""
        return [self._method(), self, sys.modules.get(type(self).__module__)]

    def _suppressed(self) -> Iterable[tuple[tuple[Any, ...], dict[str, Any]]]:
        found: Iterable[tuple[tuple[Any, ...], dict[str, Any]]] = self._said("suppress", ())
        return found

    def _said(self, attribute: str, default: Any) -> Any:
        """Return the value of an attribute that says something about the test, or `default`.

        A function of that name says nothing: modules import ``suppress`` and ``skip``, too.
        """
        for each in self._speakers():
            value = getattr(each, attribute, None)
            if value is not None and not callable(value):
                return value
        return default

    def _method(self) -> Callable[[], Any]:
        method: Callable[[], Any] = getattr(self, self._testMethodName)
        return method

    # -- what a test may use

    def addCleanup(  # type: ignore[override]  # the first argument has a name
        self, f: Callable[..., object], *args: Any, **kwargs: Any
    ) -> None:
        """Have something called when the test is over, before `tearDown`, the last added first.

        What `tearDown` adds is called after it.

        Args:
            f: What to call.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
        """
        self._pending_cleanups.append((f, args, kwargs))

    def patch(self, obj: Any, attribute: str, value: Any) -> MonkeyPatcher:
        """Replace an attribute until the test is over.

        Returns:
            What puts it back earlier, by its ``restore``.
        """
        patcher = MonkeyPatcher((obj, attribute, value))
        patcher.patch()
        self.addCleanup(patcher.restore)
        return patcher

    def mktemp(self) -> str:
        """Return a new path for a file or a directory of this test; the directory it lies in exists."""
        kind = type(self)
        return new_path(kind.__module__, kind.__name__, self._testMethodName)

    def flushLoggedErrors(self, *errorTypes: type[BaseException]) -> list[Failure]:
        """Take what was logged as an error, so that it does not make the test fail.

        Args:
            errorTypes: The classes of what is to be taken; none for all.

        Returns:
            The failures.
        """
        return logged_errors.flush(*errorTypes)

    def flushWarnings(
        self, offendingFunctions: Iterable[Callable[..., Any]] | None = None
    ) -> list[dict[str, Any]]:
        """Take the warnings that were given, so that they are not given again when the test is over.

        Args:
            offendingFunctions: Take those that point into one of these functions; None for all.

        Returns:
            For each a dictionary: ``message``, ``category``, ``filename`` and ``lineno``.
        """
        if offendingFunctions is None:
            taken, self._given[:] = list(self._given), []
        else:
            taken = given_by(self._given, offendingFunctions)
            self._given[:] = [each for each in self._given if each not in taken]
        return [warning._asdict() for warning in taken]

    def callDeprecated(self, version: Any, f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call something, and fail unless it says that it is deprecated, and since when.

        Args:
            version: Since which version; or a pair of that, and what is to be used instead: a name, or a
                thing that has one.
            f: What to call.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Returns:
            What it returns.
        """
        result = f(*args, **kwargs)
        given = self.flushWarnings([self.callDeprecated])
        replacement = None
        if isinstance(version, tuple):
            version, replacement = version
        if not given:
            self.fail(f"{f!r} is not deprecated.")
        text = f"{_dotted(f)} was deprecated in {version.package} {version.public()}"
        if replacement is not None:
            instead = replacement if isinstance(replacement, str) else _dotted(replacement)
            text += f"; please use {instead} instead"
        self.assertEqual(given[0]["message"], text)
        self.assertEqual(given[0]["category"], DeprecationWarning)
        self.assertEqual(len(given), 1, given)
        return result

    def getDeprecatedModuleAttribute(
        self, moduleName: str, name: str, version: Any, message: str | None = None
    ) -> Any:
        """Read a module's attribute, and fail unless that says that it is deprecated, and since when.

        Args:
            moduleName: The module's name.
            name: The attribute's.
            version: Since which version.
            message: How what is said beside that begins.

        Returns:
            The attribute.
        """
        value = getattr(importlib.import_module(moduleName), name)
        given = self.flushWarnings([self.getDeprecatedModuleAttribute])
        self.assertEqual(len(given), 1, f"Reading {moduleName}.{name} gave these warnings: {given}")
        text = f"{moduleName}.{name} was deprecated in {version.package} {version.public()}"
        if message is not None:
            text += f": {message}"
        said = given[0]["message"]
        self.assertTrue(said.startswith(text), f"{said!r} does not begin with {text!r}")
        self.assertEqual(given[0]["category"], DeprecationWarning)
        return value

    # -- running

    def run(self, result: Any = None) -> Any:
        """Run the test.

        Args:
            result: Who is told: an `IReporter`, or a `unittest.TestResult`; None for a new one of these.

        Returns:
            `result`.
        """
        if result is None:
            result = self.defaultTestResult()
        report = reporter_of(result)
        report.startTest(self)
        skip, reason = self.getSkip()
        if skip:
            report.addSkip(self, reason)
            report.stopTest(self)
            return result
        self._failed = self._passed = self._interrupted = False
        self._given = []
        try:
            with logged_errors.watched():
                collect_warnings(self._given.append, self._suppressed(), self._run_stages, report)
            self._give_warnings_again(report)
        finally:
            report.stopTest(self)
        if self._interrupted:
            stop = getattr(result, "stop", None)
            if stop is None:
                raise KeyboardInterrupt
            stop()
        return result

    def _run_stages(self, report: Any) -> None:
        """Run the fixture, the test and the clean-ups, and tell what came of it."""
        todo = self.getTodo()
        if self._stage(self.setUp, report, may_skip=True):
            refusal = self._refusal()
            if refusal is not None:
                self._tell(report, refusal, todo, of_test=True)
            else:
                self._stage(self._method(), report, todo, may_skip=True, of_test=True)
            self.doCleanups(report)
            self._stage(self.tearDown, report)
        self.doCleanups(report)
        self._conclude(report, todo)

    def doCleanups(self, report: Any = None) -> bool:  # type: ignore[override]
        """Call what `addCleanup` was given, the last first; all of it, whatever some of it raises.

        Args:
            report: Who is told of errors; None to raise the first.

        Returns:
            Whether there was none.
        """
        well = True
        while self._pending_cleanups:
            function, args, kwargs = self._pending_cleanups.pop()
            if report is None:
                function(*args, **kwargs)
            else:
                well &= self._stage(partial(function, *args, **kwargs), report)
        return well

    def _stage(
        self,
        function: Callable[[], object],
        report: Any,
        todo: Todo | None = None,
        *,
        may_skip: bool = False,
        of_test: bool = False,
    ) -> bool:
        """Call one part of the test, which may be its method, and tell if it fails."""
        try:
            function()
        except BaseException as error:
            traceback = error.__traceback__
            failure = Failure(error, None, None if traceback is None else traceback.tb_next)
            self._tell(report, failure, todo, may_skip=may_skip, of_test=of_test)
            return False
        self._passed = self._passed or of_test
        return True

    def _tell(
        self,
        report: Any,
        failure: Failure,
        todo: Todo | None = None,
        *,
        may_skip: bool = False,
        of_test: bool = False,
    ) -> None:
        """Tell that a part of the test failed; what does not hold around its method is an error."""
        self._failed = True
        if may_skip and failure.check(unittest.SkipTest):
            arguments = failure.value.args
            if not arguments:
                warnings.warn_explicit(
                    "Do not raise unittest.SkipTest with no arguments! Give a reason for skipping tests!",
                    DeprecationWarning,
                    *_place(failure, self._method()),
                )
            report.addSkip(self, arguments[0] if len(arguments) == 1 else " ".join(map(str, arguments)))
        elif todo is not None and todo.expected(failure):
            report.addExpectedFailure(self, failure, todo)
        elif of_test and failure.check(self.failureException):
            report.addFailure(self, failure)
        else:
            if failure.check(KeyboardInterrupt):
                self._interrupted = True
            report.addError(self, failure)

    def _conclude(self, report: Any, todo: Todo | None) -> None:
        """Tell of errors that were logged; if there were none of any kind, tell that the test passed."""
        collect = getattr(report, "collect", None)
        if collect is not None:
            # Errors that nobody handled come up when what holds them is freed.
            collect()
        for failure in logged_errors.flush():
            self._failed = True
            if todo is not None and todo.expected(failure):
                report.addExpectedFailure(self, failure, todo)
            else:
                report.addError(self, failure)
        if todo is None:
            if not self._failed:
                report.addSuccess(self)
        elif self._passed:
            report.addUnexpectedSuccess(self, todo)

    def _give_warnings_again(self, report: Any) -> None:
        """Give the warnings that were not flushed; where a filter makes errors of them, tell those."""
        for warning in self._given:
            try:
                warning.give_again()
            except Warning:
                report.addError(self, Failure())

    def _refusal(self) -> Failure | None:
        """Say why the method cannot be a test, if it cannot."""
        method = self._method()
        if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
            return _failure_of(f"{method!r} is a generator function and therefore will never run")
        if inspect.iscoroutinefunction(method) and not self._can_wait:
            return _failure_of(
                f"{method!r} is a coroutine function: a SynchronousTestCase does not run it, a TestCase does."
            )
        return None

    _can_wait = False


def _place(failure: Failure, method: Callable[[], Any]) -> tuple[str, int]:
    """Return the file and the line where a failure came up; those of the test if it was not raised."""
    frames = failure.frames
    if frames:
        return frames[-1][1], frames[-1][2] or 0
    code = inspect.unwrap(method).__code__
    return code.co_filename, code.co_firstlineno


def _failure_of(text: str) -> Failure:
    return Failure(TypeError(text))


def _dotted(thing: Any) -> str:
    """Return the module and the name of a function, a method or a class."""
    if isinstance(thing, type):
        return qualified_name(thing)
    function = getattr(thing, "__func__", thing)
    return f"{function.__module__}.{function.__qualname__}"
