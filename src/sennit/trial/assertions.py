"""Assertions: the standard library's, and more, under all the names they have had."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from types import TracebackType
from typing import Any, NoReturn, Self

from sennit.core.coroutine import ensureDeferred
from sennit.core.failure import Failure
from sennit.core.failure_format import qualified_name
from sennit.trial.outcome import FailTest
from sennit.trial.warned import WarningGiven, collect_warnings, same_file

__all__ = ["Assertions"]

_Kinds = type[BaseException] | tuple[type[BaseException], ...]


def _name(kinds: Any) -> str:
    return str(getattr(kinds, "__name__", kinds))


class _Raising:
    """What `assertRaises` gives to a ``with`` statement.

    Attributes:
        exception: What was raised.
    """

    def __init__(self, kinds: _Kinds, failure_exception: type[AssertionError], msg: object) -> None:
        self._kinds = kinds
        self._failure_exception = failure_exception
        self._msg = msg
        self.exception: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            self.nothing_raised(None)
        self.check(error)
        return True

    def check(self, error: BaseException) -> None:
        """Keep what was raised if it is what was expected."""
        if not isinstance(error, self._kinds):
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise error
            told = Failure(error).getTraceback()
            raise self._failure_exception(
                f"{qualified_name(type(error))} raised instead of {_name(self._kinds)}:\n {told}"
            )
        self.exception = error

    def nothing_raised(self, returned: object) -> NoReturn:
        """Fail because nothing was raised."""
        text = f"{_name(self._kinds)} not raised ({returned!r} returned)"
        raise self._failure_exception(text if self._msg is None else f"{text} : {self._msg}")


class Assertions(unittest.TestCase):
    """The assertions, without the running.  Those that return something return their first argument.

    `msg` says more about what does not hold, or says it in other words.
    """

    failureException: type[AssertionError] = FailTest

    def fail(self, msg: object = None) -> NoReturn:
        """Fail the test."""
        raise self.failureException(msg)

    def assertFalse(self, condition: Any, msg: object = None) -> Any:
        """Fail if `condition` is true."""
        super().assertFalse(condition, msg)
        return condition

    assertNot = failUnlessFalse = assertFalse
    failIf = assertFalse  # type: ignore[assignment]  # takes the arguments by position

    def assertTrue(self, condition: Any, msg: object = None) -> Any:
        """Fail unless `condition` is true."""
        super().assertTrue(condition, msg)
        return condition

    failUnlessTrue = assertTrue
    assert_ = failUnless = assertTrue  # type: ignore[assignment]  # as failIf

    def assertRaises(  # type: ignore[override]  # one signature for the forms of use
        self, exception: _Kinds, f: Callable[..., Any] | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Fail unless a call raises an exception.

        Args:
            exception: The class, or several, that it is to be of.
            f: What to call; None for a context manager, whose block is to raise and whose ``exception`` is
                what was raised.
            args: Positional arguments of `f`.
            kwargs: Keyword arguments of `f`; of the context manager, ``msg``.

        Returns:
            The exception; or the context manager.
        """
        raising = _Raising(exception, self.failureException, kwargs.get("msg") if f is None else None)
        if f is None:
            return raising
        try:
            returned = f(*args, **kwargs)
        except BaseException as error:
            raising.check(error)
            return raising.exception
        return raising.nothing_raised(returned)

    failUnlessRaises = assertRaises  # type: ignore[assignment]  # as failIf

    def assertEqual(self, first: Any, second: Any, msg: object = None) -> Any:
        """Fail unless the two are equal."""
        super().assertEqual(first, second, msg)
        return first

    failUnlessEqual = failUnlessEquals = assertEquals = assertEqual

    def assertNotEqual(self, first: Any, second: Any, msg: object = None) -> Any:
        """Fail if the two are equal."""
        if not first != second:  # noqa: SIM202 -- this operator is what is tested
            self._does_not_hold(msg, f"{first!r} == {second!r}")
        return first

    failIfEqual = failIfEquals = assertNotEquals = assertNotEqual

    def assertIs(self, first: Any, second: Any, msg: object = None) -> Any:
        """Fail unless the two are one object."""
        if first is not second:
            self._does_not_hold(msg, f"{first!r} is not {second!r}")
        return first

    assertIdentical = failUnlessIdentical = assertIs

    def assertIsNot(self, first: Any, second: Any, msg: object = None) -> Any:
        """Fail if the two are one object."""
        if first is second:
            self._does_not_hold(msg, f"{first!r} is {second!r}")
        return first

    assertNotIdentical = failIfIdentical = assertIsNot

    def assertIn(self, containee: Any, container: Any, msg: object = None) -> Any:
        """Fail unless `container` has `containee` in it."""
        if containee not in container:
            self._does_not_hold(msg, f"{containee!r} not in {container!r}")
        return containee

    failUnlessIn = assertIn

    def assertNotIn(self, containee: Any, container: Any, msg: object = None) -> Any:
        """Fail if `container` has `containee` in it."""
        if containee in container:
            self._does_not_hold(msg, f"{containee!r} in {container!r}")
        return containee

    failIfIn = assertNotIn

    def assertAlmostEqual(
        self, first: Any, second: Any, places: int | None = 7, msg: object = None, delta: Any = None
    ) -> Any:
        """Fail unless two numbers are equal when their difference is rounded.

        Args:
            first: A number.
            second: Another.
            places: To how many decimal places the difference is rounded.
            msg: What to say.
            delta: How large the difference may be; `places` has no meaning then.
        """
        super().assertAlmostEqual(first, second, None if delta is not None else places, msg, delta)
        return first

    assertAlmostEquals = failUnlessAlmostEqual = assertAlmostEqual

    def assertNotAlmostEqual(
        self, first: Any, second: Any, places: int | None = 7, msg: object = None, delta: Any = None
    ) -> Any:
        """Fail if two numbers are equal when their difference is rounded; as `assertAlmostEqual`."""
        super().assertNotAlmostEqual(first, second, None if delta is not None else places, msg, delta)
        return first

    assertNotAlmostEquals = failIfAlmostEqual = failIfAlmostEquals = assertNotAlmostEqual

    def assertApproximates(self, first: Any, second: Any, tolerance: Any, msg: object = None) -> Any:
        """Fail if two numbers are further apart than `tolerance`."""
        if abs(first - second) > tolerance:
            self._does_not_hold(msg, f"{first} ~== {second}")
        return first

    failUnlessApproximates = assertApproximates

    def assertSubstring(self, substring: Any, astring: Any, msg: object = None) -> Any:
        """Fail unless `astring` has `substring` in it."""
        return self.assertIn(substring, astring, msg)

    failUnlessSubstring = assertSubstring

    def assertNotSubstring(self, substring: Any, astring: Any, msg: object = None) -> Any:
        """Fail if `astring` has `substring` in it."""
        return self.assertNotIn(substring, astring, msg)

    failIfSubstring = assertNotSubstring

    def assertIsInstance(self, instance: Any, classOrTuple: Any, message: object = None) -> None:
        """Fail unless `instance` is of a class, or of one of several."""
        if not isinstance(instance, classOrTuple):
            text = f"{instance!r} is not an instance of {classOrTuple}"
            self.fail(text if message is None else f"{text}: {message}")

    failUnlessIsInstance = assertIsInstance

    def assertNotIsInstance(self, instance: Any, classOrTuple: Any, msg: object = None) -> None:
        """Fail if `instance` is of a class, or of one of several."""
        if isinstance(instance, classOrTuple):
            text = f"{instance!r} is an instance of {classOrTuple}"
            self.fail(text if msg is None else f"{text}: {msg}")

    failIfIsInstance = assertNotIsInstance

    def assertWarns(  # type: ignore[override]  # this form, and the standard library's beside it
        self,
        category: Any,
        message: Any = None,
        filename: Any = None,
        f: Callable[..., Any] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Fail unless a call gives a warning, or several of one kind.

        Without `f` this is `unittest.TestCase.assertWarns`: a context manager, or a call of `message` with
        what follows it.

        Args:
            category: The warning's class, exactly.
            message: Its text.
            filename: The file that it points to.
            f: What to call.
            args: Positional arguments of `f`.
            kwargs: Keyword arguments of `f`.

        Returns:
            What `f` returns.
        """
        if message is None:
            return super().assertWarns(category, **kwargs)
        if callable(message):
            given = [each for each in (filename, f) if each is not None]
            return super().assertWarns(category, message, *given, *args, **kwargs)
        assert f is not None, "assertWarns with a message wants a function to call."
        seen: list[WarningGiven] = []
        result = collect_warnings(seen.append, (), f, *args, **kwargs)
        if not seen:
            self.fail("No warnings emitted")
        first = seen[0]
        for other in seen[1:]:
            if (other.message, other.category) != (first.message, first.category):
                self.fail("Can't handle different warnings")
        self.assertEqual(first.message, message)
        self.assertIs(first.category, category)
        if not same_file(first.filename, filename):
            self.fail(f"Warning in {first.filename!r}, expected {filename!r}")
        return result

    failUnlessWarns = assertWarns

    def successResultOf(self, deferred: Any) -> Any:
        """Return the result of a Deferred or a coroutine that has one by now.

        Fails if it has none, or a failure.
        """
        deferred = ensureDeferred(deferred)
        results: list[Any] = []
        deferred.addBoth(results.append)
        if not results:
            self.fail(f"Success result expected on {deferred!r}, found no result instead")
        result = results[0]
        if isinstance(result, Failure):
            self.fail(
                f"Success result expected on {deferred!r}, "
                f"found failure result instead:\n{result.getTraceback()}"
            )
        return result

    def failureResultOf(self, deferred: Any, *expectedExceptionTypes: type[BaseException]) -> Failure:
        """Return the failure of a Deferred or a coroutine that has one by now.

        Fails if it has no result, one that is no failure, or a failure of another class.

        Args:
            deferred: The Deferred, or the coroutine.
            expectedExceptionTypes: Of which classes the failure may be; none for any.
        """
        deferred = ensureDeferred(deferred)
        results: list[Any] = []
        deferred.addBoth(results.append)
        if not results:
            self.fail(f"Failure result expected on {deferred!r}, found no result instead")
        result = results[0]
        if not isinstance(result, Failure):
            self.fail(f"Failure result expected on {deferred!r}, found success result ({result!r}) instead")
        if expectedExceptionTypes and not result.check(*expectedExceptionTypes):
            wanted = " or ".join(map(qualified_name, expectedExceptionTypes))
            self.fail(
                f"Failure of type ({wanted}) expected on {deferred!r}, "
                f"found type {result.type!r} instead: {result.getTraceback()}"
            )
        return result

    def assertNoResult(self, deferred: Any) -> None:
        """Fail if a Deferred or a coroutine has a result by now, be it a failure; that is then taken."""
        deferred = ensureDeferred(deferred)
        results: list[Any] = []

        def note(result: Any) -> Any:
            results.append(result)
            return result

        deferred.addBoth(note)
        if results:
            deferred.addErrback(lambda _: None)
            self.fail(f"No result expected on {deferred!r}, found {results[0]!r} instead")

    def _does_not_hold(self, msg: object, text: str) -> NoReturn:
        """Fail with `msg` alone, or with `text` if there is none."""
        raise self.failureException(text if msg is None else msg)
