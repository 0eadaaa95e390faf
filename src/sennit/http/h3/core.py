"""What the streams of an HTTP/3 connection send on: aioquic's connection, with bounded queues.

aioquic keeps what it is given until the client has acknowledged it, so each stream gives it only a window's
worth, and the rest waits here, where the stream's producer is paused for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aioquic.h3.connection import ErrorCode, H3Connection

from sennit.http.h2.connection import ErrorCodes
from sennit.http.h2.sending import Outgoing

__all__ = ["Http3Core"]

_UNACKNOWLEDGED = 262_144
_QUEUE_HIGH = 65536
_CODES = {
    ErrorCodes.NO_ERROR: ErrorCode.H3_NO_ERROR,
    ErrorCodes.INTERNAL_ERROR: ErrorCode.H3_INTERNAL_ERROR,
    ErrorCodes.CANCEL: ErrorCode.H3_REQUEST_CANCELLED,
    ErrorCodes.REFUSED_STREAM: ErrorCode.H3_REQUEST_REJECTED,
    ErrorCodes.PROTOCOL_ERROR: ErrorCode.H3_MESSAGE_ERROR,
}
_Fields = Sequence[tuple[bytes, bytes]]


class Http3Core:
    """The sending half of a connection, with the verbs of HTTP/2's `Connection`.

    Args:
        quic: aioquic's connection.
    """

    def __init__(self, quic: Any) -> None:
        self._quic = quic
        self.h3 = H3Connection(quic)
        self.waiting: dict[int, Outgoing] = {}
        self._ended: set[int] = set()

    def send_head(self, stream_id: int, fields: _Fields, *, end: bool = False) -> None:
        """Send a header list."""
        self.h3.send_headers(stream_id, list(fields), end_stream=end)

    def send(self, stream_id: int, data: bytes, *, end: bool = False, trailers: _Fields = ()) -> bool:
        """Send data as soon as there is room for it; return whether there is room for more."""
        if stream_id in self._ended:
            return True
        outgoing = self.waiting.get(stream_id)
        if outgoing is None:
            outgoing = self.waiting[stream_id] = Outgoing(stream_id)
        if data:
            outgoing.put(data)
        if end:
            outgoing.ended = True
            outgoing.trailers = trailers
            self._ended.add(stream_id)
        elif outgoing.queued >= _QUEUE_HIGH:
            outgoing.congested = True
        return not outgoing.congested

    def consumed(self, stream_id: int, size: int) -> None:
        """Do nothing: aioquic opens windows by itself."""

    def flush(self) -> list[int]:
        """Hand on what there is room for; return the streams whose producers may go on."""
        relieved = []
        for stream_id, outgoing in list(self.waiting.items()):
            room = _UNACKNOWLEDGED - self._unacknowledged(stream_id)
            while outgoing.queued and room > 0:
                piece = bytes(outgoing.take(min(room, 16384)))
                room -= len(piece)
                last = outgoing.ended and not outgoing.queued and not outgoing.trailers
                self.h3.send_data(stream_id, piece, end_stream=last)
                if last:
                    outgoing.ended = False
                    del self.waiting[stream_id]
            if outgoing.queued:
                continue
            if outgoing.ended:
                if outgoing.trailers:
                    self.h3.send_headers(stream_id, list(outgoing.trailers), end_stream=True)
                else:
                    self.h3.send_data(stream_id, b"", end_stream=True)
                self.waiting.pop(stream_id, None)
            elif outgoing.congested:
                outgoing.congested = False
                relieved.append(stream_id)
        return relieved

    def _unacknowledged(self, stream_id: int) -> int:
        stream = self._quic._streams.get(stream_id)
        return 0 if stream is None else stream.sender._buffer_stop - stream.sender._buffer_start

    def ended(self, stream_id: int) -> bool:
        """Tell whether everything of a stream that was to be sent is handed on, its end included."""
        return stream_id in self._ended and stream_id not in self.waiting

    def reset(self, stream_id: int, code: int) -> None:
        """End a stream in the middle, both ways."""
        code = _CODES.get(ErrorCodes(code), ErrorCode.H3_INTERNAL_ERROR)
        self.waiting.pop(stream_id, None)
        if stream_id not in self._ended:
            self._ended.add(stream_id)
            self._quic.reset_stream(stream_id, code)
        self.stop(stream_id)

    def stop(self, stream_id: int) -> None:
        """Ask the client to send no more of a request."""
        stream = self._quic._streams.get(stream_id)
        if stream is not None and not stream.receiver.is_finished:
            self._quic.stop_stream(stream_id, ErrorCode.H3_NO_ERROR)

    def forget(self, stream_id: int) -> None:
        """Let go of a stream that is over."""
        self.waiting.pop(stream_id, None)
        self._ended.discard(stream_id)
