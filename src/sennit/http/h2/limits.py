"""What one HTTP/2 peer may take up, beside the limits of HTTP in general."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_HTTP2_LIMITS", "Http2Limits"]


@dataclass(frozen=True, slots=True)
class Http2Limits:
    """Limits of one HTTP/2 connection.

    Each pair of ``burst`` and ``rate`` is a budget: so many at once, and so many a second after that; a peer
    that overdraws it is told ENHANCE_YOUR_CALM, and the connection ends.

    Attributes:
        streams: Streams that the peer may have open; one more is refused, and may be tried again.
        header_size: Octets of a header list, counted as RFC 9113 section 6.5.2 does.
        table_size: Octets of the table with which the peer may compress header lists (RFC 7541 section 4.2).
        stream_window: Octets of one stream that the peer may send before they are consumed.
        connection_window: Octets of all streams together that the peer may send before they are consumed.
        reset_burst: Streams that the peer may cancel, or cause to be reset, at once (CVE-2023-44487).
        reset_rate: The same, a second.
        control_burst: Frames that carry nothing of a message: PING, PRIORITY, single settings, unknown ones.
        control_rate: The same, a second.
        window_burst: WINDOW_UPDATE frames beyond a fair share of four for each frame of data.
        window_rate: The same, a second.
        empty_burst: Frames of messages without any content (CVE-2019-9518).
        empty_rate: The same, a second.
        queue_high: Octets that may wait in one stream before its producer is paused.
        stall_timeout: Seconds that data may wait for the peer to take it, before its stream is reset.
    """

    streams: int = 100
    header_size: int = 65536
    table_size: int = 4096
    stream_window: int = 262_144
    connection_window: int = 1 << 20
    reset_burst: int = 400
    reset_rate: float = 40.0
    control_burst: int = 400
    control_rate: float = 40.0
    window_burst: int = 2000
    window_rate: float = 100.0
    empty_burst: int = 100
    empty_rate: float = 10.0
    queue_high: int = 65536
    stall_timeout: float = 60.0


DEFAULT_HTTP2_LIMITS = Http2Limits()
