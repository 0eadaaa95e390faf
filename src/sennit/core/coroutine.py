"""Coroutines over Deferreds: `ensureDeferred` for ``async def``, `inlineCallbacks` for generators.

Both start what they are given at once and return a Deferred of its outcome; see `sennit.core.driver`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from types import CoroutineType, GeneratorType
from typing import Any, NoReturn, ParamSpec, TypeVar

from sennit.core.deferred import Deferred
from sennit.core.driver import ReturnValue, start_coroutine, start_generator
from sennit.core.outcome import DEFERREDS, NotACoroutineError

__all__ = ["ensureDeferred", "inlineCallbacks", "returnValue"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


def ensureDeferred(coro: Coroutine[Any, Any, _T] | Generator[Any, Any, _T] | Deferred[_T]) -> Deferred[_T]:
    """Return a Deferred of the outcome of `coro`; a Deferred is returned as it is.

    A coroutine runs until it first has to wait before this returns.

    Raises:
        NotACoroutineError: If `coro` is none of these.
    """
    if type(coro) is CoroutineType:
        return start_coroutine(Deferred, coro)
    if type(coro) in DEFERREDS:
        return coro  # type: ignore[return-value]
    if type(coro) is GeneratorType:
        return start_generator(Deferred, coro)
    if isinstance(coro, Coroutine):
        return start_coroutine(Deferred, coro)
    raise NotACoroutineError(f"{coro!r} is not a coroutine or a Deferred")


def inlineCallbacks(f: Callable[_P, Generator[Any, Any, _T]]) -> Callable[_P, Deferred[_T]]:
    """Make a function that returns a Deferred of a generator function's outcome.

    The generator yields what it waits for (a Deferred, a coroutine, a step of an asynchronous generator, or
    an asyncio future) and is given
    its result, or has its failure raised at the yield; any other value is given straight back.
    """

    @wraps(f)
    def start(*args: _P.args, **kwargs: _P.kwargs) -> Deferred[_T]:
        try:
            generator = f(*args, **kwargs)
        except ReturnValue:
            raise TypeError(
                f"inlineCallbacks is for generator functions, and {f!r} is none: it called returnValue."
            ) from None
        if type(generator) is not GeneratorType:
            raise TypeError(f"inlineCallbacks is for generator functions, and {f!r} returned {generator!r}.")
        return start_generator(Deferred, generator)

    return start


def returnValue(val: object) -> NoReturn:
    """End the generator of an `inlineCallbacks` function with `val`; ``return val`` does the same."""
    raise ReturnValue(val)
