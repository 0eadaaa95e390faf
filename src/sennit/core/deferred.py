"""Deferred: a result that is not there yet, and what to do with it when it is.

How a Deferred runs its callbacks is told in `sennit.core.chain`, how coroutines wait for it in
`sennit.core.driver`.
"""

from __future__ import annotations

import copyreg
from collections.abc import Awaitable, Callable, Container, Coroutine, Generator
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from sennit.core import steps
from sennit.core.chain import Chain
from sennit.core.deferred_face import DeferredFace, passthru
from sennit.core.driver import start_coroutine, start_generator
from sennit.core.failure import FAILURES, NO_VALUES, Failure, caught
from sennit.core.making import make_quickly
from sennit.core.outcome import (
    DEFERREDS,
    AlreadyCalledError,
    AlreadyTryingToLockError,
    CancelledError,
    FailureGroup,
    FirstError,
    NotACoroutineError,
    QueueOverflow,
    QueueUnderflow,
    TimeoutError,
)
from sennit.core.report import report_error
from sennit.core.unhandled import DebugInfo

__all__ = [
    "FAILURE",
    "SUCCESS",
    "AlreadyCalledError",
    "AlreadyTryingToLockError",
    "CancelledError",
    "DebugInfo",
    "Deferred",
    "FailureGroup",
    "FirstError",
    "NotACoroutineError",
    "QueueOverflow",
    "QueueUnderflow",
    "TimeoutError",
    "execute",
    "fail",
    "getDebugging",
    "logError",
    "maybeDeferred",
    "passthru",
    "setDebugging",
    "succeed",
    "timeout",
]

_T = TypeVar("_T")
_P = ParamSpec("_P")

COMPILED = steps.COMPILED

SUCCESS = True
FAILURE = False

_new: Any = Chain.__new__


class _SignatureOfInit:
    """Tells `inspect.signature` what it cannot see of a compiled class."""

    def __get__(self, instance: object, owner: type) -> Any:
        if owner.__init__ is not Chain.__init__:  # type: ignore[misc]
            raise AttributeError("__signature__")
        from inspect import signature

        def deferred(canceller: Callable[[Deferred[Any]], None] | None = None) -> None:
            """Take what `Deferred` does."""

        return signature(deferred)


class Deferred(Chain, DeferredFace[_T]):
    """A result that will be there later.

    Args:
        canceller: Called with the Deferred by `cancel`, to stop what would have fired it.  It may fire
            the Deferred itself; if it does not, the Deferred fails with `CancelledError`.

    Attributes:
        called: Whether it was fired.
        result: Once fired, the current result; there is no such attribute before.
        paused: How many more `pause` than `unpause` calls were made.
        debug: Set on the class by `setDebugging`: whether Deferreds remember where they were made.  Setting
            it by hand does the same, except for what `succeed` makes.
    """

    # Compiled chains have a place for attributes: see ``making.pyx``.
    __slots__ = () if COMPILED else ("__dict__",)

    if TYPE_CHECKING:

        def __await__(self) -> Generator[Any, Any, _T]: ...

    __iter__ = Chain.__await__

    if COMPILED:
        __signature__ = _SignatureOfInit()

        def __reduce__(self) -> tuple[Any, ...]:
            """Be pickled and copied as a class with slots is: Python does not do so for what is compiled."""
            return copyreg.__newobj__, (type(self),), self.__getstate__()  # type: ignore[attr-defined]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        DEFERREDS.add(cls)
        NO_VALUES.add(cls)

    @classmethod
    def fromCoroutine(cls, coro: Coroutine[Any, Any, _T] | Generator[Any, Any, _T]) -> Deferred[_T]:
        """Run `coro` until it first has to wait, and return a Deferred that fires with its outcome.

        Raises:
            NotACoroutineError: If `coro` is neither a coroutine nor a generator.
        """
        if type(coro) is GeneratorType:
            return start_generator(Deferred, coro)
        if isinstance(coro, Coroutine):
            return start_coroutine(Deferred, coro)
        raise NotACoroutineError(f"{coro!r} is not a coroutine")


if "result" not in Chain.__dict__:
    # Compiled chains keep it where only they see it, since a field of theirs is never absent.
    Deferred.result = Chain.__dict__["_shown_result"]
DEFERREDS.add(Deferred)
NO_VALUES.add(Deferred)


def _wait_for(deferred: Any) -> Any:
    """Begin an ``await`` in compiled code: a result that is there already is worth no generator."""
    chain = deferred
    if chain.called and not chain._held and chain._info is None:
        return steps.finished(chain.result)
    return Chain.__await__(chain)


if COMPILED:
    steps.await_by(Deferred, _wait_for)
make_quickly(Deferred)


class _Everything:
    """Contains every class."""

    def __contains__(self, kind: object) -> bool:
        return True


# The classes of results for which `succeed` has more to do than to keep them.
_noteworthy: Container[Any] = FAILURES


def succeed(result: _T) -> Deferred[_T]:
    """Return a Deferred that was fired with `result`."""
    deferred: Any = Chain.__new__(Deferred) if COMPILED else _new(Deferred)
    deferred.called = True
    deferred._held = 0
    deferred._canceller = deferred._chain = deferred._info = None
    deferred.result = result
    if type(result) in _noteworthy:
        if Deferred.debug:
            deferred._remember_sites()
        if type(result) in FAILURES:
            deferred._left_failed(cast(Failure, result))
    return deferred  # type: ignore[no-any-return]


def fail(result: Failure | BaseException | Any | None = None) -> Deferred[Any]:
    """Return a Deferred that has failed with `result`; None takes the exception being handled."""
    return succeed(result if type(result) in FAILURES else Failure(result))


def execute(callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Deferred[_T]:
    """Call `callable` and return a Deferred with its result or its exception.

    A Deferred that `callable` returns is returned as it is; unlike with `maybeDeferred`, a coroutine is
    a result like any other.
    """
    try:
        result = callable(*args, **kwargs)
    except BaseException as error:
        return fail(caught(error))
    return result if type(result) in DEFERREDS else succeed(result)  # type: ignore[return-value]


def maybeDeferred(
    f: Callable[_P, Awaitable[_T] | _T],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> Deferred[_T]:
    """Call `f` and return a Deferred, whatever `f` is: plain, deferred, or a coroutine function."""
    try:
        result: Any = f(*args, **kwargs)
    except BaseException as error:
        return fail(caught(error))
    if type(result) in DEFERREDS:
        return result  # type: ignore[no-any-return]
    if type(result) is CoroutineType:
        return Deferred.fromCoroutine(result)
    return succeed(result)


def logError(err: Failure) -> Failure:
    """Report `err` and return it: an errback for failures that should be known and still passed on."""
    report_error(err)
    return err


def timeout(deferred: Deferred[Any]) -> None:
    """Fail `deferred` with TimeoutError."""
    deferred.errback(Failure(TimeoutError("Callback timed out")))


def setDebugging(on: bool) -> None:
    """Say whether Deferreds made from now on remember where they were made and fired."""
    global _noteworthy
    Deferred.debug = bool(on)
    _noteworthy = _Everything() if on else FAILURES


def getDebugging() -> bool:
    """Whether Deferreds remember where they were made and fired."""
    return Deferred.debug
