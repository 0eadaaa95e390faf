"""Descriptors that are read and written whenever they are ready: pipes, terminals, serial lines, plain files.

Measured beside the loops' own pipe transports: the same on uvloop, several times faster than asyncio's, and
there at once, without a task that opens them.

Invariants:

- A reader and a writer each own a descriptor, and close it before anybody hears of the end.
- The end is told once, and never from within a call of the owner's.
- A writer is watched for room while its buffer holds something, and at no other time.
- A descriptor that cannot be polled (a plain file, ``/dev/null``) is read piece by piece, one at each turn of
  the loop.
"""

from __future__ import annotations

import errno
import os
import stat
from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable
from typing import Protocol

from sennit.transport.consumer import DEFAULT_HIGH_WATER
from sennit.transport.stream import drop

__all__ = ["PipeReader", "PipeWriter", "WriterOwner"]

# Above 128 KiB the allocator maps fresh memory for each read, which costs more than the read.
_CHUNK = 65536

Ended = Callable[[OSError | None], object]


class PipeReader:
    """Reads a descriptor.

    Args:
        loop: The loop that watches it.
        descriptor: Its number; it is made non-blocking, and closed at the end.
        deliver: Called with each piece.
        ended: Called when there will be no more, with the error that is the cause of it or None.

    Attributes:
        deliver: May be replaced.
        closed: Whether it is.
    """

    __slots__ = ("_due", "_ended", "_loop", "_paused", "_started", "closed", "deliver", "descriptor")

    def __init__(
        self, loop: AbstractEventLoop, descriptor: int, deliver: Callable[[bytes], object], ended: Ended
    ) -> None:
        os.set_blocking(descriptor, False)
        self.deliver = deliver
        self.descriptor = descriptor
        self.closed = False
        self._loop = loop
        self._ended = ended
        self._paused = False
        self._started = False
        # The next read of what cannot be polled.
        self._due: Handle | None = None

    def start(self) -> None:
        """Begin to read, unless that was paused before."""
        self._started = True
        if not self._paused and not self.closed:
            self._watch()

    def pause_reading(self) -> None:
        """Read no more until `resume_reading`."""
        if not self._paused:
            self._paused = True
            self._unwatch()

    def resume_reading(self) -> None:
        """Read again."""
        if self._paused:
            self._paused = False
            if self._started and not self.closed:
                self._watch()

    def close(self) -> None:
        """Close the descriptor; nothing more is told."""
        if not self.closed:
            self._unwatch()
            self.closed = True
            os.close(self.descriptor)

    def _watch(self) -> None:
        try:
            self._loop.add_reader(self.descriptor, self.read_now)
        except PermissionError:
            self._due = self._loop.call_soon(self._read_and_go_on)

    def _unwatch(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        elif self._started and not self.closed:
            self._loop.remove_reader(self.descriptor)

    def read_now(self) -> None:
        """Read one piece, if there is one."""
        try:
            data = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.close()
            # This is how a terminal says that the other side has hung up.
            self._ended(None if error.errno == errno.EIO else error)
            return
        if data:
            self.deliver(data)
        else:
            self.close()
            self._ended(None)

    def _read_and_go_on(self) -> None:
        self._due = self._loop.call_soon(self._read_and_go_on)
        self.read_now()


class WriterOwner(Protocol):
    """What a `PipeWriter` reports to."""

    def pause_writing(self) -> None:
        """Learn that too much waits to be written."""

    def resume_writing(self) -> None:
        """Learn that enough was written."""

    def reader_gone(self) -> bool:
        """Learn that nobody reads the pipe any more; nothing waits to be written.

        Returns:
            Whether the pipe is to be closed.  If not, the next write ends it with an error.
        """

    def write_ended(self, error: OSError | None) -> None:
        """Learn that the descriptor is closed.

        Args:
            error: What was lost with it, if something was.
        """


class PipeWriter:
    """Writes a descriptor, and keeps what it does not take at once.

    A pipe whose reading end is closed is noticed without writing to it.

    Args:
        loop: The loop that watches it.
        descriptor: Its number; it is made non-blocking, and closed at the end.
        owner: Told when to pause, when to go on, and of the end.
    """

    __slots__ = (
        "_buffer",
        "_closing",
        "_high",
        "_loop",
        "_low",
        "_over",
        "_owner",
        "_watched",
        "closed",
        "descriptor",
    )

    def __init__(self, loop: AbstractEventLoop, descriptor: int, owner: WriterOwner) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.closed = False
        self._loop = loop
        self._owner = owner
        self._buffer = bytearray()
        self._closing = False
        self._over = False
        self.set_write_buffer_limits()
        self._watched = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        if self._watched:
            loop.add_reader(descriptor, self._reader_gone)

    def write(self, data: bytes) -> None:
        """Write `data`, now as far as it is taken, and the rest when there is room."""
        if type(data) is not bytes:
            data = bytes(memoryview(data))
        if self.closed:
            drop(data)
            return
        if not self._buffer:
            try:
                data = data[os.write(self.descriptor, data) :]
            except BlockingIOError:
                pass
            except OSError as error:
                self._end(error)
                return
            if not data:
                return
            self._loop.add_writer(self.descriptor, self._ready)
        self._buffer += data
        self._pause_if_over()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait."""
        return len(self._buffer)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set how many bytes may wait before the owner is told, and at how few it is told again."""
        self._high = DEFAULT_HIGH_WATER if high is None else high
        self._low = self._high // 4 if low is None else low
        self._pause_if_over()

    def close(self) -> None:
        """Close when all is written."""
        self._closing = True
        if not self._buffer:
            self._end(None)

    def abort(self) -> None:
        """Close now, and drop what was not written."""
        self._end(None)

    def _pause_if_over(self) -> None:
        if len(self._buffer) > self._high and not self._over:
            self._over = True
            self._owner.pause_writing()

    def _ready(self) -> None:
        if self.closed:
            return
        try:
            del self._buffer[: os.write(self.descriptor, self._buffer)]
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        if not self._buffer:
            self._loop.remove_writer(self.descriptor)
        if self._over and len(self._buffer) <= self._low:
            self._over = False
            # Which may write again, or close.
            self._owner.resume_writing()
        if self._closing and not self._buffer:
            self._end(None)

    def _reader_gone(self) -> None:
        if self.closed:
            return
        if self._buffer:
            self._end(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)))
        elif self._owner.reader_gone():
            self._end(None)
        elif not self.closed:
            self._watched = False
            self._loop.remove_reader(self.descriptor)

    def _end(self, error: OSError | None) -> None:
        if self.closed:
            return
        self.closed = True
        if self._watched:
            self._loop.remove_reader(self.descriptor)
        if self._buffer:
            self._loop.remove_writer(self.descriptor)
            self._buffer = bytearray()
        os.close(self.descriptor)
        self._loop.call_soon(self._owner.write_ended, error)
