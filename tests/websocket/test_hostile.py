"""Peers that break the rules, or take what they can."""

from __future__ import annotations

import zlib

import pytest
import wsproto.events as ev
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.websocket.client_frames import frame

from sennit.websocket import Conversation, WebSocketLimits
from sennit.websocket.conversation import Pong
from sennit.websocket.library import ServerPerMessageDeflateFactory


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def code(client):
    """Return the code of the closing frame that came."""
    return next(event.code for event in client.events() if type(event) is ev.CloseConnection)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"\x81\x02hi", 1002),  # without a mask
        (frame(0x83, b"x"), 1002),  # an opcode that is none
        (frame(0xC1, b"x"), 1002),  # a reserved bit
        (frame(0x80, b"x"), 1002),  # a continuation of nothing
        (frame(0x01, b"x") + frame(0x81, b"y"), 1002),  # a message inside another
        (frame(0x09, b"x"), 1002),  # a control frame in fragments
        (frame(0x89, b"x" * 126), 1002),  # a long control frame
        (frame(0x88, b"\x03"), 1002),  # half a closing code
        (frame(0x88, b"\x03\xed"), 1002),  # code 1005
        (frame(0x88, b"\x03\xe8\xff"), 1007),  # a reason that is not UTF-8
        (frame(0x81, b"\xff"), 1007),
        (frame(0x01, b"\xc3") + frame(0x80, b"x"), 1007),
        (frame(0x82, b"x" * 1001), 1009),
        (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),  # a length and nothing else
        (frame(0x02, b"x" * 600) + frame(0x80, b"x" * 600), 1009),
    ],
)
def test_known_broken_frames_close_with_the_right_code(open_, octets, expected, reported):
    client = open_(echo, message_size=1000)
    client.write(octets)
    assert code(client) == expected
    assert client.wire.disconnecting
    client.write(frame(0x81, b"more"))
    assert client.events() == []
    assert reported == []


def test_known_text_in_fragments_may_be_cut_inside_a_character(open_):
    client = open_(echo)
    client.write(frame(0x01, b"\xc3") + frame(0x80, b"\xa4"))
    assert client.events()[0].data == "ä"


@pytest.mark.parametrize("payload", [b"", b"x"])
def test_known_a_message_of_endless_fragments_is_too_big(open_, payload):
    client = open_(echo, fragments=10)
    client.write(frame(0x02, b"x") + frame(0x00, payload) * 20)
    assert code(client) == 1009


def test_known_deflate_bomb_is_too_big_before_it_is_inflated(open_):
    client = open_(echo, b"Sec-WebSocket-Extensions: permessage-deflate", message_size=1000)
    compressor = zlib.compressobj(wbits=-15)
    bomb = compressor.compress(b"\0" * 10_000_000) + compressor.flush(zlib.Z_SYNC_FLUSH)
    client.write(frame(0xC2, bomb[:-4]))
    assert code(client) == 1009


def test_known_a_deflate_stream_that_is_none_is_an_error(open_):
    client = open_(echo, b"Sec-WebSocket-Extensions: permessage-deflate")
    client.write(frame(0xC2, b"\xff\xff\xff"))
    assert code(client) == 1002


def test_pings_are_answered_only_as_fast_as_the_peer_reads(open_):
    client = open_(echo)
    client.protocol.pauseProducing()
    assert client.wire.producerState == "paused"


def _deflate():
    return ServerPerMessageDeflateFactory().process_request_params([], [])[1]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40), st.booleans(), st.booleans())
def test_no_octets_raise_however_they_are_cut(data, size, client, deflate):
    conversation = Conversation(
        client=client,
        extensions=[_deflate()] if deflate else [],
        limits=WebSocketLimits(message_size=1000),
    )
    for start in range(0, len(data), size):
        for event in conversation.receive_data(data[start : start + size]):
            assert type(event) in (str, bytes, Pong)
        assert isinstance(conversation.output(), bytes)
    conversation.receive_eof()
    assert 1000 <= conversation.close_code < 5000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(frame, st.integers(0, 255), st.binary(max_size=130), st.binary(min_size=4, max_size=4)),
        max_size=8,
    ),
    st.booleans(),
)
def test_no_sequence_of_frames_raises(frames, deflate):
    conversation = Conversation(client=False, extensions=[_deflate()] if deflate else [])
    conversation.receive_data(b"".join(frames))
    assert isinstance(conversation.output(), bytes)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=200), st.binary(max_size=70_000)), max_size=5),
    st.integers(1, 5000),
    st.booleans(),
)
def test_what_one_side_sends_the_other_receives(messages, size, compressed):
    from sennit.http import Headers
    from sennit.websocket.handshake import accept_request, check_response, request_fields

    asked = Headers(request_fields(key=None, deflate=compressed))
    accepted = accept_request(asked, method=b"CONNECT", http2=True)
    agreed = check_response(200, Headers(accepted.fields), key=None, subprotocols=(), deflate=compressed)
    assert bool(agreed.extensions) is bool(accepted.extensions) is compressed
    client = Conversation(client=True, extensions=agreed.extensions)
    server = Conversation(client=False, extensions=accepted.extensions)
    for message in messages:
        client.send(message)
    client.close(4000, "done")
    data = client.output()
    received = []
    for start in range(0, len(data), size):
        received += server.receive_data(data[start : start + size])
    assert received == messages
    assert (server.close_code, server.close_reason) == (4000, "done")
    assert client.receive_data(server.output()) == []
    assert client.clean
    assert server.ends
