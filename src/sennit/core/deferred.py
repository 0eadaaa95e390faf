"""Deferred: a result that is not there yet, and what to do with it when it is.

A Deferred holds a chain of entries, each a tuple ``(callback, errback, more)``.  Firing it runs the
chain: every entry takes the result of the one before, through its callback if that is a value, through
its errback if it is a Failure; None in either place passes the result on.  `more` is None for a plain
pair, a tuple ``(callback args, callback kwargs, errback args, errback kwargs)`` for a pair with
arguments, or one of the markers of `sennit.core.outcome`: somebody else is waiting for the result at
that place, and takes it with him.

Three things can wait: another Deferred, whose callback returned this one; another Deferred given to
`chainDeferred`; and a coroutine.  None of them is run by calling it from here: `Deferred._run` is a loop
over a stack of Deferreds, so a chain of any length uses no more of the Python stack than one callback.

A Failure that reaches the end of the chain, and is still there when the Deferred dies, is reported.
"""

from __future__ import annotations

import asyncio
import traceback
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from inspect import iscoroutine
from types import GeneratorType
from typing import Any, ClassVar, Generic, ParamSpec, TypeAlias, TypeVar, cast

from sennit.core.driver import CoroutineTask, drive_coroutine, running_task
from sennit.core.failure import Failure
from sennit.core.outcome import (
    CHAIN,
    DEFERREDS,
    FAILURES,
    RESUME,
    STILL_CANCELLING,
    WAKE,
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
Entry: TypeAlias = "tuple[Any, Any, Any]"

SUCCESS = True
FAILURE = False

_NO_KEYWORDS: Mapping[str, Any] = {}


class DebugInfo:
    """What is kept beside a Deferred that failed or is debugged; its end is the end of the Deferred."""

    __slots__ = ("created", "failure", "invoked")

    def __init__(self) -> None:
        self.failure: Failure | None = None
        self.created: list[str] | None = None
        self.invoked: list[str] | None = None

    def sites(self) -> str:
        """Say where the Deferred was made and where it was first fired, as far as known."""
        text = ""
        if self.created is not None:
            text += " C: Deferred was created:\n C:"
            text += "\n C:".join("".join(self.created).rstrip().split("\n")) + "\n"
        if self.invoked is not None:
            text += " I: First Invoker was:\n I:"
            text += "\n I:".join("".join(self.invoked).rstrip().split("\n")) + "\n"
        return text

    def __del__(self) -> None:
        failure = self.failure
        if failure is not None:
            self.failure = None
            report_error(failure, "Unhandled error in Deferred:", debugInfo=self.sites())


class Deferred(Generic[_T]):
    """A result that will be there later.

    Args:
        canceller: Called with the Deferred by `cancel`, to stop what would have fired it.  It may fire
            the Deferred itself; if it does not, the Deferred fails with `CancelledError`.

    Attributes:
        called: Whether it was fired.
        result: Once fired, the current result; there is no such attribute before.
        paused: How many more `pause` than `unpause` calls were made.
        debug: Set on the class (see `setDebugging`): whether Deferreds remember where they were made.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_canceller",
        "_chain",
        "_info",
        "_running",
        "called",
        "paused",
        "result",
    )

    debug: ClassVar[bool] = False

    called: bool
    paused: int
    result: Any
    _canceller: Callable[[Deferred[Any]], Any] | None
    _chain: list[Entry]
    _info: DebugInfo | None
    _running: bool

    def __init__(self, canceller: Callable[[Deferred[Any]], None] | None = None) -> None:
        self.called = False
        self.paused = 0
        self._running = False
        self._canceller = canceller
        self._chain = []
        self._info = None
        if Deferred.debug:
            self._info = info = DebugInfo()
            info.created = traceback.format_stack()[:-1]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        DEFERREDS.add(cls)

    # -- the chain

    def addCallbacks(
        self,
        callback: Callable[..., Any] | None,
        errback: Callable[..., Any] | None = None,
        callbackArgs: tuple[Any, ...] | None = (),
        callbackKeywords: Mapping[str, Any] | None = _NO_KEYWORDS,
        errbackArgs: tuple[Any, ...] | None = (),
        errbackKeywords: Mapping[str, Any] | None = _NO_KEYWORDS,
    ) -> Deferred[Any]:
        """Append a pair: one of the two is called with the result, and returns the next result.

        Args:
            callback: Called with a value.
            errback: Called with a Failure.
            callbackArgs: What `callback` is given after the value.
            callbackKeywords: What `callback` is given by name.
            errbackArgs: What `errback` is given after the Failure.
            errbackKeywords: What `errback` is given by name.

        Returns:
            This Deferred.
        """
        if callbackArgs or callbackKeywords or errbackArgs or errbackKeywords:
            more = (callbackArgs or (), callbackKeywords or {}, errbackArgs or (), errbackKeywords or {})
            self._chain.append((callback, errback, more))
        else:
            self._chain.append((callback, errback, None))
        if self.called and not self._running and not self.paused:
            self._run()
        return self

    def addCallback(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `callback` for values; failures pass by it.  See `addCallbacks`."""
        if args or kwargs:
            self._chain.append((callback, None, (args, kwargs, (), {})))
        else:
            self._chain.append((callback, None, None))
        if self.called and not self._running and not self.paused:
            self._run()
        return self

    def addErrback(self, errback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `errback` for failures; values pass by it.  See `addCallbacks`."""
        if args or kwargs:
            self._chain.append((None, errback, ((), {}, args, kwargs)))
        else:
            self._chain.append((None, errback, None))
        if self.called and not self._running and not self.paused:
            self._run()
        return self

    def addBoth(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `callback` for values and failures alike.  See `addCallbacks`."""
        if args or kwargs:
            self._chain.append((callback, callback, (args, kwargs, args, kwargs)))
        else:
            self._chain.append((callback, callback, None))
        if self.called and not self._running and not self.paused:
            self._run()
        return self

    def chainDeferred(self, d: Deferred[Any]) -> Deferred[Any]:
        """Fire `d` with the result of this Deferred, whose own result is None from there on."""
        kind = type(d)
        if kind.callback is Deferred.callback and kind.errback is Deferred.errback:
            self._chain.append((None, d, CHAIN))
            if self.called and not self._running and not self.paused:
                self._run()
            return self
        return self.addCallbacks(d.callback, d.errback)

    # -- firing

    def callback(self, result: Any) -> None:
        """Fire with `result`, and run the chain.

        Raises:
            AlreadyCalledError: If it was fired before.
        """
        if self.called:
            self._called_again()
            return
        self.called = True
        self.result = result
        if self._info is not None:
            self._info.invoked = traceback.format_stack()[:-1]
        if not self.paused and (self._chain or result.__class__ in FAILURES):
            self._run()

    def errback(self, fail: Failure | BaseException | Any | None = None) -> None:
        """Fire with a failure, and run the chain.

        Args:
            fail: A Failure, or an exception to make one of; None takes the exception being handled.

        Raises:
            AlreadyCalledError: If it was fired before.
            NoCurrentExceptionError: If `fail` is None and no exception is being handled.
        """
        if fail.__class__ not in FAILURES:
            fail = Failure(fail)
        self.callback(fail)

    def _called_again(self) -> None:
        if self._canceller is _SWALLOW_NEXT:
            self._canceller = None
            return
        raise AlreadyCalledError(*self._sites())

    def _sites(self) -> tuple[str, ...]:
        return () if self._info is None or not Deferred.debug else ("\n" + self._info.sites(),)

    def _run(self) -> None:
        """Run the chain of this Deferred and of those that this sets going.

        The caller has seen to it that the Deferred is fired, is not paused and does not run already.
        """
        current: Deferred[Any] = self
        stack: list[Deferred[Any]] = []
        while True:
            current._running = True
            result = current.result
            failed = result.__class__ in FAILURES
            if failed and current._info is not None:
                current._info.failure = None
            following: Deferred[Any] | None = None
            entries = iter(current._chain)
            for callback, errback, more in entries:
                if more is None:
                    function = errback if failed else callback
                    if function is None:
                        continue
                    try:
                        result = function(result)
                    except BaseException as error:
                        result = _caught(error)
                elif more.__class__ is tuple:
                    function = errback if failed else callback
                    if function is None:
                        continue
                    try:
                        if failed:
                            result = function(result, *more[2], **more[3])
                        else:
                            result = function(result, *more[0], **more[1])
                    except BaseException as error:
                        result = _caught(error)
                elif more == WAKE:
                    current.result = None
                    following = errback.wake(result, failed)
                    result = None
                    failed = False
                    if following is not None:
                        break
                    continue
                elif more == RESUME:
                    errback.result = result
                    errback.paused -= 1
                    current.result = result = None
                    failed = False
                    if not errback.paused:
                        following = errback
                        break
                    continue
                else:
                    target = errback
                    if target.called:
                        try:
                            target._called_again()
                        except AlreadyCalledError as error:
                            result = _caught(error)
                            failed = True
                        else:
                            result = None
                            failed = False
                        current.result = result
                        continue
                    target.called = True
                    target.result = result
                    current.result = result = None
                    failed = False
                    if not target.paused:
                        following = target
                        break
                    continue
                kind = result.__class__
                failed = kind in FAILURES
                while kind in DEFERREDS:
                    inner: Deferred[Any] = result
                    if not inner.called or inner.paused or inner._running:
                        break
                    result = inner.result
                    kind = result.__class__
                    failed = kind in FAILURES
                    inner.result = None
                    if failed and inner._info is not None:
                        inner._info.failure = None
                current.result = result
                if kind in DEFERREDS:
                    rest = list(entries)
                    problem = current._problem_with_waiting_for(result, rest)
                    entries = iter(rest)
                    if problem is None:
                        current.paused += 1
                        result._chain.append((None, current, RESUME))
                        break
                    current.result = result = problem
                    failed = True
                    following = current
                    break
                if current.paused:
                    break
            current._running = False
            rest = list(entries)
            current._chain = rest
            if failed and not rest and not current.paused:
                info = current._info
                if info is None:
                    current._info = info = DebugInfo()
                info.failure = result
            if following is not None:
                if rest and following is not current:
                    stack.append(current)
                current = following
                continue
            while stack:
                current = stack.pop()
                if not current.paused and not current._running:
                    break
            else:
                return

    def _problem_with_waiting_for(self, inner: Deferred[Any], rest: list[Entry]) -> Failure | None:
        """Say why this Deferred can never resume if it waits for `inner`; None if it can."""
        if inner is self:
            try:
                warnings.warn(
                    "Callback returned the Deferred it was attached to; "
                    "this breaks the callback chain and will raise an exception in the future.",
                    DeprecationWarning,
                    stacklevel=4,
                )
            except DeprecationWarning as error:
                return _caught(error)
            return None
        if not any(more == RESUME for _, _, more in rest):
            return None
        while inner.paused and inner.result.__class__ in DEFERREDS:
            if inner.result is self:
                return Failure(RuntimeError("Deferreds wait for each other in a circle, so none can go on."))
            inner = inner.result
        return None

    # -- holding back

    def pause(self) -> None:
        """Run no more of the chain until `unpause` was called as often as `pause`."""
        self.paused += 1

    def unpause(self) -> None:
        """Undo one `pause`."""
        self.paused -= 1
        if not self.paused and self.called and not self._running:
            self._run()

    def cancel(self) -> None:
        """Ask that there be no result: the Deferred, or the one it waits for, fails with CancelledError.

        After the last callback this does nothing.  If nobody said how to stop what would have fired the
        Deferred, then the next call of `callback` or `errback` is ignored, once.
        """
        if not self.called:
            canceller = self._canceller
            if canceller is None:
                self._canceller = _SWALLOW_NEXT
            elif canceller(self) is STILL_CANCELLING:
                return
            if not self.called:
                keep = self._canceller
                self.errback(CancelledError())
                self._canceller = keep
        elif self.paused and self.result.__class__ in DEFERREDS:
            self.result.cancel()

    # -- awaiting

    def _ready(self) -> bool:
        """Whether there is a result that can be taken now."""
        return self.called and not self.paused and not self._running

    def __await__(self) -> Generator[Any, Any, _T]:
        """Wait for the result in a coroutine, whoever drives it.

        A result that is there already is returned without suspending, and stays in place.
        """
        if not self.called or self.paused or self._running:
            task = running_task()
            if task is None or task.__class__ is CoroutineTask:
                return cast(_T, (yield self))
            return (yield from self._await_in_task(task.get_loop()))
        result = self.result
        if result.__class__ in FAILURES:
            if self._info is not None:
                self._info.failure = None
            result.raiseException()
        return cast(_T, result)

    def _await_in_task(self, loop: asyncio.AbstractEventLoop) -> Generator[Any, Any, _T]:
        future: asyncio.Future[Any] = loop.create_future()
        self.addBoth(_pass_to_future, future)
        try:
            return cast(_T, (yield from future))
        except asyncio.CancelledError:
            self.cancel()
            raise

    __iter__ = __await__

    @classmethod
    def fromCoroutine(cls, coro: Coroutine[Any, Any, _T] | Generator[Any, Any, _T]) -> Deferred[_T]:
        """Run `coro` until it first has to wait, and return a Deferred that fires with its outcome.

        Raises:
            NotACoroutineError: If `coro` is neither a coroutine nor a generator.
        """
        if iscoroutine(coro) or coro.__class__ is GeneratorType:
            return cast("Deferred[_T]", drive_coroutine(Deferred, coro))
        raise NotACoroutineError(f"{coro!r} is not a coroutine")

    @classmethod
    def fromFuture(cls, future: asyncio.Future[_T]) -> Deferred[_T]:
        """Return a Deferred that fires as `future` does; cancelling it cancels the future."""

        def cancel_future(deferred: Deferred[Any]) -> None:
            future.cancel()
            deferred.errback(asyncio.CancelledError())

        deferred = cls(cancel_future)

        def settle(future: asyncio.Future[_T]) -> None:
            if deferred.called:
                return
            try:
                result = future.result()
            except BaseException as error:
                deferred.errback(Failure(error))
            else:
                deferred.callback(result)

        future.add_done_callback(settle)
        return deferred

    def asFuture(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[_T]:
        """Return a future of `loop` with the result of this Deferred, whose own becomes None.

        Cancelling the future cancels the Deferred.
        """
        future: asyncio.Future[_T] = loop.create_future()

        def cancel_deferred(future: asyncio.Future[_T]) -> None:
            if future.cancelled():
                self.cancel()

        self.addBoth(_pass_to_future, future)
        future.add_done_callback(cancel_deferred)
        return future

    # -- time

    def addTimeout(
        self,
        timeout: float,
        clock: Any,
        onTimeoutCancel: Callable[[Any, float], Any] | None = None,
    ) -> Deferred[Any]:
        """Cancel this Deferred if it has no result in time.

        Args:
            timeout: Seconds from now.
            clock: Provides IReactorTime.
            onTimeoutCancel: Called with the result of cancelling and `timeout` if time ran out; what it
                returns is the next result.  By default a CancelledError becomes a `TimeoutError`.

        Returns:
            This Deferred.
        """
        timed_out = False

        def give_up() -> None:
            nonlocal timed_out
            timed_out = True
            self.cancel()

        call = clock.callLater(timeout, give_up)

        def convert(result: Any) -> Any:
            if timed_out:
                return (onTimeoutCancel or _cancelled_to_timed_out)(result, timeout)
            return result

        def stop_clock(result: Any) -> Any:
            if call.active():
                call.cancel()
            return result

        self.addBoth(convert)
        return self.addBoth(stop_clock)

    # -- looking inside

    @property
    def callbacks(self) -> list[Any]:
        """The pairs yet to run, each ``((callback, args, kwargs), (errback, args, kwargs))``."""
        pairs: list[Any] = []
        for callback, errback, more in self._chain:
            if more is None or more.__class__ is tuple:
                args, kwargs, errargs, errkwargs = more or ((), {}, (), {})
                pairs.append(
                    ((callback or passthru, args, kwargs), (errback or passthru, errargs, errkwargs))
                )
            elif more == CHAIN:
                pairs.append(((errback.callback, (), {}), (errback.errback, (), {})))
            else:
                pairs.append(((errback, (), {}), (errback, (), {})))
        return pairs

    def __repr__(self) -> str:
        name = f"{type(self).__name__} at {id(self):#x}"
        if not self.called:
            return f"<{name}>"
        result = self.result
        if self.paused and result.__class__ in DEFERREDS:
            return f"<{name} waiting on {type(result).__name__} at {id(result):#x}>"
        return f"<{name} current result: {result!r}>"


DEFERREDS.add(Deferred)


def _SWALLOW_NEXT(deferred: Deferred[Any]) -> None:
    """Mark a Deferred that was cancelled while nobody could stop what would fire it."""


def _caught(error: BaseException) -> Failure:
    """Make a Failure of what a callback raised, without the frame that called it."""
    tb = error.__traceback__
    error.__traceback__ = None if tb is None else tb.tb_next
    return error if error.__class__ in FAILURES else Failure(error)  # type: ignore[return-value]


def _pass_to_future(result: Any, future: asyncio.Future[Any]) -> None:
    if future.done():
        return
    if result.__class__ in FAILURES:
        error = result.value
        if isinstance(error, StopIteration) or not isinstance(error, BaseException):
            error = RuntimeError(f"The Deferred failed with {error!r}.")
        future.set_exception(error)
    else:
        future.set_result(result)


def _cancelled_to_timed_out(result: Any, timeout: float) -> Any:
    if result.__class__ in FAILURES:
        result.trap(CancelledError)
        raise TimeoutError(timeout, "Deferred")
    return result


def succeed(result: _T) -> Deferred[_T]:
    """Return a Deferred that was fired with `result`."""
    deferred: Deferred[_T] = Deferred()
    deferred.callback(result)
    return deferred


def fail(result: Failure | BaseException | Any | None = None) -> Deferred[Any]:
    """Return a Deferred that has failed with `result`; None takes the exception being handled."""
    deferred: Deferred[Any] = Deferred()
    deferred.errback(result)
    return deferred


def execute(callable: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Deferred[_T]:
    """Call `callable` and return a Deferred with its result or its exception."""
    try:
        result = callable(*args, **kwargs)
    except BaseException:
        return fail()
    return succeed(result)


def maybeDeferred(
    f: Callable[_P, Awaitable[_T] | _T],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> Deferred[_T]:
    """Call `f` and return a Deferred, whatever `f` is: plain, deferred, or a coroutine function."""
    try:
        result: Any = f(*args, **kwargs)
    except BaseException as error:
        return fail(_caught(error))
    if result.__class__ in DEFERREDS:
        return cast("Deferred[_T]", result)
    if iscoroutine(result):
        return Deferred.fromCoroutine(result)
    return succeed(result)


def passthru(arg: _T) -> _T:
    """Return the argument."""
    return arg


def logError(err: Failure) -> Failure:
    """Report `err` and return it: an errback for failures that should be known and still passed on."""
    report_error(err)
    return err


def timeout(deferred: Deferred[Any]) -> None:
    """Fail `deferred` with TimeoutError."""
    deferred.errback(Failure(TimeoutError("Callback timed out")))


def setDebugging(on: bool) -> None:
    """Say whether Deferreds made from now on remember where they were made and fired."""
    Deferred.debug = bool(on)


def getDebugging() -> bool:
    """Whether Deferreds remember where they were made and fired."""
    return Deferred.debug
