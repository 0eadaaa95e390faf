"""WebSocket: frames, compressed ones among them, to both sides; and what the handshake's fields say."""

from __future__ import annotations

import zlib
from contextlib import suppress

from sennit.http import Headers
from sennit.websocket import Conversation, HandshakeError, WebSocketLimits
from sennit.websocket.handshake import accept_request, check_response
from sennit.websocket.library import ServerPerMessageDeflateFactory

from .mutation import change, cut

LIMITS = WebSocketLimits(message_size=5000)
MASKED = 0x80


def server(pieces):
    """Have a server's side read."""
    _read(pieces, client=False)


def client(pieces):
    """Have a client's side read."""
    _read(pieces, client=True)


def _read(pieces, *, client):
    deflate = ServerPerMessageDeflateFactory().process_request_params([], [])[1]
    conversation = Conversation(client=client, extensions=[deflate], limits=LIMITS)
    for piece in pieces:
        conversation.receive_data(piece)
        conversation.output()
    conversation.receive_eof()


def _deflated(data):
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (raw.compress(data) + raw.flush(zlib.Z_SYNC_FLUSH))[:-4]


COMPRESSED = [_deflated(b"Sennit " * 20), _deflated("é€".encode() * 9), _deflated(b"\0" * 20000), b"\0"]
PLAIN = [
    b"",
    b"hi",
    "grüße".encode(),
    b"\xff\xfe",
    b"\x03\xe8",
    b"\x03\xeabye",
    b"\x03",
    b"x" * 126,
    b"y" * 700,
]


def make_frames(rng, seed):
    """Write frames of every kind, with the masks of the side that sends; some of them odd."""
    mask = MASKED if seed == b"masked" else 0
    out = []
    for _ in range(rng.randrange(1, 6)):
        opcode = rng.choice((0, 1, 1, 2, 8, 9, 10, rng.randrange(16)))
        first = opcode | rng.choice((0x80, 0x80, 0))
        if opcode < 8 and rng.randrange(2):
            payload = rng.choice(COMPRESSED)
            first |= 0x40
        else:
            payload = rng.choice(PLAIN)
        if not rng.randrange(4):
            payload = change(rng, payload)
        size = len(payload)
        if size < 126:
            length = bytes([mask | size])
        elif size < 1 << 16:
            length = bytes([mask | 126]) + size.to_bytes(2, "big")
        else:
            length = bytes([mask | 127]) + size.to_bytes(8, "big")
        frame = bytes([first]) + length + (bytes(4) if mask else b"") + payload
        out.append(frame if rng.randrange(5) else change(rng, frame))
    return cut(rng, b"".join(out))


NAMES = ("sec-websocket-extensions", "sec-websocket-protocol", "sec-websocket-key", "origin")
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


def handshake(pieces):
    """Have both sides look at fields."""
    clean = bytes(octet for octet in pieces[0] if octet >= 32)
    for name in NAMES:
        headers = Headers({name.encode(): [clean]})
        for other, good in (
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-version", "13"),
        ):
            headers.setRawHeaders(other, [good])
        if name != "sec-websocket-key":
            headers.setRawHeaders("sec-websocket-key", [KEY])
        with suppress(HandshakeError):
            accept_request(headers, method=b"GET", subprotocols=["a"], origins=["http://a:80"])
        with suppress(HandshakeError):
            check_response(200, headers, key=None, subprotocols=["a"], deflate=True)


HANDSHAKES = [
    b"permessage-deflate; client_max_window_bits=10; server_no_context_takeover",
    b'permessage-deflate; server_max_window_bits="9", permessage-deflate, x; y="z"',
    b"a, b,c",
    b"http://a:80",
    b"https://[::1]:8443",
    KEY,
]
