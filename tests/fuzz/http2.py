"""HTTP/2: frames whose lengths are right more often than not, to a server's and a client's side."""

from __future__ import annotations

from contextlib import suppress

from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from sennit.http import Limits, RemoteProtocolError
from sennit.http.h2 import Connection
from sennit.http.h2.fields import request_head

from .mutation import change, cut

LIMITS = Limits(header_size=2000, request_line=500, body_size=2000)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER = 9


def server(pieces):
    """Have a server's side read."""
    _read(Connection(client=False), [PREFACE + SettingsFrame(0).serialize(), *pieces], client=False)


def client(pieces):
    """Have a client's side read, with two requests under way."""
    connection = Connection(client=True)
    connection.take_output(0.0)
    connection.receive_data(SettingsFrame(0).serialize(), 0.0)
    for method in (b"GET", b"HEAD"):
        connection.open_stream([(b":method", method), *GET[1:]], end=True)
    _read(connection, pieces, client=True)


def _read(connection, pieces, *, client):
    for piece in pieces:
        for event in connection.receive_data(piece, 0.0):
            headers = getattr(event, "headers", None)
            if headers is not None and not client:
                with suppress(RemoteProtocolError):
                    request_head(headers, ended=False, limits=LIMITS)
        connection.take_output(0.0)


def make_frames(rng, seed):
    """Choose frames, change some of them within, and write them with the length that they have then."""
    out = []
    for _ in range(rng.randrange(1, 7)):
        frame = rng.choice(FRAMES if rng.randrange(4) else [seed])
        kind = rng.randrange(8)
        if kind < 3:
            payload = change(rng, frame[HEADER:])
            frame = len(payload).to_bytes(3, "big") + frame[3:HEADER] + payload
        elif kind == 3:
            # Other flags, another kind, another stream.
            at = rng.choice((3, 4, 8))
            frame = (
                frame[:at] + bytes([rng.randrange(256) if at == 4 else rng.randrange(12)]) + frame[at + 1 :]
            )
        elif kind == 4:
            frame = change(rng, frame)
        out.append(frame)
    return cut(rng, b"".join(out))


def headers(stream_id, fields, *flags, kind=HeadersFrame):
    """Return a frame of fields."""
    frame = kind(stream_id, data=Encoder().encode(fields))
    frame.flags |= {"END_HEADERS", *flags}
    return frame.serialize()


GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")]
POST = [(b":method", b"POST"), *GET[1:], (b"content-length", b"3")]
WEBSOCKET = [
    (b":method", b"CONNECT"),
    (b":protocol", b"websocket"),
    *GET[1:],
    (b"sec-websocket-version", b"13"),
]
_split = headers(5, [*GET, (b"x", b"y" * 40)])
_first = HeadersFrame(7, data=_split[HEADER : HEADER + 20])
_rest = ContinuationFrame(7, data=_split[HEADER + 20 :])
_rest.flags.add("END_HEADERS")
_padded = DataFrame(3, b"abc", pad_length=4)
_padded.flags |= {"PADDED", "END_STREAM"}
REQUESTS = [
    headers(1, GET, "END_STREAM"),
    headers(3, POST),
    headers(5, WEBSOCKET),
    headers(3, [(b"trailer", b"1")], "END_STREAM"),
    headers(9, [*GET, (b"priority", b"u=1, i"), (b"cookie", b"a=b"), (b"cookie", b"c=d")], "END_STREAM"),
]
RESPONSES = [
    headers(1, [(b":status", b"200"), (b"content-length", b"3")]),
    headers(3, [(b":status", b"204")], "END_STREAM"),
    headers(1, [(b":status", b"100")]),
    headers(1, [(b"trailer", b"1")], "END_STREAM"),
]
FRAMES = [
    DataFrame(1, b"abc").serialize(),
    DataFrame(3, b"abc").serialize(),
    _padded.serialize(),
    _first.serialize() + _rest.serialize(),
    PingFrame(0, b"12345678").serialize(),
    RstStreamFrame(1, 8).serialize(),
    SettingsFrame(0, settings={1: 0, 3: 7, 4: 70000, 5: 20000, 6: 900, 8: 1, 9: 1}).serialize(),
    SettingsFrame(0, flags=["ACK"]).serialize(),
    WindowUpdateFrame(0, 5).serialize(),
    WindowUpdateFrame(1, (1 << 31) - 1).serialize(),
    PriorityFrame(3, depends_on=1, stream_weight=7).serialize(),
    PushPromiseFrame(1, 2, data=Encoder().encode(GET), flags=["END_HEADERS"]).serialize(),
    GoAwayFrame(0, last_stream_id=1, error_code=2, additional_data=b"so").serialize(),
    # RFC 9218: PRIORITY_UPDATE; and a kind that nobody has defined.
    b"\0\0\x07\x10\0\0\0\0\0\0\0\0\x01u=2",
    b"\0\0\x02\xaa\0\0\0\0\x01xy",
]
