"""What waits to be sent on an HTTP/2 connection, and in which order it goes.

Data waits with its stream until the peer's flow control and the transport have room for it, so that a
stream that becomes urgent later still overtakes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from sennit.http.h2.priority import DEFAULT_PRIORITY, Priority

__all__ = ["Outgoing", "Sender"]

_Fields = Sequence[tuple[bytes, bytes]]


class Outgoing:
    """What one stream has to send.

    Attributes:
        stream_id: The stream.
        queued: Octets that wait.
        ended: Whether nothing is to follow.
        trailers: The fields to end with.
        priority: When its turn comes.
        congested: Whether its producer was told to pause.
        turn: When it was last served, in frames.
        since: When it last made progress, in seconds; counts while octets wait.
    """

    __slots__ = (
        "congested",
        "ended",
        "pieces",
        "priority",
        "queued",
        "since",
        "stream_id",
        "trailers",
        "turn",
    )

    def __init__(self, stream_id: int, priority: Priority = DEFAULT_PRIORITY) -> None:
        self.stream_id = stream_id
        self.pieces: deque[memoryview | bytes] = deque()
        self.queued = 0
        self.ended = False
        self.trailers: _Fields = ()
        self.priority = priority
        self.congested = False
        self.turn = 0
        self.since = 0.0

    def put(self, data: bytes) -> None:
        """Add octets."""
        self.pieces.append(data)
        self.queued += len(data)

    def take(self, most: int) -> bytes | memoryview:
        """Remove and return octets from the front, at most so many."""
        pieces = self.pieces
        first = pieces[0]
        size = len(first)
        if size > most:
            view = memoryview(first)
            pieces[0] = view[most:]
            self.queued -= most
            return view[:most]
        pieces.popleft()
        if size < most and pieces:
            # Small pieces share a frame.
            joined = bytearray(first)
            while pieces and len(joined) + len(pieces[0]) <= most:
                joined += pieces.popleft()
            self.queued -= len(joined)
            return bytes(joined)
        self.queued -= size
        return first


class Sender:
    """Serves the streams of a connection by priority.

    Args:
        machine: The h2 connection.
        frame_size: Octets of a frame of data, at most; small enough for others to get their turn.
    """

    __slots__ = ("_frame_size", "_machine", "_turn", "waiting")

    def __init__(self, machine: Any, frame_size: int = 16384) -> None:
        self._machine = machine
        self._frame_size = frame_size
        self._turn = 0
        self.waiting: dict[int, Outgoing] = {}

    def serve(self, limit: int, now: float) -> list[Outgoing]:
        """Turn what waits into frames.

        Args:
            limit: Octets of data to stop after.
            now: The time, in seconds.

        Returns:
            The streams that were served.
        """
        served: dict[int, Outgoing] = {}
        machine = self._machine
        waiting = self.waiting
        blocked: set[int] = set()
        while limit > 0:
            outgoing = self._next(blocked)
            if outgoing is None:
                break
            stream_id = outgoing.stream_id
            if outgoing.queued:
                room = min(
                    machine.local_flow_control_window(stream_id),
                    machine.max_outbound_frame_size,
                    self._frame_size,
                )
                if room <= 0:
                    blocked.add(stream_id)
                    continue
                data = outgoing.take(room)
                last = outgoing.ended and not outgoing.queued and not outgoing.trailers
                machine.send_data(stream_id, data, end_stream=last)
                machine.guard.count_sent()
                limit -= len(data) + 9
            else:
                last = True
                if outgoing.trailers:
                    machine.send_headers(stream_id, outgoing.trailers, end_stream=True)
                else:
                    machine.end_stream(stream_id)
            self._turn += 1
            outgoing.turn = self._turn
            outgoing.since = now
            served[stream_id] = outgoing
            if last or (not outgoing.queued and not outgoing.ended):
                del waiting[stream_id]
        return list(served.values())

    def _next(self, blocked: set[int]) -> Outgoing | None:
        best: Outgoing | None = None
        best_rank: tuple[int, int, int] = (0, 0, 0)
        for stream_id, outgoing in self.waiting.items():
            if stream_id in blocked:
                continue
            urgency, incremental = outgoing.priority
            # One that is not incremental is wanted whole, so it keeps its place.
            rank = (urgency, outgoing.turn, stream_id) if incremental else (urgency, 0, stream_id)
            if best is None or rank < best_rank:
                best, best_rank = outgoing, rank
        return best
