"""Calls between threads and Deferreds: `deferToThread` one way, `blockingCallFromThread` the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar, overload

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred, maybeDeferred
from sennit.core.failure import Failure
from sennit.core.interfaces import IReactorFromThreads
from sennit.threads.pool import ThreadPool

__all__ = ["blockingCallFromThread", "callMultipleInThread", "deferToThread", "deferToThreadPool"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Result:
    """Brings a thread's result home to the reactor's thread."""

    __slots__ = ("_deferred", "_reactor")

    def __init__(self, reactor: IReactorFromThreads, deferred: Deferred[Any]) -> None:
        self._reactor = reactor
        self._deferred = deferred

    def __call__(self, success: bool, result: Any) -> None:
        deferred = self._deferred
        self._reactor.callFromThread(deferred.callback if success else deferred.errback, result)


def deferToThreadPool(
    reactor: IReactorFromThreads,
    threadpool: ThreadPool,
    f: Callable[_P, _R],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> Deferred[_R]:
    """Call `f` in a thread of a pool.

    Args:
        reactor: The reactor in whose thread the Deferred fires.
        threadpool: The pool.
        f: What to call.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        A Deferred that fires with what `f` returns, or fails with what it raises, or with
        `ThreadPoolStopped`.  Cancelling it ends the wait; the call goes on.
    """
    deferred: Deferred[_R] = Deferred()
    threadpool.callInThreadWithCallback(_Result(reactor, deferred), f, *args, **kwargs)
    return deferred


def deferToThread(f: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> Deferred[_R]:
    """Call `f` in a thread of the current reactor's pool.

    Args:
        f: What to call.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        A Deferred that fires with what `f` returns, or fails with what it raises.  Cancelling it ends
        the wait; the call goes on.
    """
    reactor = current_reactor()
    return deferToThreadPool(reactor, reactor.getThreadPool(), f, *args, **kwargs)


def callMultipleInThread(
    tupleList: Iterable[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]],
) -> None:
    """Make several calls, one after the other, in one thread of the current reactor's pool.

    Args:
        tupleList: The calls: function, positional arguments, keyword arguments.
    """
    current_reactor().callInThread(_call_each, list(tupleList))


def _call_each(calls: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]]) -> None:
    for func, args, kwargs in calls:
        func(*args, **kwargs)


@overload
def blockingCallFromThread(
    reactor: IReactorFromThreads, f: Callable[_P, Deferred[_R]], *a: _P.args, **kw: _P.kwargs
) -> _R: ...
@overload
def blockingCallFromThread(
    reactor: IReactorFromThreads, f: Callable[_P, Awaitable[_R]], *a: _P.args, **kw: _P.kwargs
) -> _R: ...
@overload
def blockingCallFromThread(
    reactor: IReactorFromThreads, f: Callable[_P, _R], *a: _P.args, **kw: _P.kwargs
) -> _R: ...
def blockingCallFromThread(reactor: IReactorFromThreads, f: Callable[..., Any], *a: Any, **kw: Any) -> Any:
    """Call `f` in the reactor's thread, and wait for its result in this one.

    Args:
        reactor: The reactor.
        f: What to call; a Deferred or coroutine that it returns is waited for.
        *a: Its positional arguments.
        **kw: Its keyword arguments.

    Returns:
        The result.

    Raises:
        Exception: What `f` raised, or its Deferred failed with.
        RuntimeError: If called in the reactor's own thread, which would wait for itself for ever.
    """
    if asyncio._get_running_loop() is not None and current_reactor() is reactor:
        raise RuntimeError(
            "blockingCallFromThread was called in the reactor's own thread; call the function itself there."
        )
    results: SimpleQueue[Any] = SimpleQueue()

    def call() -> None:
        maybeDeferred(f, *a, **kw).addBoth(results.put)

    reactor.callFromThread(call)
    result = results.get()
    if isinstance(result, Failure):
        result.raiseException()
    return result
