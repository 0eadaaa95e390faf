"""Time-outs: close a connection on which nothing happens.

To reset a time-out moves its timer; no timer is cancelled and made anew for each read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.core.interfaces import IDelayedCall
from sennit.protocol import connectionDone
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory

__all__ = ["TimeoutFactory", "TimeoutMixin", "TimeoutProtocol"]


class TimeoutProtocol(ProtocolWrapper):
    """The wrapper of a `TimeoutFactory`.

    Args:
        factory: The factory that builds it.
        wrappedProtocol: The program's protocol.
        timeoutPeriod: Seconds without a read or a write until the connection is closed, or None.
    """

    timeoutPeriod: float | None
    timeoutCall: IDelayedCall | None = None

    def __init__(self, factory: Any, wrappedProtocol: Any, timeoutPeriod: float | None) -> None:
        super().__init__(factory, wrappedProtocol)
        self.setTimeout(timeoutPeriod)

    def setTimeout(self, timeoutPeriod: float | None = None) -> None:
        """Wait this many seconds from now on; None waits for ever."""
        self.cancelTimeout()
        self.timeoutPeriod = timeoutPeriod
        if timeoutPeriod is not None:
            self.timeoutCall = self.factory.callLater(timeoutPeriod, self.timeoutFunc)

    def cancelTimeout(self) -> None:
        """Wait no more."""
        call, self.timeoutCall = self.timeoutCall, None
        if call is not None and call.active():
            call.cancel()

    def resetTimeout(self) -> None:
        """Begin to wait anew, if it waits."""
        if self.timeoutCall is not None and self.timeoutPeriod is not None:
            self.timeoutCall.reset(self.timeoutPeriod)

    def write(self, data: bytes) -> None:
        """Send, and wait anew."""
        self.resetTimeout()
        super().write(data)

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """Send, and wait anew."""
        self.resetTimeout()
        super().writeSequence(seq)

    def dataReceived(self, data: bytes) -> None:
        """Hand on, and wait anew."""
        self.resetTimeout()
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Wait no more, and hand on."""
        self.cancelTimeout()
        super().connectionLost(reason)

    def timeoutFunc(self) -> None:
        """Close: nothing happened for too long.  May be overridden."""
        self.timeoutCall = None
        self.loseConnection()


class TimeoutFactory(WrappingFactory[TimeoutProtocol]):
    """Closes the connections of a factory on which nothing happens.

    Args:
        wrappedFactory: The program's factory.
        timeoutPeriod: Seconds without a read or a write.
    """

    protocol: Callable[..., TimeoutProtocol] = TimeoutProtocol

    def __init__(self, wrappedFactory: Any, timeoutPeriod: float = 30 * 60) -> None:
        super().__init__(wrappedFactory)
        self.timeoutPeriod = timeoutPeriod

    def _wrap(self, wrapped: Any) -> TimeoutProtocol:
        """Make the wrapper, with the time-out."""
        return self.protocol(self, wrapped, timeoutPeriod=self.timeoutPeriod)

    def callLater(self, period: float, func: Callable[[], object]) -> IDelayedCall:
        """Have a function called; to be overridden by who uses another clock than the current reactor."""
        call: IDelayedCall = current_reactor().callLater(period, func)
        return call


class TimeoutMixin:
    """Gives a protocol one time-out, which it resets when it sees fit.

    Attributes:
        timeOut: Seconds until `timeoutConnection` is called; None for never.
    """

    timeOut: float | None = None
    transport: Any
    __timeoutCall: IDelayedCall | None = None

    def callLater(self, period: float, func: Callable[[], object]) -> IDelayedCall:
        """Have a function called; to be overridden by who uses another clock than the current reactor."""
        call: IDelayedCall = current_reactor().callLater(period, func)
        return call

    def resetTimeout(self) -> None:
        """Begin to wait anew, if it waits."""
        call = self.__timeoutCall
        if call is not None and self.timeOut is not None and call.active():
            call.reset(self.timeOut)

    def setTimeout(self, period: float | None) -> float | None:
        """Wait this many seconds from now on.

        Args:
            period: Seconds; None waits no more.  A protocol does that in its `connectionLost`.

        Returns:
            What was set before.
        """
        before = self.timeOut
        self.timeOut = period
        call = self.__timeoutCall
        active = call is not None and call.active()
        if period is None:
            self.__timeoutCall = None
            if call is not None and active:
                call.cancel()
        elif call is not None and active:
            call.reset(period)
        else:
            self.__timeoutCall = self.callLater(period, self.__timedOut)
        return before

    def __timedOut(self) -> None:
        self.__timeoutCall = None
        self.timeoutConnection()

    def timeoutConnection(self) -> None:
        """Close: the time is over.  May be overridden."""
        self.transport.loseConnection()
