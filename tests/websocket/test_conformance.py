"""What RFC 6455 and RFC 7692 ask of a server, case by case: octets in, frames out, whole and in small pieces.

The groups are those of the Autobahn test suite: framing, pings, reserved bits, opcodes, fragments, UTF-8,
closing, sizes, compression.
"""

from __future__ import annotations

import zlib

import pytest
from tests.websocket.client_frames import frame

CLOSE, PING, PONG = 0x88, 0x89, 0x8A
TEXT, BINARY = 0x81, 0x82


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def frames(data):
    """Return the frames that a server sent: the first octet of each, and its payload."""
    found = []
    while data:
        head, length = data[0], data[1]
        assert length < 0x80, "a server does not mask"
        at = 2
        if length == 126:
            length, at = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, at = int.from_bytes(data[2:10], "big"), 10
        assert len(data) >= at + length
        found.append((head, data[at : at + length]))
        data = data[at + length :]
    return found


def closing(code, reason=b""):
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


@pytest.fixture(params=[0, 1, 7], ids=["whole", "octets", "sevens"])
def talk(request, open_, reported):
    """Say something to an echoing server; return its frames, the code alone of one that closes by itself."""

    def talk(*said, lines=(), **limits):
        client = open_(echo, *lines, **limits)
        data = b"".join(said)
        # Large messages in pieces that do not take all day.
        step = request.param * (1 + len(data) // 20_000) or len(data)
        for at in range(0, len(data), step):
            client.write(data[at : at + step])
        assert reported == []
        return frames(client.wire.take())

    return talk


def code(sent):
    """Return the code of the closing frame, which is the last."""
    head, payload = sent[-1]
    assert head == CLOSE
    return int.from_bytes(payload[:2], "big")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 65537])
@pytest.mark.parametrize("head", [TEXT, BINARY])
def test_a_message_of_any_length_comes_back(talk, head, size):
    sent = talk(frame(head, b"*" * size))
    assert len(sent) == 1
    assert sent[0][0] == head
    assert sent[0][1] == b"*" * size


@pytest.mark.parametrize("payload", [b"", b"Hello", b"\0\xff\xfe\xfd", b"x" * 125])
def test_a_ping_is_answered_with_what_it_carries(talk, payload):
    assert talk(frame(PING, payload)) == [(PONG, payload)]


def test_each_ping_is_answered(talk):
    pings = [b"payload-%d" % number for number in range(10)]
    assert talk(*[frame(PING, each) for each in pings]) == [(PONG, each) for each in pings]


@pytest.mark.parametrize("payload", [b"", b"unasked for"])
def test_a_pong_is_not_answered(talk, payload):
    assert talk(frame(PONG, payload), frame(PING, b"x")) == [(PONG, b"x")]


def test_a_ping_of_126_octets_is_none(talk):
    assert code(talk(frame(PING, b"x" * 126))) == 1002


@pytest.mark.parametrize("bits", range(1, 8))
@pytest.mark.parametrize("head", [TEXT, BINARY, PING, CLOSE])
def test_reserved_bits_that_nobody_agreed_on_close(talk, head, bits):
    sent = talk(frame(TEXT, b"first"), frame(head | bits << 4, b"\x03\xe8"))
    # Read together with what breaks the rules, a message may not come to its answer.
    assert sent[:-1] in ([], [(TEXT, b"first")])
    assert code(sent) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_opcodes_that_are_reserved_close(talk, opcode):
    sent = talk(frame(TEXT, b"first"), frame(0x80 | opcode, b"x"), frame(PING))
    assert sent[:-1] in ([], [(TEXT, b"first")])
    assert code(sent) == 1002


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ([frame(1, b"frag"), frame(0x80, b"ment")], [(TEXT, b"fragment")]),
        ([frame(2, b"frag"), frame(0), frame(0), frame(0x80)], [(BINARY, b"frag")]),
        ([frame(1), frame(0), frame(0x80)], [(TEXT, b"")]),
        ([frame(1, b"a"), frame(PING, b"p"), frame(0x80, b"b")], [(PONG, b"p"), (TEXT, b"ab")]),
        (
            [frame(1, b"a"), frame(0, b"b"), frame(PING), frame(0, b"c"), frame(PING), frame(0x80, b"d")],
            [(PONG, b""), (PONG, b""), (TEXT, b"abcd")],
        ),
        ([frame(1, b"a"), frame(0x80, b"b"), frame(TEXT, b"c")], [(TEXT, b"ab"), (TEXT, b"c")]),
    ],
)
def test_fragments_are_put_together_and_control_frames_come_between(talk, said, sent):
    assert talk(*said) == sent


@pytest.mark.parametrize(
    "said",
    [
        [frame(9, b"frag"), frame(0x80, b"ment")],
        [frame(10, b"frag"), frame(0x80, b"ment")],
        [frame(8, b"\x03\xe8")],
        [frame(0x80, b"x")],
        [frame(0, b"x"), frame(0x80, b"y")],
        [frame(1, b"a"), frame(TEXT, b"b")],
        [frame(1, b"a"), frame(BINARY, b"b")],
        [frame(1, b"a"), frame(1, b"b")],
        [frame(1, b"a"), frame(0x80, b"b"), frame(0x80, b"c")],
    ],
)
def test_fragments_out_of_order_close(talk, said):
    assert code(talk(*said)) == 1002


GOOD_TEXT = [
    "Hello-µ@ßöäüàá-UTF-8!!",
    "κόσμε",
    "\0",
    "\x7f\u0080\u07ff\u0800",
    "\ud7ff\ue000\ufffd\ufffe\uffff",
    "\U00010000\U0010ffff\U0001ffff",
    "",
]


@pytest.mark.parametrize("text", GOOD_TEXT)
def test_text_may_be_cut_anywhere(talk, text):
    octets = text.encode()
    assert talk(frame(TEXT, octets)) == [(TEXT, octets)]
    cut = [frame(0x01)] + [frame(0, octets[at : at + 1]) for at in range(len(octets))] + [frame(0x80)]
    assert talk(*cut) == [(TEXT, octets)]


@pytest.mark.parametrize(
    "octets",
    [
        b"\x80",
        b"\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xce",
        b"\xe0\x80\xaf",
        b"\xe0\x9f\xbf",
        b"\xe1\x80",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        b"\xf0\x80\x80\xaf",
        b"\xf0\x8f\xbf\xbf",
        b"\xf0\x90\x80",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfc\x84\x80\x80\x80\x80",
        b"\xfe",
        b"\xff",
        "κόσμε".encode() + b"\xed\xa0\x80edited",
    ],
)
def test_text_that_is_no_utf_8_closes(talk, octets):
    assert code(talk(frame(TEXT, octets))) == 1007
    assert code(talk(frame(1, octets[:1]), frame(0x80, octets[1:]))) == 1007


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([frame(CLOSE)], [(CLOSE, b"")]),
        ([closing(1000)], [(CLOSE, b"\x03\xe8")]),
        ([closing(1000, b"x" * 123)], [(CLOSE, b"\x03\xe8" + b"x" * 123)]),
        ([closing(1000), closing(1000)], [(CLOSE, b"\x03\xe8")]),
        ([closing(1000), frame(PING)], [(CLOSE, b"\x03\xe8")]),
        ([closing(1000), frame(TEXT, b"late")], [(CLOSE, b"\x03\xe8")]),
    ],
)
def test_a_close_is_answered_and_nothing_after_it(talk, said, answer):
    sent = talk(*said)
    assert [(head, payload[:2]) for head, payload in sent] == [
        (head, payload[:2]) for head, payload in answer
    ]


def test_a_close_inside_a_message_is_answered_and_the_rest_of_the_message_thrown_away(talk):
    # The library takes the message that is left for a fault; what matters is that it ends there.
    ((_, payload),) = talk(frame(1, b"a"), closing(1000), frame(0x80, b"b"))
    assert payload[:2] in (b"\x03\xe8", b"\x03\xea")


@pytest.mark.parametrize(
    "good", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
)
def test_codes_that_may_be_sent_are_answered(talk, good):
    assert code(talk(closing(good))) == good


@pytest.mark.parametrize("bad", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent_are_errors(talk, bad):
    assert code(talk(closing(bad))) == 1002


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (frame(CLOSE, b"\x03"), 1002),
        (closing(1000, b"x" * 124), 1002),
        (closing(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), 1007),
    ],
)
def test_closing_frames_that_are_none_are_errors(talk, said, expected):
    assert code(talk(said)) == expected


@pytest.mark.parametrize("piece", [64, 1000, 65536, 1 << 20])
def test_a_mebibyte_comes_back_however_it_is_fragmented(open_, piece):
    message = bytes(range(256)) * 4096
    client = open_(echo, fragments=20_000)
    parts = [message[at : at + piece] for at in range(0, len(message), piece)]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        client.write(frame((0 if number else 2) | (0x80 if last else 0), part))
    ((head, payload),) = frames(client.wire.take())
    assert head == BINARY
    assert hash(payload) == hash(message)


OFFERS = [
    b"permessage-deflate",
    b"permessage-deflate; client_max_window_bits",
    b"permessage-deflate; client_no_context_takeover; client_max_window_bits=9",
    b"permessage-deflate; server_no_context_takeover",
    b"permessage-deflate; server_max_window_bits=9; server_no_context_takeover",
    b"x-unknown, permessage-deflate; server_max_window_bits=15",
    b"permessage-deflate; server_max_window_bits=7, permessage-deflate; client_max_window_bits",
]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("size", [0, 1, 16, 128, 1024, 32768])
def test_compressed_messages_come_back_with_every_offer(talk, offer, size):
    compressor = zlib.compressobj(wbits=-9)
    said, messages = [], []
    for number in range(4):
        message = (b"%d Sennit " % number * (size // 9 + 1))[:size]
        messages.append(message)
        data = compressor.compress(message) + compressor.flush(zlib.Z_FULL_FLUSH)
        said.append(frame(0xC1, data[:-4]))
    sent = talk(*said, lines=(b"Sec-WebSocket-Extensions: " + offer,))
    inflater = zlib.decompressobj(wbits=-15)
    got = []
    for head, payload in sent:
        assert head in (TEXT, 0xC1)
        if head == 0xC1 and b"server_no_context" in offer:
            inflater = zlib.decompressobj(wbits=-15)
        got.append(inflater.decompress(payload + b"\0\0\xff\xff") if head == 0xC1 else payload)
    assert got == messages


def test_a_compressed_message_may_be_fragmented_but_the_bit_is_on_the_first_frame_alone(talk):
    lines = (b"Sec-WebSocket-Extensions: permessage-deflate",)
    compressor = zlib.compressobj(wbits=-15)
    data = (compressor.compress(b"Hello " * 9) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    ((head, payload),) = talk(frame(0x41, data[:3]), frame(0x80, data[3:]), lines=lines)
    assert head == 0xC1
    assert zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff") == b"Hello " * 9
    assert code(talk(frame(0x41, data[:3]), frame(0xC0, data[3:]), lines=lines)) == 1002
    assert code(talk(frame(PING | 0x40, b"x"), lines=lines)) == 1002
