"""Frames that pass the core by: what a peer sends means the same as it does to the core alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.websocket import Conversation, WebSocketLimits
from sennit.websocket.conversation import Pong
from sennit.websocket.frames import BINARY, FOR_CORE, TEXT, FrameReader, frame
from sennit.websocket.library import CLIENT, SERVER, Core, Opcode, State, apply_mask

LIMIT = 1000
FRAMES = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 1, 2, 0, 9, 10, 1, 2, 8, 3]),
        st.sampled_from([0x80, 0x80, 0x80, 0]),
        st.sampled_from([0, 0, 0, 0, 0, 0x40]),
        st.sampled_from([True] * 9 + [False]),
        st.sampled_from([0, 1, 5, 125, 126, 300, 999, 1000, 1001, 70_000]),
    ),
    max_size=8,
)


def octets(opcode, fin, rsv, masked, size):
    """Return a frame with anything in it."""
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([fin | rsv | opcode, bit | size])
    elif size < 65536:
        head = bytes([fin | rsv | opcode, bit | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([fin | rsv | opcode, bit | 127]) + size.to_bytes(8, "big")
    payload = b"\x03\xe8" + b"x" * (size - 2) if opcode == 8 and size > 1 else b"x" * size
    if not masked:
        return head + payload
    return head + b"mask" + apply_mask(payload, b"mask")


def messages_of(core):
    found = []
    kind, pieces = None, []
    for event in core.events_received():
        if event.opcode in (Opcode.TEXT, Opcode.BINARY):
            kind, pieces = event.opcode, []
        elif event.opcode is Opcode.PONG:
            found.append(Pong(bytes(event.data)))
        if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            pieces.append(bytes(event.data))
            if event.fin:
                whole = b"".join(pieces)
                found.append(whole.decode() if kind is Opcode.TEXT else whole)
    return found


@settings(max_examples=300, deadline=None)
@given(frames=FRAMES, cuts=st.lists(st.integers(0, 3000), max_size=6), client=st.booleans())
def test_octets_mean_the_same_as_to_the_core_alone_however_they_are_cut(frames, cuts, client):
    sent = b"".join(octets(code, fin, rsv, masked is not client, n) for code, fin, rsv, masked, n in frames)
    core = Core(CLIENT if client else SERVER, state=State.OPEN, max_size=LIMIT)
    conversation = Conversation(client=client, limits=WebSocketLimits(message_size=LIMIT))
    marks = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
    received = []
    for begin, end in pairwise(marks):
        core.receive_data(sent[begin:end])
        received += conversation.receive_data(sent[begin:end])
    assert received == messages_of(core)
    written = b"".join(core.data_to_send())
    answered = conversation.output()
    assert len(answered) == len(written)
    # A client's masks are random.
    assert client or answered == written
    assert conversation.open is (core.state is State.OPEN)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_is_read_again_octet_by_octet(size, masked):
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    sent = frame(BINARY, payload, masked)
    reader = FrameReader(masked, 1 << 20)
    first = min(len(sent), 20)
    found = []
    for index in range(first):
        found += reader.read(sent[index : index + 1])
    found += reader.read(sent[first:] + sent)
    assert [kind for kind, _ in found] == [BINARY, BINARY]
    assert all(read == payload for _, read in found)


def test_a_message_that_may_be_any_size_is_read_whole():
    reader = FrameReader(False, 1 << 62)
    assert reader.read(frame(TEXT, b"x" * 300_000, False)) == [(TEXT, b"x" * 300_000)]


def test_a_length_beyond_all_bounds_is_for_the_core():
    reader = FrameReader(False, 1 << 20)
    head = b"\x82\x7f" + b"\xff" * 8
    assert reader.read(head + b"abc") == [(FOR_CORE, head + b"abc")]
    assert reader.read(b"def") == [(FOR_CORE, b"def")]


def test_no_more_than_a_head_is_kept_of_a_message_that_is_too_large():
    conversation = Conversation(client=False, limits=WebSocketLimits(message_size=100))
    assert conversation.receive_data(b"\x82\xfe\x01\x00mask") == []
    closing = conversation.output()
    assert closing[:1] == b"\x88"
    assert closing[2:4] == (1009).to_bytes(2, "big")
    assert not conversation.open
