"""h2's connection, with the peer's floods counted and both sides' GOAWAY treated as the beginning of an end.

h2 takes a GOAWAY, sent or received, for the end of the connection; RFC 9113 section 6.8 lets the streams
that are open come to theirs.  So GOAWAY frames go past its state machine here.  A stream too many is let
in for its header list, which belongs to the connection's compression, to be refused by whoever drives
this (section 5.1.2), where h2 would end the connection.
"""

from __future__ import annotations

from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, Event
from h2.exceptions import FrameTooLargeError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import Frame, GoAwayFrame, RstStreamFrame

from sennit.http.h2.flooding import FloodGuard
from sennit.http.h2.limits import Http2Limits

__all__ = ["LAST_STREAM_ID", "Machine"]

LAST_STREAM_ID = (1 << 31) - 1
_NO_RFC7540_PRIORITIES = 9


class _OurSettings(Settings):
    """Settings that say one number of streams, and let the connection refuse more by itself."""

    @property
    def max_concurrent_streams(self) -> int:
        return LAST_STREAM_ID

    @max_concurrent_streams.setter
    def max_concurrent_streams(self, value: int) -> None:
        self[SettingCodes.MAX_CONCURRENT_STREAMS] = value


class Machine(H2Connection):
    """The state machine under a `Connection`.

    Args:
        client: Whether this is the client's side.
        limits: What the peer may take up.
        guard: Counts its frames.
    """

    def __init__(self, *, client: bool, limits: Http2Limits, guard: FloodGuard) -> None:
        super().__init__(
            H2Configuration(
                client_side=client,
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self.guard = guard
        self._receiving = False
        settings = {
            SettingCodes.HEADER_TABLE_SIZE: limits.table_size,
            SettingCodes.MAX_CONCURRENT_STREAMS: limits.streams,
            SettingCodes.MAX_HEADER_LIST_SIZE: limits.header_size,
            SettingCodes.INITIAL_WINDOW_SIZE: limits.stream_window,
            SettingCodes.ENABLE_PUSH: 0,
        }
        if not client:
            settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] = 1
        self.local_settings = _OurSettings(client=client, initial_values=settings)
        self.local_settings[_NO_RFC7540_PRIORITIES] = 1
        self.local_settings.acknowledge()
        self.decoder.max_header_list_size = limits.header_size
        self.decoder.max_allowed_table_size = limits.table_size

    def feed(self, data: bytes) -> list[Event]:
        """Take octets from the peer.

        Raises:
            h2.exceptions.ProtocolError: If they break the protocol, or are too many; GOAWAY is in the output.
        """
        self._receiving = True
        try:
            events = self.receive_data(data)
        finally:
            self._receiving = False
        # h2 looks at a frame's length when all of it is there, and it may say 16 MiB.
        begun = self.incoming_buffer._data
        if len(begun) >= 3 and int.from_bytes(begun[:3], "big") > self.max_inbound_frame_size:
            self.send_goaway(0, ErrorCodes.FRAME_SIZE_ERROR)
            raise FrameTooLargeError("A frame is larger than allowed.")
        return events

    def send_goaway(self, last_stream_id: int, code: int = ErrorCodes.NO_ERROR) -> None:
        """Say which streams will be served at the most."""
        frame = GoAwayFrame(0)
        frame.last_stream_id = last_stream_id
        frame.error_code = code
        self._prepare_for_sending([frame])

    def _receive_frame(self, frame: Frame) -> list[Event]:
        self.guard.count(frame)
        if type(frame) is GoAwayFrame:
            event = ConnectionTerminated()
            event.error_code = frame.error_code
            event.last_stream_id = frame.last_stream_id
            event.additional_data = bytes(frame.additional_data) or None
            return [event]
        return super()._receive_frame(frame)

    def _prepare_for_sending(self, frames: list[Any]) -> None:
        if self._receiving:
            for frame in frames:
                if type(frame) is RstStreamFrame:
                    self.guard.count_reset()
        super()._prepare_for_sending(frames)
