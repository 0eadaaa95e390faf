"""What Deferreds are made of: a chain of entries, and the loop that runs it.

A chain's entry is a tuple ``(callback, errback, more)``.  Firing a Deferred runs its
chain: every entry takes the result of the one before, through its callback if that is a value, through
its errback if it is a Failure; None in either place passes the result on.  `more` is None for a plain
pair, a tuple ``(callback args, callback kwargs, errback args, errback kwargs)`` for a pair with
arguments, or one of the markers of `sennit.core.outcome`: somebody else is waiting for the result at
that place, and takes it with him.

Three things can wait: another Deferred, whose callback returned this one; another Deferred given to
`chainDeferred`; and a coroutine.  None of them is run by calling it from here: `Chain._run` is a loop
over a stack of chains, so a chain of any length uses no more of the Python stack than one callback.

A Failure that reaches the end of the chain, and is still there when the Deferred dies, is reported.

This module is compiled where it can be (`sennit.core.native`): ``chain.pxd`` gives the types.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeAlias

from sennit.core import steps
from sennit.core.failure import FAILURES, NO_VALUES, Failure, caught
from sennit.core.futures import await_as_future
from sennit.core.outcome import (
    CHAIN,
    DEFERREDS,
    RUNNING,
    STILL_CANCELLING,
    WAITER,
    AlreadyCalledError,
    CancelledError,
)
from sennit.core.task_face import OWN_TASKS, mark, running_task, stepping
from sennit.core.unhandled import DebugInfo

if TYPE_CHECKING:
    from sennit.core.deferred import Deferred

__all__ = ["Chain", "Waiter"]

Entry: TypeAlias = "tuple[Any, Any, Any]"

COMPILED = steps.COMPILED

_NO_KEYWORDS: Mapping[str, Any] = {}
_NOTHING = object()


class Waiter:
    """What can stand in a chain and take the result there: another chain, or a driver."""

    __slots__ = ()

    def _take(self, result: Any, failed: bool) -> Chain | None:
        """Go on with `result`; return a chain that is to be run for that, if there is one.

        Args:
            result: What was waited for.
            failed: Whether it is a Failure.
        """
        raise AssertionError(self)


class Chain(Waiter):
    """What `sennit.core.deferred.Deferred` does; there it is described."""

    __slots__ = (
        "__weakref__",
        "_canceller",
        "_chain",
        "_held",
        "_info",
        "called",
        "result",
    )

    debug = False

    called: bool
    result: Any
    _canceller: Callable[[Deferred[Any]], Any] | None
    _chain: Any  # what is to run: a list of entries, or the only entry or waiter itself, or None
    _held: int  # the pauses in force, and RUNNING while the chain runs
    _info: DebugInfo | None  # always there when the result is a Failure and the chain does not run

    def __init__(self, canceller: Callable[[Deferred[Any]], None] | None = None) -> None:
        self.called = False
        self._held = 0
        self._canceller = canceller
        self._chain = None
        self._info = None
        if type(self).debug:
            self._remember_sites()

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
            return self._append((callback, errback, more))
        return self._append((callback, errback, None))

    def addCallback(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `callback` for values; failures pass by it.  See `addCallbacks`."""
        entry: Entry = (callback, None, (args, kwargs, (), {}) if args or kwargs else None)
        # What `_append` does, without the call: nearly all that is appended comes this way.
        chain = self._chain
        if chain is None:
            self._chain = entry
        elif type(chain) is list:
            chain.append(entry)
        else:
            self._chain = [_as_entry(chain), entry]
        if self.called and not self._held:
            self._run()
        return self  # type: ignore[return-value]

    def addErrback(self, errback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `errback` for failures; values pass by it.  See `addCallbacks`."""
        return self._append((None, errback, ((), {}, args, kwargs) if args or kwargs else None))

    def addBoth(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Append `callback` for values and failures alike.  See `addCallbacks`."""
        return self._append((callback, callback, (args, kwargs, args, kwargs) if args or kwargs else None))

    def chainDeferred(self, d: Deferred[Any]) -> Deferred[Any]:
        """Fire `d` with the result of this Deferred, whose own result is None from there on."""
        kind = type(d)
        if kind.callback is _callback and kind.errback is _errback:
            return self._append((None, d, CHAIN))
        return self.addCallbacks(d.callback, d.errback)

    def _append(self, entry: Entry) -> Deferred[Any]:
        chain = self._chain
        if chain is None:
            self._chain = entry
        elif type(chain) is list:
            chain.append(entry)
        else:
            self._chain = [_as_entry(chain), entry]
        if self.called and not self._held:
            self._run()
        return self  # type: ignore[return-value]

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
        # It has no more to cancel, and may hold this Deferred in turn.
        self._canceller = None
        if self._info is not None:
            self._remember_sites()
        chain = self._chain
        if chain is None:
            if type(result) in FAILURES:
                self._left_failed(result)
        elif not self._held:
            if type(chain) is tuple or type(chain) is list:
                self._run()
            else:
                self._chain = self.result = None
                waiter: Waiter = chain
                following = waiter._take(result, type(result) in FAILURES)
                if following is not None:
                    following._run()
        # The traceback of an error among the callbacks holds this frame; it must not hold the Deferred too.
        del self

    def errback(self, fail: Failure | BaseException | Any | None = None) -> None:
        """Fire with a failure, and run the chain.

        Args:
            fail: A Failure, or an exception to make one of; None takes the exception being handled.

        Raises:
            AlreadyCalledError: If it was fired before.
            NoCurrentExceptionError: If `fail` is None and no exception is being handled.
        """
        if type(fail) not in FAILURES:
            fail = Failure(fail)
        self.callback(fail)
        del self

    def _called_again(self) -> None:
        if self._canceller is _swallow_next:
            self._canceller = None
            return
        sites = "" if self._info is None else self._info.sites()
        if sites:
            raise AlreadyCalledError("\n" + sites)
        raise AlreadyCalledError

    def _remember_sites(self) -> None:
        """Remember who made the Deferred, and who fired it."""
        if self._info is None:
            self._info = DebugInfo()
            self._info.created()
        if self.called:
            self._info.invoked()

    def _left_failed(self, failure: Failure) -> None:
        """Have `failure` reported if it is still here when this Deferred dies."""
        if self._info is None:
            self._info = DebugInfo()
        self._info.failure = failure

    def _run(self) -> None:
        """Run the chain of this Deferred and of those that this sets going.

        The caller has seen to it that the Deferred is fired and that nothing holds it.
        """
        current: Chain = self
        del self
        stack: list[Chain] | None = None
        raised = False
        following: Chain | None = None
        while True:
            result = current.result
            failed = type(result) in FAILURES
            if failed and current._info is not None:
                current._info.failure = None
            chain = current._chain
            if type(chain) is tuple or type(chain) is list:
                entries: Any = (chain,) if type(chain) is tuple else iter(chain)
                current._chain = None
                current._held = RUNNING
                for callback, errback, more in entries:
                    if more is None or type(more) is tuple:
                        function = errback if failed else callback
                        if function is None:
                            continue
                        try:
                            if more is None:
                                result = function(result)
                            elif failed:
                                if more[3]:
                                    result = function(result, *more[2], **more[3])
                                else:
                                    result = function(result, *more[2])
                            elif more[1]:
                                result = function(result, *more[0], **more[1])
                            else:
                                result = function(result, *more[0])
                        except BaseException as error:
                            result = caught(error)
                            failed = raised = True
                        else:
                            if type(result) in NO_VALUES:
                                if type(result) in DEFERREDS:
                                    result = current._take_from(result, chain)
                                failed = type(result) in FAILURES
                            else:
                                failed = False
                        current.result = result
                    else:
                        current.result = None
                        if more == WAITER:
                            waiter: Waiter = errback
                            following = waiter._take(result, failed)
                        else:
                            following = current._fire_chained(errback, result)
                        result = current.result
                        failed = type(result) in FAILURES
                        if following is not None:
                            break
                    if current._held != RUNNING:
                        break
                else:
                    current._held = 0
                    if current._chain is not None:
                        continue
                    if failed:
                        current._left_failed(result)
                    if not stack:
                        break
                if current._held:
                    current._keep([] if type(chain) is tuple else list(entries))
                    if following is not None:
                        if stack is None:
                            stack = []
                        stack.append(current)
            elif chain is None:
                if failed:
                    current._left_failed(result)
            else:
                current._chain = current.result = None
                waiter = chain
                following = waiter._take(result, failed)
            if following is not None:
                current = following
                following = None
                continue
            while stack:
                current = stack.pop()
                if not current._held and current._chain is not None:
                    break
            else:
                break
        if raised:
            # The error's traceback holds this frame; as above.
            del current, result, callback, errback, more, function, chain, entries

    def _keep(self, rest: list[Entry]) -> None:
        """End a run of the chain of which `rest` is left, before what was added meanwhile."""
        self._held -= RUNNING
        if rest:
            self._chain = rest + self._entries()
        elif self._chain is None and not self._held and type(self.result) in FAILURES:
            self._left_failed(self.result)

    def _take(self, result: Any, failed: bool) -> Chain | None:
        """Go on with `result`, which this Deferred waited for; return it if it is to run."""
        self.result = result
        self._held -= 1
        return None if self._held else self

    def _fire_chained(self, target: Chain, result: Any) -> Chain | None:
        """Fire `target` with `result` as `chainDeferred` promised; return it if it is to run."""
        if target.called:
            try:
                target._called_again()
            except AlreadyCalledError as error:
                self.result = caught(error)
            return None
        target.called = True
        target.result = result
        target._canceller = None
        if target._info is not None:
            target._remember_sites()
        return None if target._held else target

    def _take_from(self, inner: Chain, chain: Any) -> Any:
        """Return the result of `inner`, which a callback returned; or begin to wait, and return `inner`.

        Args:
            inner: The Deferred to take a result from.
            chain: What runs, where others may wait for this Deferred in turn.
        """
        while inner.called and not inner._held:
            result = inner.result
            inner.result = None
            if inner._info is not None:
                inner._info.failure = None
            if type(result) not in DEFERREDS:
                return result
            inner = result
        if inner is self:
            try:
                warnings.warn(
                    "A callback returned the Deferred that it belongs to, which can never fire now: "
                    "return something else.",
                    DeprecationWarning,
                    stacklevel=_CALLER,
                )
            except DeprecationWarning as error:
                return caught(error)
        elif inner.called and self._would_wait_for_itself(inner, chain):
            return Failure(RuntimeError("Deferreds wait for each other in a circle, so none can go on."))
        self._held += 1
        if inner._chain is None:
            inner._chain = self
        else:
            inner._append((None, self, WAITER))
        return inner

    def _would_wait_for_itself(self, inner: Chain, chain: Any) -> bool:
        if type(chain) is not list or not any(more == WAITER for _, _, more in chain):
            return False
        while inner._held and type(inner.result) in DEFERREDS:
            inner = inner.result
            if inner is self:
                return True
        return False

    # -- holding back

    def pause(self) -> None:
        """Run no more of the chain until `unpause` was called as often as `pause`."""
        self._held += 1

    def unpause(self) -> None:
        """Undo one `pause`."""
        self._held -= 1
        if not self._held and self.called:
            self._run()

    @property
    def _shown_result(self) -> Any:
        """The attribute `result` of a compiled chain, to whom it has none before it has fired."""
        if self.result is _NOTHING or (self.result is None and not self.called):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute 'result'")
        return self.result

    @_shown_result.setter
    def _shown_result(self, result: Any) -> None:
        self.result = result

    @_shown_result.deleter
    def _shown_result(self) -> None:
        self.result = _NOTHING

    @property
    def paused(self) -> int:
        """How many pauses are in force; waiting for another Deferred counts as one."""
        return self._held & ~RUNNING

    def cancel(self) -> None:
        """Ask that there be no result: the Deferred, or the one it waits for, fails with CancelledError.

        After the last callback this does nothing.  If nobody said how to stop what would have fired the
        Deferred, then the next call of `callback` or `errback` is ignored, once.
        """
        if not self.called:
            canceller = self._canceller
            if canceller is None:
                self._canceller = _swallow_next
            elif canceller(self) is STILL_CANCELLING:  # type: ignore[arg-type]
                return
            if not self.called:
                keep = self._canceller
                self.errback(CancelledError())
                self._canceller = keep
        elif self._held and type(self.result) in DEFERREDS:
            self.result.cancel()

    # -- awaiting

    def __await__(self) -> Generator[Any, Any, Any]:
        """Wait for the result in a coroutine, whoever drives it.

        A result that is there already is returned without suspending, and stays in place.
        """
        if self.called and not self._held:
            result = self.result
            if self._info is not None and type(result) in FAILURES:
                self._info.failure = None
                result.raiseException()
            return result
        if COMPILED:
            known = steps.in_step(stepping)
        else:
            marker = stepping.get()
            known = marker is not None and marker[0] == get_ident()
        if not known:
            task = running_task()
            if task is not None and type(task) not in OWN_TASKS:
                return (yield from await_as_future(self, task.get_loop()))  # type: ignore[arg-type]
            mark(task)
        return (yield self)

    def _entries(self) -> list[Entry]:
        chain = self._chain
        if chain is None:
            return []
        return chain if type(chain) is list else [_as_entry(chain)]


def _as_entry(chain: Any) -> Entry:
    """Return a chain of one entry, or one waiter, as an entry."""
    return chain if type(chain) is tuple else (None, chain, WAITER)


def _swallow_next(deferred: Deferred[Any]) -> None:
    """Mark a Deferred that was cancelled while nobody could stop what would fire it."""


_callback = Chain.__dict__["callback"]
_errback = Chain.__dict__["errback"]

# How far above the warning in `_take_from` the caller of `callback` is: compiled functions are no frames.
_CALLER = 1 if COMPILED else 4
