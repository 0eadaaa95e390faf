"""Two descriptors as one transport of a loop: what carries a connection over anything but a socket."""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Any

from sennit.transport.pipes import PipeReader, PipeWriter
from sennit.transport.registry import open_things
from sennit.transport.stream import Owner, StreamConnection

__all__ = ["Duplex", "DuplexConnection"]


class Duplex:
    """Offers `asyncio.Transport`'s methods over one descriptor to read and one to write.

    Where both directions are one descriptor, the caller duplicates it.

    Args:
        loop: The loop.
        protocol: Told what happens, as an `asyncio.Protocol` is.
        reading: The descriptor to read; owned from here on.
        writing: The descriptor to write; owned from here on.
        reader_gone: Called when the other side takes no more; returns whether the writing side is to be
            closed.  By default, and else, the next write ends the transport.
    """

    __slots__ = ("_closing", "_ending", "_loop", "_lost", "_protocol", "_reader", "_reader_gone", "_writer")

    def __init__(
        self,
        loop: AbstractEventLoop,
        protocol: Any,
        reading: int,
        writing: int,
        reader_gone: Callable[[], bool] | None = None,
    ) -> None:
        self._loop = loop
        self._protocol = protocol
        self._reader_gone = reader_gone
        self._reader = PipeReader(loop, reading, protocol.data_received, self._read_ended)
        self._writer = PipeWriter(loop, writing, self)
        self._closing = False
        self._ending = False
        self._lost = False

    def open(self) -> None:
        """Introduce the protocol, and begin to read."""
        self._protocol.connection_made(self)
        self._reader.start()

    def set_protocol(self, protocol: Any) -> None:
        """Have `protocol` told from now on."""
        self._protocol = protocol
        self._reader.deliver = protocol.data_received

    def get_protocol(self) -> Any:
        """Return who is told."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return `default`: there is no socket here."""
        return default

    def is_closing(self) -> bool:
        """Tell whether this has ended or is about to."""
        return self._closing

    @property
    def write(self) -> Callable[[bytes], None]:
        """Write bytes: the writer's own method."""
        return self._writer.write

    def pause_reading(self) -> None:
        """Read no more until `resume_reading`."""
        self._reader.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._reader.resume_reading()

    def read_now(self) -> None:
        """Read what there is, without waiting for the loop to see it."""
        self._reader.read_now()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be written."""
        return self._writer.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks at which the protocol is told to pause and to go on."""
        self._writer.set_write_buffer_limits(high, low)

    def write_eof(self) -> None:
        """Close the writing side when all is written; reading goes on."""
        self._ending = True
        self._writer.close()

    def close(self) -> None:
        """Read no more, and end when all is written."""
        if not self._closing:
            self._closing = True
            self._reader.pause_reading()
            if self._writer.closed:
                self._end(None)
            else:
                self._writer.close()

    def abort(self) -> None:
        """End now; what was not written is dropped."""
        self._end(None)

    def fileno(self) -> int:
        """Return the descriptor that is read; -1 when it is closed."""
        return -1 if self._reader.closed else self._reader.descriptor

    # What the reader and the writer tell.

    def pause_writing(self) -> None:
        """Hand on that too much waits."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Hand on that enough was written."""
        self._protocol.resume_writing()

    def reader_gone(self) -> bool:
        """Ask what to do about it."""
        if self._reader_gone is not None and self._reader_gone():
            self._ending = True
        return self._ending

    def write_ended(self, error: OSError | None) -> None:
        """End with the writing side, unless it was closed on purpose."""
        if self._closing or self._lost or not self._ending:
            self._end(error)

    def _read_ended(self, error: OSError | None) -> None:
        if error is not None:
            self._end(error)
        elif not self._protocol.eof_received():
            self.close()

    def _end(self, error: OSError | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._reader.close()
        self._writer.abort()
        self._loop.call_soon(self._tell_lost, error)

    def _tell_lost(self, error: OSError | None) -> None:
        self._protocol.connection_lost(error)
        self._protocol = None
        self._reader.deliver = _nobody
        self._reader_gone = None


def _nobody(data: bytes) -> None:
    """Stand in for the protocol after the end."""


class _Given(Owner):
    """Has the protocol from the start."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def protocol_for(self, connection: Any, peer: Any) -> Any:
        protocol, self._protocol = self._protocol, None
        return protocol


class DuplexConnection(StreamConnection):
    """A connection over descriptors that are there already.

    Args:
        protocol: The protocol.
        reactor: The reactor.
    """

    __slots__ = ("__dict__",)

    def __init__(self, protocol: Any, reactor: Any) -> None:
        super().__init__(reactor, _Given(protocol), open_things(reactor))

    def connect(self, reading: int, writing: int) -> None:
        """Connect the protocol, over copies of the descriptors.

        Raises:
            OSError: If one of them is not open, or can have no copy.
        """
        copy = os.dup(reading)
        try:
            carrier = Duplex(self.reactor.loop, self, copy, os.dup(writing), self._reader_gone)
        except OSError:
            os.close(copy)
            raise
        carrier.open()

    def getHandle(self) -> None:
        """Return None: there is no socket."""

    def fileno(self) -> int:
        """Return the descriptor that is read; -1 when it is closed."""
        return -1 if self.disconnected else self._carrier.fileno()

    def _reader_gone(self) -> bool:
        """Learn that the other side takes no more; return whether to close the writing side."""
        return False
