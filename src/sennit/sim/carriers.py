"""The transport that a host's loop gives for a connected stream, in asyncio's vocabulary."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sennit.sim.streams import SEND_BUFFER, StreamState

if TYPE_CHECKING:
    from sennit.sim.loop import HostLoop
    from sennit.sim.sockets import StreamSocket

__all__ = ["StreamCarrier"]

_READ_SIZE = 65536
_HIGH_WATER = 65536


class StreamCarrier(asyncio.Transport):
    """Carries a stream between a socket and a protocol.

    Args:
        loop: The host's loop.
        sock: The socket.
        protocol: The protocol.
    """

    def __init__(self, loop: HostLoop, sock: StreamSocket, protocol: Any) -> None:
        super().__init__()
        self._loop = loop
        self._socket = sock
        self._end = sock.end
        self._protocol = protocol
        self._waiting = bytearray()
        self._high, self._low = _HIGH_WATER, _HIGH_WATER // 4
        self._paused = False
        self._protocol_paused = False
        self._closing = False
        self._ending = False
        self._heard_end = False
        self._lost = False
        self._asked = False
        self._made = False
        self._end.changed = self._changed

    def begin(self) -> None:
        """Introduce the protocol, and start to read."""
        self._protocol.connection_made(self)
        self._made = True
        self._changed()

    # What has come

    def _changed(self) -> None:
        if not self._asked and not self._lost:
            self._asked = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._asked = False
        if self._lost or not self._made:
            return
        self._flush()
        if not (self._lost or self._paused or self._closing):
            self._read()

    def _read(self) -> None:
        end = self._end
        if self._heard_end:
            if end.error:
                self._fail()
            return
        try:
            data = end.read(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._force(error)
            return
        if data:
            self._call(self._protocol.data_received, data)
            if end.received or end.remote_ended or end.error:
                self._changed()
            return
        self._heard_end = True
        keep = False
        try:
            keep = bool(self._protocol.eof_received())
        except Exception as error:
            self._force(error)
            return
        if not keep:
            self.close()

    def _call(self, method: Any, data: bytes) -> None:
        try:
            method(data)
        except Exception as error:
            self._loop.call_exception_handler(
                {"message": "Error in data_received", "exception": error, "transport": self}
            )
            self._force(error)

    def _fail(self) -> None:
        try:
            self._end.read(1)
        except BlockingIOError:
            return
        except OSError as error:
            self._force(error)

    # What goes out

    def write(self, data: Any) -> None:
        """Send octets."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data must be bytes, not {type(data).__name__}")
        if self._lost or self._ending or not data:
            return
        if self._closing and not self._waiting:
            return
        if not self._waiting:
            try:
                taken = self._end.write(data)
            except OSError as error:
                self._force(error)
                return
            if taken == len(data):
                return
            data = bytes(data)[taken:]
        self._waiting += data
        self._maybe_pause()

    def _flush(self) -> None:
        if self._waiting:
            try:
                # As much as an end takes at most: the rest is not copied each time.
                taken = self._end.write(self._waiting[:SEND_BUFFER])
            except OSError as error:
                self._force(error)
                return
            del self._waiting[:taken]
            if self._protocol_paused and len(self._waiting) <= self._low:
                self._protocol_paused = False
                self._protocol.resume_writing()
            if self._waiting or self._lost:
                return
            if self._closing:
                self._finish(None)
            elif self._ending:
                self._end.end()
        elif self._end.error and self._heard_end:
            self._fail()

    def _maybe_pause(self) -> None:
        if len(self._waiting) > self._high and not self._protocol_paused:
            self._protocol_paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Any) -> None:
        """Send octets that are given in pieces."""
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        """Send no more, after all that was written."""
        if self._closing or self._ending:
            return
        self._ending = True
        if not self._waiting:
            self._end.end()

    def can_write_eof(self) -> bool:
        """Say yes."""
        return True

    # The end

    def close(self) -> None:
        """Close, after all that was written."""
        if self._closing:
            return
        self._closing = True
        if not self._waiting:
            self._loop.call_soon(self._finish, None)

    def abort(self) -> None:
        """Close at once."""
        self._force(None)

    def _force(self, error: BaseException | None) -> None:
        if self._lost:
            return
        self._waiting.clear()
        self._closing = True
        self._loop.call_soon(self._finish, error)

    def _finish(self, error: BaseException | None) -> None:
        if self._lost:
            return
        self._lost = True
        try:
            self._protocol.connection_lost(error)
        finally:
            self._socket.close()

    def is_closing(self) -> bool:
        """Tell whether it is closed, or about to be."""
        return self._closing

    # Settings

    def pause_reading(self) -> None:
        """Read no more."""
        self._paused = True

    def resume_reading(self) -> None:
        """Read again."""
        if self._paused and not self._closing:
            self._paused = False
            self._changed()

    def is_reading(self) -> bool:
        """Tell whether it reads."""
        return not self._paused and not self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Say from how many octets on the protocol is asked to pause, and to how many until it may go on."""
        if high is None:
            high = _HIGH_WATER if low is None else 4 * low
        self._high, self._low = high, high // 4 if low is None else low
        self._maybe_pause()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the limits, the lower one first."""
        return self._low, self._high

    def get_write_buffer_size(self) -> int:
        """Return how many octets wait."""
        return len(self._waiting)

    def set_protocol(self, protocol: Any) -> None:
        """Replace the protocol."""
        self._protocol = protocol

    def get_protocol(self) -> Any:
        """Return the protocol."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the socket or an address."""
        sock = self._socket
        if name == "socket":
            return sock
        if name == "sockname":
            return sock.getsockname()
        if name == "peername":
            return None if self._end.state is StreamState.OPENING else sock.getpeername()
        return default
