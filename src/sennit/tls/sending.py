"""The sending half of the TLS layer: what waits to be encrypted, and who is told when it is too much.

What is written waits as plaintext until the end of the turn of the loop, or of the read that caused it, and
is encrypted as a whole: many small writes make one record.  Of more than `CHUNK` bytes, so much is encrypted
at a time, until the transport below asks to wait; the rest stays plaintext.  So at most one chunk of
ciphertext waits beyond what the transport holds, and whoever writes more can still be told to wait.

The transport below knows us as a push producer, from the first time that it matters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.tls.engine import Engine
from sennit.transport.consumer import second_producer, water_marks

__all__ = ["CHUNK", "Sender", "end_of_turn"]

_log = Logger(__name__)
_BYTES = (bytes, bytearray, memoryview)

CHUNK = 64 * 1024
"""How many bytes are encrypted before the transport below is asked whether it takes more."""


class _Valve:
    """The push producer that the transport below knows.

    Args:
        layer: The TLS layer.
    """

    __slots__ = ("_layer",)

    def __init__(self, layer: Sender) -> None:
        self._layer = layer

    def pauseProducing(self) -> None:
        self._layer._below_paused = True

    def resumeProducing(self) -> None:
        layer = self._layer
        layer._below_paused = False
        layer._flush()
        layer._flushed()

    def stopProducing(self) -> None:
        """Do nothing: the loss that follows says it all."""


class Sender:
    """IConsumer, and the writing half of ITransport, over an engine and a transport.

    Args:
        clock: The `IReactorTime` whose turns count; None for the current reactor.

    Attributes:
        connected: True from the protocol's birth to the connection's loss.
        disconnecting: True after ``loseConnection``.
        producer: The producer that is registered, or None.
        streamingProducer: Whether it pushes.
        transport: The transport below.
    """

    __slots__ = (
        "_below_paused",
        "_encrypt",
        "_engine",
        "_flush_due",
        "_has_valve",
        "_high_water",
        "_inside",
        "_low_water",
        "_producer_paused",
        "_queue",
        "_queued",
        "_shaken",
        "_soon",
        "_take",
        "_write_ending",
        "_write_over",
        "clock",
        "connected",
        "disconnecting",
        "producer",
        "streamingProducer",
        "transport",
    )

    _engine: Engine
    _encrypt: Callable[[Any], int]
    _take: Callable[[], bytes]

    def __init__(self, clock: Any | None) -> None:
        self.clock = clock
        self.connected = False
        self.disconnecting = False
        self.producer: Any = None
        self.streamingProducer = False
        self.transport: Any = None
        self._queue: deque[Any] = deque()
        self._queued = 0
        self._high_water = CHUNK
        self._low_water = CHUNK // 4
        self._soon: Callable[[Callable[[], None]], Any] | None = None
        self._flush_due = False
        # A read is being handled, at whose end all is flushed.
        self._inside = False
        # The handshake is complete.
        self._shaken = False
        self._below_paused = False
        self._has_valve = False
        self._producer_paused = False
        self._write_ending = False
        # Nothing that is written from here on is sent.
        self._write_over = False

    def write(self, bytes: bytes) -> None:
        """Send bytes; a bytearray or memoryview must not change until it is sent.

        Raises:
            TypeError: If it is something else.
        """
        if not isinstance(bytes, _BYTES):
            raise TypeError(f"Data must be bytes, not {type(bytes).__name__}.")
        size = len(bytes)
        if self._write_over or not size:
            return
        self._queue.append(bytes)
        self._queued += size
        if self._queued > CHUNK or self._queued > self._high_water:
            self._press()
        if not (self._inside or self._flush_due):
            self._schedule()

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several byte strings as if joined."""
        self.write(b"".join(iovec))

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
        self.streamingProducer = bool(streaming)
        self._producer_paused = False
        self._put_valve()
        if streaming:
            self._weigh()
        else:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Take the producer out; an end of the connection that waited for it comes now."""
        if self.producer is not None:
            self.producer = None
            self._producer_paused = False
            if self.connected and not self._flush_due:
                self._schedule()

    def stopConsuming(self) -> None:
        """Take no more from the producer, and close."""
        self.unregisterProducer()
        self.loseConnection()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks for push producers, in bytes of plaintext.

        Args:
            high: Bytes that may wait before the producer is paused; by default `CHUNK`.
            low: Bytes at which it is resumed; by default a quarter of `high`.

        Raises:
            ValueError: Unless ``0 <= low <= high``.
        """
        self._high_water, self._low_water = water_marks(high, low, CHUNK)
        self._weigh()

    # The queue.

    def _schedule(self) -> None:
        """Have all flushed at the end of this turn of the loop; at once where there is none."""
        soon = self._soon
        if soon is None:
            soon = self._soon = end_of_turn(self.clock)
        if soon is None:
            self._flush()
            self._flushed()
        else:
            self._flush_due = True
            soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._flush_due = False
        self._flush()
        self._flushed()

    def _press(self) -> None:
        """Make room, and stop the producer if that is not enough."""
        self._flush()
        self._weigh()

    def _weigh(self) -> None:
        """Pause a push producer if too much waits."""
        if (
            self._queued > self._high_water
            and self.producer is not None
            and self.streamingProducer
            and not self._producer_paused
        ):
            self._producer_paused = True
            self._tell_producer("pauseProducing")

    def _flush(self) -> None:
        """Encrypt what waits, as far as the transport below takes it."""
        queue = self._queue
        if not queue or self._below_paused or not self._shaken:
            return
        if self._queued > CHUNK:
            self._put_valve()
        while queue and not self._below_paused:
            piece = queue.popleft() if len(queue) == 1 and self._queued <= CHUNK else self._piece()
            size = len(piece)
            try:
                done = self._encrypt(piece)
                while done < size:
                    piece = memoryview(piece)[done:]
                    size -= done
                    self._queued -= done
                    done = self._encrypt(piece)
            except self._engine.want:
                queue.appendleft(piece)
                break
            except Exception as error:
                self._fail(error)
                return
            self._queued -= size
            self.transport.write(self._take())

    def _piece(self) -> Any:
        """Take a chunk off the queue: a part of what is large, or several small ones together."""
        queue = self._queue
        first = queue.popleft()
        size = len(first)
        if size > CHUNK:
            view = memoryview(first)
            queue.appendleft(view[CHUNK:])
            return view[:CHUNK]
        parts = [first]
        while queue and size + len(queue[0]) <= CHUNK:
            size += len(queue[0])
            parts.append(queue.popleft())
        return first if len(parts) == 1 else b"".join(parts)

    def _flushed(self) -> None:
        """Go on with what waited for the queue to empty."""
        if self.producer is not None and self.connected:
            if not self.streamingProducer:
                if not self._queue and not self._below_paused:
                    self._tell_producer("resumeProducing")
                return
            if self._producer_paused and self._queued <= self._low_water and not self._below_paused:
                self._producer_paused = False
                self._tell_producer("resumeProducing")
        if self.disconnecting or self._write_ending:
            self._close()

    def _send(self) -> None:
        """Send what the engine has to say."""
        data = self._take()
        if data:
            self.transport.write(data)

    # The producer, and the transport's view of us as one.

    def _tell_producer(self, method: str) -> None:
        producer = self.producer
        try:
            getattr(producer, method)()
        except BaseException:
            self._user_failed(f"Error in {method} of {{culprit!r}}", producer)

    def _stop_producer(self) -> None:
        producer, self.producer = self.producer, None
        if producer is not None:
            try:
                producer.stopProducing()
            except BaseException:
                _log.failure("Error in stopProducing of {culprit!r}", Failure(), culprit=producer)

    def _put_valve(self) -> None:
        if not self._has_valve:
            self._has_valve = True
            register = getattr(self.transport, "registerProducer", None)
            if register is not None:
                register(_Valve(self), True)

    def _take_valve(self) -> None:
        if self._has_valve:
            self._has_valve = False
            unregister = getattr(self.transport, "unregisterProducer", None)
            if unregister is not None:
                unregister()

    # What the other half does.

    def loseConnection(self) -> None:
        """Send what is written, then close."""
        raise AssertionError(self)

    def _close(self) -> None:
        """Go on with an end of ours."""
        raise AssertionError(self)

    def _fail(self, error: BaseException) -> None:
        """End the connection, because TLS has failed."""
        raise AssertionError(self)

    def _user_failed(self, message: str, culprit: object) -> None:
        """Log the exception being handled, and end this connection with it as the reason."""
        raise AssertionError(self)


def end_of_turn(clock: Any) -> Callable[[Callable[[], None]], Any] | None:
    """Give what calls a function at the end of this turn of the loop; None where nothing turns."""
    if clock is None:
        try:
            clock = current_reactor()
        except RuntimeError:
            return None
    loop = getattr(clock, "loop", None)
    return partial(clock.callLater, 0) if loop is None else loop.call_soon
