"""The consumer's half of a connection: producers, and how much may wait to be sent.

The loop's transport holds what the kernel does not take, and calls `pause_writing` when that passes the
high-water mark and `resume_writing` when it has fallen to the low one.  A push producer is paused and
resumed at these marks.  A pull producer is asked for more whenever nothing waits: while one is registered
the marks are 0, and writes pass through us so that the end of each is noticed.

They are 0 too once the end of the connection waits for the buffer to empty.  A push producer is none the
wiser: it is paused if more waits than its own mark allows, for which its writes are weighed by us then.

This module is compiled where it can be (`sennit.core.native`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.transport.gathering import Gathered, is_kept

__all__ = ["DEFAULT_HIGH_WATER", "Consumer", "second_producer", "water_marks"]

DEFAULT_HIGH_WATER = 64 * 1024
"""How many bytes may wait before a push producer is paused."""


def water_marks(high: int | None, low: int | None, usual: int) -> tuple[int, int]:
    """Return the high and the low mark: `usual` and a quarter of the high one, where they are None.

    Raises:
        ValueError: Unless ``0 <= low <= high``.
    """
    upper = usual if high is None else high
    lower = upper // 4 if low is None else low
    if not 0 <= lower <= upper:
        raise ValueError(f"The marks must be 0 <= low <= high, not low={lower} and high={upper}.")
    return upper, lower


def second_producer(producer: object, present: object) -> RuntimeError:
    """Return the error for who registers a producer where there is one."""
    return RuntimeError(
        f"Cannot register producer {producer!r}: {present!r} is still registered.  "
        "Call unregisterProducer() first."
    )


class Consumer:
    """IConsumer over a transport of an asyncio loop.

    Attributes:
        producer: The producer that is registered, or None.
        streamingProducer: Whether it pushes.
    """

    __slots__ = (
        "_carrier",
        "_draining",
        "_gathered",
        "_high_water",
        "_low_water",
        "_over",
        "_producer_paused",
        "_pull_due",
        "_resuming",
        "connected",
        "disconnecting",
        "producer",
        "reactor",
        "streamingProducer",
        "write",
    )

    write: Callable[[bytes], None]
    producer: Any
    streamingProducer: bool
    connected: bool
    disconnecting: bool
    reactor: Any
    _carrier: Any
    _high_water: int | None
    _low_water: int | None

    def __init__(self, reactor: Any) -> None:
        self._begin(reactor)

    def _begin(self, reactor: Any) -> None:
        # Compiled, this is called directly; ``super()`` would be looked up.
        self.reactor = reactor
        self.connected = False
        self.disconnecting = False
        self.producer = None
        self.streamingProducer = False
        self._carrier = None
        self._high_water = None
        self._low_water = None
        self._over = False
        # The end of the connection waits for the buffer to empty: the marks are 0 for good.
        self._draining = False
        # A push producer was told to pause, and is to be told to resume.
        self._producer_paused = False
        self._pull_due = False
        self._resuming = False
        self._gathered: Gathered | None = None

    def gather_writes(self) -> bool:
        """Send what is written from now on with one call of the system, when `send_gathered` is called.

        Returns:
            Whether that is so: not where somebody has kept `write`, nor while a producer is asked for more by
            each write, nor at the end.  Only then is `send_gathered` to be called.
        """
        if self._gathered is not None or not self.connected or is_kept(self):
            return False
        through = self.write
        if through != self._carrier.write:
            return False
        self.write = self._gathered = Gathered(through, self.reactor.loop.call_soon)
        return True

    def send_gathered(self) -> None:
        """Send what was gathered, and each write by itself from now on."""
        gathered = self._gathered
        if gathered is None:
            return
        self._gathered = None
        gathered.ended = True
        if self.write is gathered:
            self.write = gathered.through
        elif self._write_ended():
            # The connection was closed at once: what was not sent is dropped.
            gathered.forget()
        gathered.send()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer feed this connection.

        Args:
            producer: An `IPushProducer` or `IPullProducer`.  On a lost connection it is stopped at once.
            streaming: True if it pushes: it produces on its own, and is paused when too much waits.
                False if it is to be asked, with ``resumeProducing()``, for each piece.

        Raises:
            RuntimeError: If another is registered.
        """
        if self.producer is not None:
            raise second_producer(producer, self.producer)
        if not self.connected:
            producer.stopProducing()
            return
        self.producer = producer
        self.streamingProducer = streaming
        self._producer_paused = False
        if streaming:
            if self._over:
                self._producer_paused = True
                producer.pauseProducing()
            return
        self.send_gathered()
        if not self._write_ended():
            self.write = self._write_and_pull
        self._carrier.set_write_buffer_limits(high=0)
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Take the producer out; an end of the connection that waited for it comes now."""
        if self.producer is None:
            return
        pulled = not self.streamingProducer
        self.producer = None
        if not self.connected:
            return
        if (pulled or self._draining) and not self._write_ended():
            self.write = self._carrier.write
        if pulled:
            self._set_limits()
            self._producer_gone()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks for push producers.

        Args:
            high: Bytes that may wait before the producer is paused; by default `DEFAULT_HIGH_WATER`.
            low: Bytes at which it is resumed; by default a quarter of `high`.

        Raises:
            ValueError: Unless ``0 <= low <= high``.
        """
        self._high_water, self._low_water = water_marks(high, low, DEFAULT_HIGH_WATER)
        if self.connected and (self.producer is None or self.streamingProducer):
            self._set_limits()

    def pause_writing(self) -> None:
        """Learn from the loop that too much waits to be sent."""
        self._over = True
        if self._draining:
            self._weigh()
        elif self.producer is not None and self.streamingProducer:
            self._pause_producer()

    def resume_writing(self) -> None:
        """Learn from the loop that enough was sent."""
        self._over = False
        self._resuming = True
        if self.producer is not None:
            if self.streamingProducer:
                if self._producer_paused:
                    self._producer_paused = False
                    try:
                        self.producer.resumeProducing()
                    except BaseException:
                        self._user_failed("Error in resumeProducing of {culprit!r}", self.producer)
            else:
                self._pull()
        self._drained()
        self._resuming = False

    def _abort_carrier(self) -> None:
        """Close the loop's transport at once, which asyncio's cannot bear within ``resume_writing``."""
        if self._resuming:
            self.reactor.loop.call_soon(self._abort_if_connected)
        else:
            self._carrier.abort()

    def _abort_if_connected(self) -> None:
        # Nor can they bear it after the end.
        if self.connected:
            self._carrier.abort()

    def _set_limits(self) -> None:
        if self._high_water is None:
            self._carrier.set_write_buffer_limits(DEFAULT_HIGH_WATER)
        else:
            self._carrier.set_write_buffer_limits(self._high_water, self._low_water)

    def _drain(self) -> None:
        """Have `_drained` called when nothing waits any more."""
        self._draining = True
        if self.producer is not None and self.streamingProducer:
            self.write = self._write_and_weigh
        self._carrier.set_write_buffer_limits(high=0)

    def _write_and_weigh(self, data: bytes) -> None:
        """Stand in for the loop's ``write`` while a push producer feeds a connection that is to end."""
        self._carrier.write(data)
        self._weigh()

    def _weigh(self) -> None:
        """Pause the producer if more waits than its mark allows, whatever the loop's mark is."""
        if self._producer_paused or self.producer is None or not self.streamingProducer or not self.connected:
            return
        high = DEFAULT_HIGH_WATER if self._high_water is None else self._high_water
        if self._carrier.get_write_buffer_size() > high:
            self._pause_producer()

    def _pause_producer(self) -> None:
        self._producer_paused = True
        try:
            self.producer.pauseProducing()
        except BaseException:
            self._user_failed("Error in pauseProducing of {culprit!r}", self.producer)

    def _write_and_pull(self, data: bytes) -> None:
        """Stand in for the loop's ``write`` while a pull producer is registered."""
        self._carrier.write(data)
        if not self._pull_due:
            self._pull_due = True
            self.reactor.loop.call_soon(self._pull_if_drained)

    def _pull_if_drained(self) -> None:
        # Else it was asked meanwhile, or `resume_writing` will.
        if self._pull_due and not self._over:
            self._pull()

    def _pull(self) -> None:
        self._pull_due = False
        if self.producer is None or self.streamingProducer or not self.connected:
            return
        try:
            self.producer.resumeProducing()
        except BaseException:
            self._user_failed("Error in resumeProducing of {culprit!r}", self.producer)

    def _stop_producer(self) -> None:
        """Take leave of the producer as the connection is lost."""
        producer = self.producer
        if producer is not None:
            self.producer = None
            try:
                producer.stopProducing()
            except BaseException:
                self._report("Error in stopProducing of {culprit!r}", producer)

    def _write_ended(self) -> bool:
        """Tell whether nothing more may be written."""
        raise AssertionError("Each kind of consumer knows when its writing ends.")

    def _producer_gone(self) -> None:
        """Go on with what waited for a pull producer to finish."""

    def _drained(self) -> None:
        """Go on with what waited for the buffer to fall to the low-water mark."""

    def _user_failed(self, message: str, culprit: object) -> None:
        """Log the exception being handled, and end this connection with it as the reason."""
        raise AssertionError("Each kind of consumer ends in its own way.")

    def _report(self, message: str, culprit: object) -> None:
        """Log the exception being handled."""
        raise AssertionError("Each kind of consumer has a log of its own.")
