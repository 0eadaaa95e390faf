"""A delayed call for whoever keeps time: reactors and clocks of programs' own make these.

What our own reactors return from ``callLater`` counts as one (`isinstance`), and is made otherwise.
"""

from __future__ import annotations

import traceback
from abc import ABCMeta
from collections.abc import Callable, Mapping
from functools import total_ordering
from reprlib import repr as short_repr
from typing import Any

from zope.interface import implementer

from sennit.core.errors import AlreadyCalled, AlreadyCancelled
from sennit.core.interfaces import IDelayedCall
from sennit.reactor.schedule import DelayedCall as ReactorsDelayedCall
from sennit.twisted.python.runtime import seconds as system_seconds

__all__ = ["DelayedCall"]


@total_ordering
@implementer(IDelayedCall)
class DelayedCall(metaclass=ABCMeta):  # noqa: B024 - others are registered, nothing is abstract
    """A call that whoever made this will make when its time comes.

    A call that is put later stays where it is, among others, until its old time; `activate_delay` then puts
    it where it belongs.

    Args:
        time: When it is due.
        func: What to call.
        args: Its positional arguments.
        kw: Its keyword arguments.
        cancel: Called with this when it is cancelled.
        reset: Called with this when it is put earlier, and has to change its place among others.
        seconds: Tells the time.

    Attributes:
        debug: Whether calls note where they were made, and tell.
        called: Whether it was made; whoever makes it says so.
        cancelled: Whether it was cancelled.
        delayed_time: How much later than `time` it is due.
    """

    debug: Any = False
    creator: list[str] | None = None

    def __init__(
        self,
        time: float,
        func: Callable[..., object],
        args: tuple[Any, ...],
        kw: Mapping[str, Any],
        cancel: Callable[[Any], object] | None,
        reset: Callable[[Any], object] | None,
        seconds: Callable[[], float] | None = system_seconds,
    ) -> None:
        self.time = time
        self.func: Callable[..., object] | None = func
        self.args: tuple[Any, ...] | None = args
        self.kw: Mapping[str, Any] | None = kw
        self.canceller = cancel
        self.resetter = reset
        self.seconds: Any = seconds
        self.called: Any = 0
        self.cancelled: Any = 0
        self.delayed_time: float = 0
        if self.debug:
            self.creator = traceback.format_stack()[:-1]

    def getTime(self) -> float:
        """Return when it is due."""
        return self.time + self.delayed_time

    def active(self) -> bool:
        """Return whether it is still to be made."""
        return not (self.called or self.cancelled)

    def cancel(self) -> None:
        """Make it never happen.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        self._must_be_active()
        if self.canceller is not None:
            self.canceller(self)
        self.cancelled = 1
        # What it would have called may hold much.
        self.func = self.args = self.kw = None

    def reset(self, secondsFromNow: float) -> None:
        """Put it to `secondsFromNow` seconds from now.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        self._must_be_active()
        self._due_at(self.seconds() + secondsFromNow)

    def delay(self, secondsLater: float) -> None:
        """Put it `secondsLater` seconds later than it was due.

        Raises:
            AlreadyCalled: If it has happened.
            AlreadyCancelled: If it is cancelled.
        """
        self._must_be_active()
        self._due_at(self.getTime() + secondsLater)

    def activate_delay(self) -> None:
        """Put it to the time at which it is due."""
        self.time += self.delayed_time
        self.delayed_time = 0

    def _due_at(self, time: float) -> None:
        if time >= self.time:
            self.delayed_time = time - self.time
            return
        self.delayed_time = 0
        self.time = time
        if self.resetter is not None:
            self.resetter(self)

    def _must_be_active(self) -> None:
        if self.cancelled:
            raise AlreadyCancelled
        if self.called:
            raise AlreadyCalled

    def __lt__(self, other: object) -> bool:
        return self.time < other.time if isinstance(other, DelayedCall) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.time <= other.time if isinstance(other, DelayedCall) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        left = self.time - self.seconds()
        text = f"<DelayedCall {id(self):#x} [{left}s] called={self.called} cancelled={self.cancelled}"
        if self.func is not None:
            name = getattr(self.func, "__qualname__", None) or short_repr(self.func)
            name = name.rpartition("<locals>.")[2]
            words = [short_repr(arg) for arg in self.args or ()]
            words += [f"{key}={short_repr(value)}" for key, value in (self.kw or {}).items()]
            text += f" {name}({', '.join(words)})"
        if self.creator is not None:
            text += "\n\ntraceback at creation: \n\n" + "    ".join(self.creator)
        return text + ">"


DelayedCall.register(ReactorsDelayedCall)
