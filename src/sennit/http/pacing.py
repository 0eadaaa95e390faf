"""The pace of a server's connection: how long it waits, and when it reads and lets a producer write.

One timer guards the connection, set anew only when it has rung.  Reading stops while the transport has more
to send than it likes, while a streamed body has no room, and while more is held back than a pipeline may be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from sennit.core.current import current_reactor
from sennit.http.limits import Limits
from sennit.http.pulling import Puller
from sennit.http.state import State

__all__ = ["Pacing"]

_CLOSED = State.CLOSED


class Pacing:
    """What a channel does about time and flow.

    Attributes:
        timeOut: Seconds that the connection may be idle; None for no limit.
    """

    transport: Any
    limits: Limits
    timeOut: float | None
    timeoutConnection: Callable[[], None]
    _state: State
    _requestProducer: Any
    _reading: bool
    _transport_full: bool
    _body_full: bool
    _held: Any
    _timer: Any
    _rings_at: float
    _deadline: float | None
    _call_later: Callable[..., Any] | None = None
    _untimed: bool = False
    """Whether no time is kept: nobody has given a clock."""

    # Time

    @property
    def callLater(self) -> Callable[..., Any]:
        """Calls a function later; a reactor's ``callLater``, or what was put in its place with its clock."""
        call: Callable[..., Any] = self._call_later or current_reactor().callLater
        return call

    @callLater.setter
    def callLater(self, call: Callable[..., Any]) -> None:
        self._call_later = call
        if self._untimed:
            self._untimed = False
        seconds = getattr(getattr(call, "__self__", None), "seconds", None)
        if seconds is not None:
            self.seconds = seconds  # type: ignore[method-assign]  # for this connection alone

    def seconds(self) -> float:
        """Return the time of `callLater`'s clock."""
        return float(current_reactor().seconds())

    def setTimeout(self, period: float | None) -> float | None:
        """Change how long the connection may be idle.

        Args:
            period: In seconds; None for no limit.

        Returns:
            How long it was before.
        """
        previous = self.timeOut
        self.timeOut = period
        if self._untimed and period is not None:
            self._untimed = False
        self._wait(period)
        return previous

    def resetTimeout(self) -> None:
        """Count the time that the connection may be idle from now."""
        self._wait(self.timeOut)

    def _wait(self, period: float | None) -> None:
        """Let `timeoutConnection` be called in `period` seconds; None to call off."""
        if period is None or self._untimed:
            self._deadline = None
            return
        deadline = self._deadline = self.seconds() + period
        timer = self._timer
        if timer is None:
            self._rings_at = deadline
            self._timer = self.callLater(period, self._ring)
        elif deadline < self._rings_at:
            self._rings_at = deadline
            timer.reset(period)

    def _ring(self) -> None:
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        remaining = deadline - self.seconds()
        if remaining > 0:
            self._rings_at = deadline
            self._timer = self.callLater(remaining, self._ring)
            return
        self._deadline = None
        self.timeoutConnection()

    # Flow

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a request's producer follow the transport's pace.

        Raises:
            RuntimeError: If another is registered.
        """
        if self._requestProducer is not None:
            raise RuntimeError(f"{self._requestProducer!r} is still registered: unregister it first.")
        if not streaming:
            producer = Puller(producer, self.callLater)
        self._requestProducer = producer
        if self._transport_full:
            producer.pauseProducing()
        elif not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Let go of the request's producer."""
        producer, self._requestProducer = self._requestProducer, None
        if isinstance(producer, Puller):
            producer.stop()

    def send_file(self, file: IO[bytes], offset: int, count: int) -> int:
        """Send octets of a file as a piece of a body, by the transport's ``send_file``; see there.

        A wrapper around a transport, which may count or slow down what is written, has none.
        """
        if not hasattr(type(self.transport), "send_file"):
            return 0
        sent: int = self.transport.send_file(file, offset, count)
        return sent

    def pauseProducing(self) -> None:
        """Stop reading and producing: the transport has more to send than it likes."""
        self._transport_full = True
        self._update_reading()
        if self._requestProducer is not None:
            self._requestProducer.pauseProducing()

    def resumeProducing(self) -> None:
        """Go on: the transport has room again."""
        self._transport_full = False
        self._update_reading()
        if self._requestProducer is not None:
            self._requestProducer.resumeProducing()

    def stopProducing(self) -> None:
        """Stop for good: the transport is gone."""
        if self._requestProducer is not None:
            self._requestProducer.stopProducing()

    def _update_reading(self) -> None:
        wanted = (
            not self._transport_full
            and not self._body_full
            and len(self._held) <= self.limits.pipeline_buffer
        )
        if wanted is not self._reading and self._state is not _CLOSED:
            self._reading = wanted
            if wanted:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()
