"""Odd input for every parser that reads what peers send: seeds, mutated and cut at random.

``python -m tests.http.fuzz COUNT [SEED]`` runs that many inputs and says how many a second; an exception that
a parser does not promise ends it, with the input.  `test_fuzz` runs a few in the suite.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import suppress

from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame

from sennit.core.addresses import IPv4Address
from sennit.haproxy.trust import TrustedSources
from sennit.http import Headers, Limits, RemoteProtocolError, RequestParser
from sennit.http.h2 import Connection, parse_priority
from sennit.http.h2.fields import request_head
from sennit.http.negotiation import best_coding
from sennit.web.forwarded import read_forwarded
from sennit.websocket import Conversation, HandshakeError, WebSocketLimits
from sennit.websocket.handshake import accept_request, check_response
from sennit.websocket.library import ServerPerMessageDeflateFactory

LIMITS = Limits(header_size=2000, request_line=500, body_size=2000)


def http1(pieces):
    parser = RequestParser(LIMITS)
    for piece in pieces:
        parser.receive_data(piece)
        if parser.paused:
            parser.resume()
    parser.receive_eof()
    with suppress(RemoteProtocolError):
        while parser.next_event() is not None:
            pass


def http2(pieces, client=False):
    connection = Connection(client=client)
    if not client:
        connection.receive_data(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize(), 0.0)
    for piece in pieces:
        for event in connection.receive_data(piece, 0.0):
            headers = getattr(event, "headers", None)
            if headers is not None and not client:
                with suppress(RemoteProtocolError):
                    request_head(headers, ended=False, limits=LIMITS)
        connection.take_output(0.0)


def http2_client(pieces):
    http2(pieces, client=True)


def websocket(pieces, client=False):
    deflate = ServerPerMessageDeflateFactory().process_request_params([], [])[1]
    conversation = Conversation(
        client=client, extensions=[deflate], limits=WebSocketLimits(message_size=5000)
    )
    for piece in pieces:
        conversation.receive_data(piece)
        conversation.output()
    conversation.receive_eof()


def websocket_client(pieces):
    websocket(pieces, client=True)


PEER = IPv4Address("TCP", "10.0.0.1", 1)
TRUSTED = TrustedSources()
NAMES = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-key",
    "origin",
)


def fields(pieces):
    value = b"".join(pieces)
    parse_priority(value)
    best_coding([value], [b"br", b"gzip"])
    clean = bytes(octet for octet in value if octet >= 32)
    headers = Headers({name.encode(): [clean] for name in NAMES})
    read_forwarded(headers, PEER, TRUSTED)
    for name, good in (("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-version", "13")):
        headers.setRawHeaders(name, [good])
    with suppress(HandshakeError):
        accept_request(headers, method=b"GET", subprotocols=["a"], origins=["*"])
    with suppress(HandshakeError):
        check_response(200, headers, key=None, subprotocols=["a"], deflate=True)


def _headers(stream_id, fields, *flags):
    frame = HeadersFrame(stream_id, Encoder().encode(fields))
    frame.flags |= {"END_HEADERS", *flags}
    return frame.serialize()


GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"h"), (b":path", b"/")]
FRAMES = (
    _headers(1, GET, "END_STREAM")
    + _headers(3, [(b":method", b"POST"), *GET[1:], (b"content-length", b"3")])
    + DataFrame(3, b"abc").serialize()
    + PingFrame(0, b"12345678").serialize()
    + RstStreamFrame(1, 8).serialize()
    + SettingsFrame(0, settings={4: 70000}).serialize()
)
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    b"3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\nGET / HTTP/1.0\r\n\r\n"
)
SEEDS = {
    http1: [
        b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nConnection: keep-alive\r\n\r\n",
        CHUNKED,
        b"PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabcde",
    ],
    http2: [FRAMES],
    http2_client: [FRAMES, _headers(1, [(b":status", b"200")])],
    websocket: [
        b"\x81\x82\0\0\0\0hi\x89\x80\0\0\0\0\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b\x88\x82\0\0\0\0\x03\xe8",
        b"\xc1\x87\0\0\0\0\xf2H\xcd\xc9\xc9\x07\0",
    ],
    websocket_client: [
        b"\x81\x02hi\x89\x00\x01\x01a\x80\x01b\x88\x02\x03\xe8",
        b"\xc1\x07\xf2H\xcd\xc9\xc9\x07\0",
    ],
    fields: [
        b'for="[2001:db8::1]:80";proto=https;host=a, for=10.0.0.1',
        b"10.0.0.1, [::1]:5, u=3, i, gzip;q=0.5",
        b'permessage-deflate; client_max_window_bits=10, x; y="z"',
    ],
}
SPECIAL = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b";",
    b",",
    b"=",
    b'"',
    b"\xff",
    b"-1",
    b"0x",
    b"99999999999999999999",
)


def mutate(rng, seed):
    """Return a seed changed in a few places, cut into a few pieces."""
    data = bytearray(seed)
    for _ in range(rng.randrange(5)):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0 and data:
            data[place % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[place:place] = rng.choice(SPECIAL)
        elif kind == 2:
            del data[place : place + rng.randrange(1, 9)]
        elif kind == 3:
            other = rng.randrange(len(data) + 1)
            data[place:place] = data[other : other + rng.randrange(1, 40)]
        else:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(3)))
    return [bytes(data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def run(count, seed=None, targets=None):
    """Run so many inputs, spread over the targets; return the seed of the random numbers."""
    seed = random.randrange(1 << 32) if seed is None else seed
    rng = random.Random(seed)
    targets = list(targets or SEEDS)
    for number in range(count):
        target = targets[number % len(targets)]
        pieces = mutate(rng, rng.choice(SEEDS[target]))
        try:
            target(pieces)
        except BaseException:
            sys.stderr.write(f"{target.__name__} failed on {pieces!r} (seed {seed})\n")
            raise
    return seed


if __name__ == "__main__":
    began = time.process_time()
    total = int(sys.argv[1])
    used = run(total, int(sys.argv[2]) if len(sys.argv) > 2 else None)
    rate = total / (time.process_time() - began)
    sys.stdout.write(f"{total} inputs, seed {used}, {rate:.0f} a second of CPU, no failure\n")
