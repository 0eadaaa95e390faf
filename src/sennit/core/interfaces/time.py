"""Interfaces of clocks and timers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zope.interface import Interface

__all__ = ["IDelayedCall", "IReactorTime"]


class IDelayedCall(Interface):
    """A call that is to happen later."""

    def getTime() -> float:
        """Tell when it is due, on the scale of `IReactorTime.seconds`."""

    def cancel() -> None:
        """Call it off.

        Raises:
            sennit.core.errors.AlreadyCalled: If it has happened.
            sennit.core.errors.AlreadyCancelled: If it was called off.
        """

    def delay(secondsLater: float) -> None:
        """Put it off by this much more; a negative number brings it nearer.

        Raises:
            sennit.core.errors.AlreadyCalled: If it has happened.
            sennit.core.errors.AlreadyCancelled: If it was called off.
        """

    def reset(secondsFromNow: float) -> None:
        """Make it due this many seconds from now, whatever was said before.

        Raises:
            sennit.core.errors.AlreadyCalled: If it has happened.
            sennit.core.errors.AlreadyCancelled: If it was called off.
        """

    def active() -> bool:
        """Tell whether it is still to come."""


class IReactorTime(Interface):
    """A clock with timers."""

    def seconds() -> float:
        """Read the clock: seconds since a moment that is the reactor's own affair."""

    def callLater(
        delay: float, callable: Callable[..., object], *args: object, **kwargs: object
    ) -> IDelayedCall:
        """Call `callable(*args, **kwargs)` after `delay` seconds.

        Args:
            delay: Seconds, not negative.
            callable: What to call; an error it raises is reported, and stops nothing.

        Returns:
            The handle that cancels or moves the call.
        """

    def getDelayedCalls() -> Sequence[IDelayedCall]:
        """List the calls still to come, in no particular order."""
