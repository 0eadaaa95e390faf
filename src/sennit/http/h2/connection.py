"""One HTTP/2 connection without I/O, for either role (RFC 9113, RFC 9218, RFC 8441).

Octets go in with the time, h2's events come out, and `take_output` gives what is to be written.  What the
connection settles by itself never comes out: settings, pings, windows, priorities.

- Flow control: data given to `send` waits until the peer and the transport have room.  `take_output` says how
  much of it the transport has room for, so that priorities hold until the last moment.  `congested` and
  `relieved` tell whose producers are to pause and to go on.
- Data received counts against the peer's windows until `consumed` says that it was used.
- Errors are sticky: after one, `error` is set, GOAWAY is in the output, and input is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingAckReceived,
    PingReceived,
    PriorityUpdated,
    RemoteSettingsChanged,
    RequestReceived,
    SettingsAcknowledged,
    StreamReset,
    UnknownFrameReceived,
    WindowUpdated,
)
from h2.exceptions import H2Error, NoSuchStreamError, ProtocolError
from h2.settings import SettingCodes

from sennit.http.errors import RemoteProtocolError
from sennit.http.h2.flooding import FloodGuard
from sennit.http.h2.limits import DEFAULT_HTTP2_LIMITS, Http2Limits
from sennit.http.h2.machine import LAST_STREAM_ID, Machine
from sennit.http.h2.priority import Priority, parse_priority_update
from sennit.http.h2.sending import Outgoing, Sender

__all__ = ["Connection", "ErrorCodes"]

_PRIORITY_UPDATE = 0x10
_DRAIN_PING = b"draining"
_DEFAULT_WINDOW = 65535
_OUTPUT = 131072
_WAITING_PRIORITIES = 100
_Fields = Sequence[tuple[bytes, bytes]]

_SETTLED = frozenset((WindowUpdated, SettingsAcknowledged, PingReceived, PriorityUpdated))


class Connection:
    """One side of an HTTP/2 connection.

    Args:
        client: Whether this is the client's side.
        limits: What the peer may take up.
        now: The time, in seconds.

    Attributes:
        limits: What the peer may take up.
        error: What the peer did wrong, None while nothing.
        streams: What each open stream of ours sends; a stream leaves when both sides have ended it.
        peer_going: The last of our streams that the peer serves, None unless it said that it goes away.
        peer_streams: How many streams the peer lets us have open at once.
        peer_connects: Whether the peer takes extended CONNECT (RFC 8441).
    """

    def __init__(self, *, client: bool, limits: Http2Limits = DEFAULT_HTTP2_LIMITS, now: float = 0.0) -> None:
        self.client = client
        self.limits = limits
        self.error: RemoteProtocolError | None = None
        self.error_code = ErrorCodes.NO_ERROR
        self.streams: dict[int, Outgoing] = {}
        self.peer_going: int | None = None
        self.peer_streams = 100 if client else 0
        self.peer_connects = False
        self._guard = FloodGuard(limits, now)
        self._machine = Machine(client=client, limits=limits, guard=self._guard)
        self._sender = Sender(self._machine)
        self._relieved: list[int] = []
        self._last_id = 0
        self._served_to = LAST_STREAM_ID
        self._draining = False
        self._early_priorities: dict[int, Priority] = {}
        self._machine.initiate_connection()
        if limits.connection_window > _DEFAULT_WINDOW:
            self._machine.increment_flow_control_window(limits.connection_window - _DEFAULT_WINDOW)

    # Receiving

    def receive_data(self, data: bytes, now: float) -> list[Event]:
        """Take octets from the peer.

        Args:
            data: The octets.
            now: The time, in seconds.

        Returns:
            What happened: requests, responses, trailers, data, ends and resets of streams, the peer's going
            away.  If the octets were wrong, `error` is set.
        """
        if self.error is not None:
            return []
        guard = self._guard
        guard.now = now
        try:
            events = self._machine.feed(data)
            return [event for event in events if type(event) not in _SETTLED and not self._settle(event)]
        except (ProtocolError, UnicodeError, ValueError) as error:
            self._fail(error)
            return []

    def _fail(self, error: Exception) -> None:
        self.error = RemoteProtocolError(str(error) or type(error).__name__)
        self.error_code = getattr(error, "error_code", ErrorCodes.PROTOCOL_ERROR)
        if not isinstance(error, H2Error):
            self._machine.send_goaway(self._last_id, self.error_code)
        self._sender.waiting.clear()

    def _settle(self, event: Any) -> bool:
        """Deal with what concerns the connection alone; tell whether that was all."""
        kind = type(event)
        if kind is DataReceived:
            if event.stream_id not in self.streams:
                self.consumed(event.stream_id, event.flow_controlled_length)
                return True
        elif kind is RequestReceived:
            return not self._admit(event)
        elif kind is RemoteSettingsChanged:
            self._settings_changed()
        elif kind is PingAckReceived:
            if event.ping_data == _DRAIN_PING and self._draining:
                self._served_to = self._last_id
                self._machine.send_goaway(self._last_id)
            return True
        elif kind is UnknownFrameReceived:
            self._extension(event.frame)
            return True
        elif kind is StreamReset:
            return self._drop(event.stream_id) is None
        elif kind is ConnectionTerminated:
            self.peer_going = event.last_stream_id
        return False

    def _admit(self, event: Any) -> bool:
        """Take in a stream of the peer's, or refuse it: it may be tried again then."""
        stream_id = event.stream_id
        if stream_id > self._served_to or len(self.streams) >= self.limits.streams:
            self._guard.count_reset()
            self._machine.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return False
        self._last_id = stream_id
        outgoing = self.streams[stream_id] = Outgoing(stream_id)
        early = self._early_priorities.pop(stream_id, None)
        if early is not None:
            outgoing.priority = early
        return True

    def _settings_changed(self) -> None:
        settings = self._machine.remote_settings
        if self.client:
            self.peer_streams = settings.max_concurrent_streams
        self.peer_connects = bool(settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL, 0))

    def _extension(self, frame: Any) -> None:
        if frame.type != _PRIORITY_UPDATE or self.client:
            return
        update = parse_priority_update(bytes(frame.body))
        if update is None:
            raise ProtocolError("A PRIORITY_UPDATE frame is too short.")
        stream_id, priority = update
        if stream_id in self.streams:
            self.streams[stream_id].priority = priority
        elif stream_id > self._last_id and len(self._early_priorities) < _WAITING_PRIORITIES:
            # It may overtake the request that it is about (RFC 9218 section 7.1).
            self._early_priorities[stream_id] = priority

    def _drop(self, stream_id: int) -> Outgoing | None:
        self._sender.waiting.pop(stream_id, None)
        return self.streams.pop(stream_id, None)

    def consumed(self, stream_id: int, size: int) -> None:
        """Let the peer send as much again as was used of what it sent.

        Args:
            stream_id: The stream.
            size: Octets, padding included (``flow_controlled_length``).
        """
        if size and self.error is None:
            self._machine.acknowledge_received_data(size, stream_id)

    # Sending

    def open_stream(self, fields: _Fields, *, end: bool = False) -> int:
        """Begin a request; client only.

        Args:
            fields: The pseudo-fields and the fields, names in lower case.
            end: Whether no body follows.

        Returns:
            The stream.
        """
        stream_id = self._machine.get_next_available_stream_id()
        self._machine.send_headers(stream_id, fields, end_stream=end)
        self.streams[stream_id] = Outgoing(stream_id)
        return stream_id

    def can_open(self) -> bool:
        """Tell whether another stream may be opened now; client only."""
        return (
            self.error is None
            and self.peer_going is None
            and len(self.streams) < self.peer_streams
            and self._machine.highest_outbound_stream_id < LAST_STREAM_ID - 2
        )

    def send_head(self, stream_id: int, fields: _Fields, *, end: bool = False) -> None:
        """Send a header list: of a response, final or interim, or of anything else that h2 lets through.

        Args:
            stream_id: The stream; nothing happens if it is gone.
            fields: The pseudo-fields and the fields, names in lower case, checked.
            end: Whether nothing follows.
        """
        if stream_id in self.streams and self.error is None:
            self._machine.send_headers(stream_id, fields, end_stream=end)

    def send(self, stream_id: int, data: bytes, *, end: bool = False, trailers: _Fields = ()) -> bool:
        """Send data as soon as there is room for it.

        Args:
            stream_id: The stream; nothing happens if it is gone.
            data: The data; it may be empty.
            end: Whether nothing follows.
            trailers: Fields to end with.

        Returns:
            Whether the stream has room for more; if not, `relieved` will name it.
        """
        outgoing = self.streams.get(stream_id)
        if outgoing is None or self.error is not None or outgoing.ended:
            return True
        if not outgoing.queued:
            outgoing.since = self._guard.now
        if data:
            outgoing.put(data)
        if end:
            outgoing.ended = True
            outgoing.trailers = trailers
        if data or end:
            self._sender.waiting[stream_id] = outgoing
        if outgoing.queued >= self.limits.queue_high and not outgoing.ended:
            outgoing.congested = True
        return not outgoing.congested

    def set_priority(self, stream_id: int, priority: Priority) -> None:
        """Say when the turn of a stream comes."""
        outgoing = self.streams.get(stream_id)
        if outgoing is not None:
            outgoing.priority = priority

    def reset(self, stream_id: int, code: int = ErrorCodes.CANCEL) -> None:
        """End a stream in the middle."""
        if self._drop(stream_id) is not None and self.error is None:
            with suppress(NoSuchStreamError):
                self._machine.reset_stream(stream_id, code)

    def refuse(self, stream_id: int, code: int = ErrorCodes.PROTOCOL_ERROR) -> None:
        """End a stream in the middle by the peer's fault, which counts."""
        self.reset(stream_id, code)
        if self.error is None:
            try:
                self._guard.count_reset()
            except ProtocolError as error:
                self._machine.send_goaway(self._last_id, error.error_code)
                self._fail(error)

    def forget(self, stream_id: int) -> None:
        """Let go of a stream that both sides have ended."""
        self.streams.pop(stream_id, None)

    def drain(self) -> None:
        """Take no new streams, once the peer had time to learn of it; those that are open go on."""
        if not self._draining and self.error is None:
            self._draining = True
            self._machine.send_goaway(LAST_STREAM_ID)
            self._machine.ping(_DRAIN_PING)

    def close(self, code: int = ErrorCodes.NO_ERROR) -> None:
        """Say that the connection ends; what was not sent is thrown away."""
        if self.error is None:
            self._sender.waiting.clear()
            self._machine.send_goaway(self._last_id, code)

    # Output

    @property
    def backlog(self) -> bool:
        """Whether some data waits, for room at the transport or at the peer."""
        return bool(self._sender.waiting)

    def take_output(self, now: float, room: int = _OUTPUT) -> bytes:
        """Return what to write now.

        Args:
            now: The time, in seconds.
            room: Octets of data to take at the most; all else comes in any case.
        """
        if self._sender.waiting and room > 0:
            low = self.limits.queue_high // 2
            for outgoing in self._sender.serve(room, now):
                if outgoing.congested and outgoing.queued <= low:
                    outgoing.congested = False
                    self._relieved.append(outgoing.stream_id)
        return self._machine.data_to_send()

    def relieved(self) -> list[int]:
        """Return the streams that have room again since this was last asked."""
        if not self._relieved:
            return []
        streams, self._relieved = self._relieved, []
        return streams

    def ended(self, stream_id: int) -> bool:
        """Tell whether everything of a stream that was to be sent is in the output, its end included."""
        outgoing = self.streams.get(stream_id)
        return outgoing is None or (outgoing.ended and stream_id not in self._sender.waiting)

    def stalled(self, now: float) -> list[int]:
        """Return the streams whose data the peer has not let go for too long."""
        oldest = now - self.limits.stall_timeout
        return [
            stream_id
            for stream_id, outgoing in self._sender.waiting.items()
            if outgoing.queued and outgoing.since <= oldest
        ]
