"""A carrier that passes file descriptors along with bytes over a UNIX socket.

The transports of asyncio loops cannot, so a connection that sends or receives descriptors changes over to
this one: it speaks their vocabulary, on a duplicate of their socket.

Each descriptor rides on one byte (unix(7), SCM_RIGHTS): the first that was written after it, or, where
none follows in the same turn of the loop, one of those written before.  The other side has it no later than
that byte, and descriptors and bytes keep their order among themselves; but a system may hand over bytes
written before it in the same read, and then the descriptor comes first.
"""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

from sennit.core.errors import FileDescriptorOverrun
from sennit.transport.consumer import DEFAULT_HIGH_WATER

if TYPE_CHECKING:
    from sennit.transport.unix_stream import UNIXConnection

__all__ = ["DescriptorCarrier"]

READ_SIZE = 64 * 1024
# The most that Linux passes in one message (SCM_MAX_FD); others pass fewer.
_MOST_DESCRIPTORS = 253
_SPACE = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
_RECEIVE_FLAGS = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class DescriptorCarrier:
    """Carries bytes and descriptors between a UNIX socket and a connection.

    Args:
        loop: The loop.
        before: The loop's transport that is replaced; what it still holds is sent first.
        connection: The connection.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, before: Any, connection: UNIXConnection) -> None:
        self._loop = loop
        self._connection = connection
        self._protocol: Any = connection
        self._socket: socket.socket = _copy(before.get_extra_info("socket"))
        self._fd = self._socket.fileno()
        self._extra = {name: _name(self._socket, name) for name in ("sockname", "peername")}
        self._buffer = bytearray()
        self._taken = 0
        self._sent = 0
        # Each with the number of bytes that were written before it.
        self._descriptors: deque[tuple[int, int]] = deque()
        self._paused = connection._paused or connection.disconnecting
        self._reading = False
        self._flush_due = False
        self._blocked = False
        self._over = False
        self._closing = False
        self._lost = False
        self._read_ended = connection._read_ended
        self._eof = False
        self._marks = (DEFAULT_HIGH_WATER // 4, DEFAULT_HIGH_WATER)
        self._before: Any = before
        if before.get_write_buffer_size():
            before.set_protocol(_Draining(self))
            before.set_write_buffer_limits(high=0)
        else:
            self._take_over(resuming=connection._resuming)

    def _take_over(self, *, resuming: bool) -> None:
        """Go on alone."""
        before, self._before = self._before, None
        retired = _Retired(before)
        before.set_protocol(retired)
        if resuming:
            # asyncio's transports cannot bear to be aborted within ``resume_writing``.
            before.pause_reading()
            self._loop.call_soon(retired.abort)
        else:
            before.abort()
        if not self._paused:
            self._loop.call_soon(self._start_reading)
        self._flush_soon()

    # asyncio.Transport.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give the socket or one of its names."""
        if name == "socket":
            return self._socket
        return self._extra.get(name, default)

    def get_protocol(self) -> Any:
        """Give what is told of bytes and the end."""
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        """Tell `protocol` of bytes and the end from now on."""
        self._protocol = protocol

    def is_closing(self) -> bool:
        """Tell whether the end has begun."""
        return self._closing

    def is_reading(self) -> bool:
        """Tell whether what arrives is read."""
        return not self._paused and not self._closing

    def write(self, data: bytes) -> None:
        """Send bytes, at the end of the loop's turn."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"Data must be bytes, not {type(data).__name__}.")
        if self._lost or self._eof or not data:
            return
        self._buffer += data
        self._taken += len(data) if isinstance(data, (bytes, bytearray)) else data.nbytes
        self._flush_soon()
        self._check_marks()

    def send_descriptor(self, descriptor: int) -> None:
        """Send a descriptor; at least one byte must be written for it in the same turn of the loop."""
        if self._lost or self._eof:
            return
        self._descriptors.append((self._taken, descriptor))
        self._flush_soon()

    def write_eof(self) -> None:
        """Close our direction when all is sent."""
        if not self._eof:
            self._eof = True
            self._flush_soon()

    def can_write_eof(self) -> bool:
        """Say yes."""
        return True

    def get_write_buffer_size(self) -> int:
        """Tell how many bytes wait."""
        waiting = len(self._buffer)
        return waiting if self._before is None else waiting + self._before.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Give the low-water and the high-water mark."""
        return self._marks

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks; by default `low` is a quarter of `high`."""
        upper = DEFAULT_HIGH_WATER if high is None else high
        self._marks = (upper // 4 if low is None else low, upper)
        self._check_marks()

    def pause_reading(self) -> None:
        """Read no more."""
        self._paused = True
        if self._before is not None:
            self._before.pause_reading()
        self._stop_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._paused = False
        if self._before is not None:
            self._before.resume_reading()
        else:
            self._start_reading()

    def close(self) -> None:
        """Send what waits, then end."""
        if self._closing:
            return
        self._closing = True
        self.pause_reading()
        self._flush_soon()

    def abort(self) -> None:
        """End now."""
        self._finish(None)

    # Reading.

    def _start_reading(self) -> None:
        if not (self._reading or self._paused or self._closing or self._read_ended or self._lost):
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    def _stop_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._fd)

    def _readable(self) -> None:
        try:
            data, ancillary, _flags, _peer = self._socket.recvmsg(READ_SIZE, _SPACE, _RECEIVE_FLAGS)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._finish(error)
            return
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._take_descriptors(content)
        if self._lost or self._closing:
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._read_ended = True
            self._stop_reading()
            self._protocol.eof_received()

    def _take_descriptors(self, content: bytes) -> None:
        descriptors = array.array("i")
        descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
        for descriptor in descriptors:
            if self._lost or self._closing:
                os.close(descriptor)
            else:
                self._connection.descriptor_received(descriptor)

    # Writing.

    def _flush_soon(self) -> None:
        # What is written and sent in one turn belongs together, see `send_descriptor`.
        if not (self._flush_due or self._blocked) and self._before is None:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        if self._lost:
            return
        try:
            self._send_all()
        except (BlockingIOError, InterruptedError):
            if not self._blocked:
                self._blocked = True
                self._loop.add_writer(self._fd, self._flush)
        except (OSError, FileDescriptorOverrun) as error:
            self._finish(error)
            return
        else:
            self._unblock()
        self._check_marks()
        if not self._buffer and not self._flush_due:
            if self._closing:
                self._finish(None)
            elif self._eof:
                try:
                    self._socket.shutdown(socket.SHUT_WR)
                except OSError as error:
                    self._finish(error)

    def _send_all(self) -> None:
        rides = self._rides()
        while self._buffer:
            if not rides:
                sent = self._socket.send(self._buffer)
            elif rides[0] > self._sent:
                with memoryview(self._buffer) as view:
                    sent = self._socket.send(view[: rides[0] - self._sent])
            else:
                content = array.array("i", [self._descriptors[0][1]])
                sent = self._socket.sendmsg(
                    [self._buffer[:1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, content)]
                )
                rides.popleft()
                self._descriptors.popleft()
            del self._buffer[:sent]
            self._sent += sent

    def _rides(self) -> deque[int]:
        """Give the number of the byte that each descriptor rides on.

        Raises:
            FileDescriptorOverrun: If there are fewer bytes than descriptors.
        """
        rides: list[int] = []
        for after, _descriptor in self._descriptors:
            rides.append(max(after, self._sent, rides[-1] + 1 if rides else 0))
        limit = self._taken
        for index in range(len(rides) - 1, -1, -1):
            limit = rides[index] = min(rides[index], limit - 1)
        if rides and rides[0] < self._sent:
            raise FileDescriptorOverrun
        return deque(rides)

    def _check_marks(self) -> None:
        low, high = self._marks
        size = self.get_write_buffer_size()
        if not self._over:
            if size > high:
                self._over = True
                self._protocol.pause_writing()
        elif size <= low:
            self._over = False
            self._protocol.resume_writing()

    # The end.

    def _unblock(self) -> None:
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._fd)

    def _finish(self, error: BaseException | None) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._stop_reading()
        self._unblock()
        self._buffer.clear()
        self._descriptors.clear()
        before, self._before = self._before, None
        if before is not None:
            before.set_protocol(_Retired(before))
            before.abort()
        self._loop.call_soon(self._tell_end, error)

    def _tell_end(self, error: BaseException | None) -> None:
        protocol, self._protocol = self._protocol, None
        try:
            protocol.connection_lost(error)
        finally:
            self._socket.close()


class _Draining:
    """Stands with the loop's transport while that sends what it still holds."""

    def __init__(self, carrier: DescriptorCarrier) -> None:
        self._carrier = carrier

    def data_received(self, data: bytes) -> None:
        self._carrier._protocol.data_received(data)

    def eof_received(self) -> bool:
        self._carrier._read_ended = True
        self._carrier._protocol.eof_received()
        return True

    def pause_writing(self) -> None:
        """Nothing to do: it was our wish."""

    def resume_writing(self) -> None:
        if self._carrier._before is not None:
            self._carrier._take_over(resuming=True)
            self._carrier._check_marks()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._carrier._before = None
        self._carrier._finish(exc)


class _Retired:
    """Stands with a transport that nobody listens to any more."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def abort(self) -> None:
        """Close the transport, unless it has closed."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Cannot be: it does not read any more."""

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        """Nobody writes."""

    def resume_writing(self) -> None:
        """Nobody writes."""

    def connection_lost(self, exc: BaseException | None) -> None:
        self._transport = None


def _copy(given: Any) -> socket.socket:
    copy = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(given.fileno()))
    copy.setblocking(False)
    return copy


def _name(sock: socket.socket, which: str) -> Any:
    try:
        return sock.getsockname() if which == "sockname" else sock.getpeername()
    except OSError:
        return None
