"""The HTTP/2 core: two of them in conversation, and hostile peers made of frames."""

from __future__ import annotations

import pytest
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.http.h2 import Connection, Http2Limits, Priority, parse_priority
from sennit.http.h2.flooding import Budget

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"example.com"), (b":path", b"/")]
OK = [(b":status", b"200")]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Pair:
    """A client and a server, joined."""

    def __init__(self, **limits):
        self.client = Connection(client=True)
        self.server = Connection(client=False, limits=Http2Limits(**limits))
        self.at_client = []
        self.at_server = []
        self.run()

    def run(self, room=1 << 20):
        """Carry octets to and fro until none are left."""
        while True:
            ours, theirs = self.client.take_output(0), self.server.take_output(0, room)
            if not ours and not theirs:
                return
            self.at_server += self.server.receive_data(ours, 0)
            self.at_client += self.client.receive_data(theirs, 0)

    def ask(self, fields=GET):
        """Send a request without body; return its stream."""
        stream_id = self.client.open_stream(fields, end=True)
        self.run()
        return stream_id

    def received(self, kind):
        """Return what happened at the client, of one kind."""
        return [event for event in self.at_client if type(event) is kind]


class Peer:
    """A peer of a server that sends whatever frames it likes."""

    def __init__(self, **limits):
        self.server = Connection(client=False, limits=Http2Limits(**limits))
        self.encoder = Encoder()
        self.events = []
        self.send_octets(PREFACE + SettingsFrame(0).serialize())

    def send_octets(self, data, now=0.0):
        self.events += self.server.receive_data(data, now)
        output = self.server.take_output(now)
        frames = []
        while output:
            frame, length = Frame.parse_frame_header(memoryview(output[:9]))
            frame.parse_body(memoryview(output[9 : 9 + length]))
            output = output[9 + length :]
            frames.append(frame)
        return frames

    def send(self, *frames, now=0.0):
        """Send frames; return those that come back."""
        return self.send_octets(b"".join(frame.serialize() for frame in frames), now)

    def headers(self, stream_id, fields=GET, flags=("END_HEADERS", "END_STREAM")):
        frame = HeadersFrame(stream_id, self.encoder.encode(fields))
        frame.flags |= set(flags)
        return frame

    @property
    def calmed(self):
        """Whether the server has had enough."""
        return self.server.error_code == ErrorCodes.ENHANCE_YOUR_CALM


def extension(kind, body):
    frame = ExtensionFrame(kind, 0, body=body)
    frame.body_len = len(body)
    return frame


def flags(frame, *names):
    frame.flags |= set(names)
    return frame


def test_a_request_and_its_response_arrive_whole():
    pair = Pair()
    stream_id = pair.ask()
    assert [type(event) for event in pair.at_server[-2:]] == [RequestReceived, StreamEnded]
    pair.server.send_head(stream_id, OK)
    pair.server.send(stream_id, b"hello", end=True)
    pair.run()
    assert [type(event) for event in pair.at_client[-3:]] == [ResponseReceived, DataReceived, StreamEnded]
    assert pair.server.ended(stream_id)


def test_trailers_follow_the_data():
    pair = Pair()
    stream_id = pair.ask()
    pair.server.send_head(stream_id, OK)
    pair.server.send(stream_id, b"hello")
    pair.server.send(stream_id, b"", end=True, trailers=[(b"checksum", b"1")])
    pair.run()
    assert pair.received(TrailersReceived)[0].headers == [(b"checksum", b"1")]


def test_data_waits_for_the_peers_window_and_goes_on_when_it_is_consumed():
    pair = Pair()
    stream_id = pair.ask()
    pair.server.send_head(stream_id, OK)
    pair.server.send(stream_id, b"x" * 400_000, end=True)
    pair.run()
    arrived = sum(len(event.data) for event in pair.received(DataReceived))
    assert arrived == 262_144
    assert pair.server.backlog
    for event in pair.received(DataReceived):
        pair.client.consumed(stream_id, event.flow_controlled_length)
    pair.run()
    assert sum(len(event.data) for event in pair.received(DataReceived)) == 400_000
    assert not pair.server.backlog


def test_a_producer_is_told_to_pause_at_the_high_mark_and_to_go_on_when_half_is_gone():
    pair = Pair(queue_high=1000)
    stream_id = pair.ask()
    pair.server.send_head(stream_id, OK)
    assert pair.server.send(stream_id, b"x" * 999)
    assert not pair.server.send(stream_id, b"x")
    assert pair.server.relieved() == []
    pair.run()
    assert pair.server.relieved() == [stream_id]
    assert pair.server.send(stream_id, b"x")


def test_the_urgent_stream_goes_first_and_incremental_ones_take_turns():
    pair = Pair()
    streams = [pair.ask() for _ in range(4)]
    for stream_id in streams:
        pair.server.send_head(stream_id, OK)
        pair.server.send(stream_id, b"x" * 40_000, end=True)
    pair.server.set_priority(streams[0], Priority(5, False))
    pair.server.set_priority(streams[1], Priority(3, True))
    pair.server.set_priority(streams[2], Priority(3, True))
    pair.server.set_priority(streams[3], Priority(0, False))
    pair.run(room=1)
    order = [event.stream_id for event in pair.received(DataReceived)]
    assert order == [7, 7, 7, 3, 5, 3, 5, 3, 5, 1, 1, 1]


def test_a_priority_update_counts_before_and_after_its_request():
    peer = Peer()
    peer.send(extension(0x10, b"\0\0\0\1u=6"))
    peer.send(peer.headers(1), peer.headers(3), extension(0x10, b"\0\0\0\3u=1, i"))
    assert peer.server.streams[1].priority == Priority(6, False)
    assert peer.server.streams[3].priority == Priority(1, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", (3, False)),
        (b"u=0", (0, False)),
        (b"i", (3, True)),
        (b"u=5, i", (5, True)),
        (b"u=5,i=?0", (5, False)),
        (b"u=9, i", (3, True)),
        (b"u=-1", (3, False)),
        (b"U=1", (3, False)),
        (b"u=2;x=1, q=3", (2, False)),
        (b"i=?1, " + b"a" * 300, (3, False)),
    ],
)
def test_a_priority_field_is_read_as_rfc_9218_says(value, expected):
    assert parse_priority(value) == expected


@given(st.binary(max_size=300))
def test_no_priority_field_is_too_odd(value):
    priority = parse_priority(value)
    assert 0 <= priority.urgency <= 7


def test_a_stream_too_many_is_refused_and_the_connection_goes_on():
    peer = Peer(streams=2)
    frames = peer.send(peer.headers(1), peer.headers(3), peer.headers(5))
    assert [(type(frame), frame.stream_id) for frame in frames] == [(RstStreamFrame, 5)]
    assert frames[0].error_code == ErrorCodes.REFUSED_STREAM
    assert peer.server.error is None


def test_draining_lets_open_streams_end_and_refuses_new_ones():
    pair = Pair()
    stream_id = pair.ask()
    pair.server.drain()
    pair.run()
    assert pair.client.peer_going == stream_id
    assert not pair.client.can_open()
    late = pair.client.open_stream(GET, end=True)
    pair.server.send_head(stream_id, OK)
    pair.server.send(stream_id, b"to the end", end=True)
    pair.run()
    assert pair.received(DataReceived)[0].data == b"to the end"
    assert pair.received(StreamReset)[0].stream_id == late


def test_a_peer_that_goes_away_still_gets_its_responses():
    peer = Peer()
    peer.send(peer.headers(1), GoAwayFrame(0))
    assert type(peer.events[-1]) is ConnectionTerminated
    peer.server.send_head(1, OK)
    peer.server.send(1, b"hello", end=True)
    data = [frame for frame in peer.send() if type(frame) is DataFrame]
    assert data[0].data == b"hello"


def test_stalled_streams_are_those_whose_data_the_peer_does_not_take():
    peer = Peer(stall_timeout=60.0)
    peer.send(SettingsFrame(0, settings={4: 0}), peer.headers(1), now=10.0)
    peer.server.send_head(1, OK)
    peer.server.send(1, b"hello", end=True)
    assert peer.server.stalled(69.0) == []
    assert peer.server.stalled(70.0) == [1]


def test_data_for_a_stream_that_is_gone_does_not_use_up_the_connections_window():
    peer = Peer(connection_window=100_000, stream_window=65_535)
    peer.send(peer.headers(1, flags=("END_HEADERS",)))
    peer.server.reset(1)
    frames = [f for _ in range(10) for f in peer.send(DataFrame(1, b"x" * 16_000))]
    updates = [frame for frame in frames if type(frame) is WindowUpdateFrame and frame.stream_id == 0]
    assert sum(frame.window_increment for frame in updates) > 60_000


# Hostile peers


def test_cve_2023_44487_rapid_reset_is_calmed():
    peer = Peer()
    for index in range(1000):
        stream_id = 2 * index + 1
        peer.send(peer.headers(stream_id), RstStreamFrame(stream_id, 8))
        if peer.server.error is not None:
            break
    assert peer.calmed
    assert len([event for event in peer.events if type(event) is RequestReceived]) == 400
    assert not peer.server.streams


def test_resets_at_a_human_pace_are_fine():
    peer = Peer()
    for index in range(1000):
        stream_id = 2 * index + 1
        peer.send(peer.headers(stream_id), RstStreamFrame(stream_id, 8), now=index / 10)
    assert peer.server.error is None


def test_cve_2025_8671_resets_that_the_peer_makes_us_send_count_as_its_own():
    peer = Peer()
    for index in range(1000):
        stream_id = 2 * index + 1
        # One more than a window may ever be is an error of the stream.
        peer.send(peer.headers(stream_id, flags=("END_HEADERS",)), WindowUpdateFrame(stream_id, 2**31 - 1))
        if peer.server.error is not None:
            break
    assert peer.calmed


def test_cve_2019_9512_a_ping_flood_is_calmed():
    peer = Peer()
    peer.send(*[PingFrame(0, b"12345678")] * 500)
    assert peer.calmed


def test_cve_2019_9513_a_priority_flood_is_calmed():
    peer = Peer()
    peer.send(*[PriorityFrame(1, depends_on=0, stream_weight=5)] * 500)
    assert peer.calmed


def test_cve_2019_9514_a_reset_flood_on_closed_streams_is_calmed():
    peer = Peer()
    peer.send(peer.headers(1))
    peer.send(*[RstStreamFrame(1, 8)] * 500)
    assert peer.calmed


def test_cve_2019_9515_a_settings_flood_is_calmed_and_large_frames_count_more():
    peer = Peer()
    peer.send(*[SettingsFrame(0, settings={3: 100})] * 500)
    assert peer.calmed
    peer = Peer()
    body = b"".join(number.to_bytes(2, "big") + b"\0\0\0\1" for number in range(100, 600))
    peer.send_octets(len(body).to_bytes(3, "big") + b"\x04\0\0\0\0\0" + body)
    assert peer.calmed


def test_cve_2019_9517_a_window_update_flood_is_calmed():
    peer = Peer()
    peer.send(*[WindowUpdateFrame(0, 1)] * 3000)
    assert peer.calmed


def test_cve_2019_9518_an_empty_frames_flood_is_calmed():
    peer = Peer()
    peer.send(peer.headers(1, flags=("END_HEADERS",)), *[DataFrame(1, b"")] * 200)
    assert peer.calmed
    peer = Peer()
    peer.send(
        peer.headers(1, flags=("END_HEADERS",)), *[flags(DataFrame(1, b"", pad_length=9), "PADDED")] * 200
    )
    assert peer.calmed


def test_known_unknown_frames_in_great_number_are_calmed():
    peer = Peer()
    peer.send(*[extension(0xEE, b"x")] * 500)
    assert peer.calmed


def test_known_continuation_flood_ends_the_connection():
    peer = Peer()
    frames = [peer.headers(1, flags=())] + [ContinuationFrame(1, b"x" * 10)] * 100
    answer = peer.send(*frames)
    assert peer.server.error is not None
    assert type(answer[-1]) is GoAwayFrame
    assert peer.events == [event for event in peer.events if type(event) is not RequestReceived]


def test_known_header_bomb_ends_the_connection():
    peer = Peer()
    encoder = peer.encoder
    value = (b"bomb", b"x" * 4000)
    first = HeadersFrame(1, encoder.encode([*GET, value]))
    # One octet for each repetition of four thousand.
    peer.send(flags(first, "END_HEADERS", "END_STREAM"))
    bomb = HeadersFrame(3, encoder.encode(GET) + encoder.encode([value]) * 4000)
    answer = peer.send(flags(bomb, "END_HEADERS", "END_STREAM"))
    assert peer.calmed
    assert type(answer[-1]) is GoAwayFrame


def test_input_after_an_error_is_thrown_away():
    peer = Peer()
    peer.send(flags(HeadersFrame(2, b"\x88"), "END_HEADERS"))
    assert peer.server.error is not None
    assert peer.send(peer.headers(3)) == []


def test_a_budget_fills_up_again_but_never_past_its_burst():
    budget = Budget(2, 1.0)
    assert budget.spend(0)
    assert budget.spend(0)
    assert not budget.spend(0.5)
    assert budget.spend(1.0)
    assert not budget.spend(1.0)
    assert [budget.spend(100.0) for _ in range(3)] == [True, True, False]


_frames = st.lists(
    st.builds(
        lambda kind, frame_flags, stream_id, body: (
            len(body).to_bytes(3, "big") + bytes([kind, frame_flags]) + stream_id.to_bytes(4, "big") + body
        ),
        st.integers(0, 17),
        st.integers(0, 255),
        st.one_of(st.integers(0, 9), st.integers(0, 2**32 - 1)),
        st.binary(max_size=60),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(_frames, st.booleans())
def test_no_sequence_of_frames_raises(frames, client):
    connection = Connection(client=client)
    data = (b"" if client else PREFACE) + SettingsFrame(0).serialize() + b"".join(frames)
    connection.receive_data(data, 0.0)
    assert isinstance(connection.take_output(0.0), bytes)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_no_octets_raise_however_they_are_cut(data, size):
    connection = Connection(client=False)
    for start in range(0, len(data), size):
        connection.receive_data(data[start : start + size], 0.0)
    connection.receive_data(PREFACE + data, 0.0)
