"""HTTP/1: requests, responses, chunked bodies, and the codings of contents."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

from sennit.core.failure import Failure
from sennit.http import Limits, RemoteProtocolError, RequestParser
from sennit.http.client import decoding
from sennit.http.client.errors import ResponseDone, ResponseFailed
from sennit.http.client.limits import ClientLimits
from sennit.http.client.parser import ResponseParser
from sennit.protocol import Protocol
from sennit.testing import StringTransport

from .mutation import SPECIAL, change, cut

LIMITS = Limits(header_size=2000, request_line=500, body_size=2000)
CLIENT_LIMITS = ClientLimits(header_size=2000, body_size=2000)
METHODS = (b"GET", b"GET", b"HEAD", b"CONNECT", b"POST")
NEXT = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def request(pieces):
    """Have a server's parser read."""
    parser = RequestParser(LIMITS)
    for piece in pieces:
        parser.receive_data(piece)
        if parser.paused:
            parser.resume()
    parser.receive_eof()
    with suppress(RemoteProtocolError):
        while parser.next_event() is not None:
            pass


def response(pieces):
    """Have a client's parser read, for requests of different methods."""
    parser = ResponseParser(CLIENT_LIMITS)
    turn = len(pieces[0])
    parser.expect(METHODS[turn % len(METHODS)])
    for piece in pieces:
        if parser.complete and parser.error is None:
            turn += 1
            parser.expect(METHODS[turn % len(METHODS)])
        parser.receive_data(piece)
        str(parser.status_line)
    parser.receive_eof()
    parser.take_rest()
    with suppress(RemoteProtocolError):
        while parser.next_event() is not None:
            pass


def chunked(pieces):
    """Have both read a body, and a message after it."""
    request([b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", *pieces, NEXT])
    response([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces[0], *pieces[1:]])


def make_chunks(rng, seed):
    """Write a body of chunks, some of them odd."""
    parts = []
    for _ in range(rng.randrange(1, 5)):
        data = rng.randbytes(rng.randrange(20))
        size = b"%x" % (len(data) if rng.randrange(8) else rng.choice((-1, 0, 1 << 64, len(data) + 1)))
        extension = rng.choice((b"", b"", b";a=b", b';a="b;c"', b" ", b";" + rng.choice(SPECIAL)))
        parts.append(size + extension + b"\r\n" + data + b"\r\n")
    body = (
        b"".join(parts) + b"0\r\n" + rng.choice((b"", b"Trailer: 1\r\n", b"Content-Length: 5\r\n")) + b"\r\n"
    )
    return cut(rng, body if rng.randrange(3) else change(rng, body))


class _Consumer(Protocol):
    def __init__(self, pauses):
        self.pauses = pauses
        self.over = False

    def dataReceived(self, data):
        if self.pauses:
            self.pauses -= 1
            self.transport.pauseProducing()

    def connectionLost(self, reason):
        assert not self.over
        self.over = True


class _Response:
    """What decoders want of a response."""

    length = 0
    below = None

    def deliverBody(self, protocol):
        self.below = protocol
        protocol.makeConnection(StringTransport(lenient=True))


def codings(pieces):
    """Have every decoder of contents read."""
    for _, decoder in decoding.available_decoders():
        consumer = _Consumer(len(pieces[0]) % 3)
        source = _Response()
        made = _bare(decoder, source)
        between = decoding._DecodingProtocol(consumer, source, made(), 1000)
        source.deliverBody(between)
        with suppress(ResponseFailed):
            for piece in pieces:
                between.dataReceived(piece)
                if between._is_paused():
                    between.resumeProducing()
            between.connectionLost(Failure(ResponseDone()))
            while between._is_paused():
                between.resumeProducing()


def _bare(decoder, source):
    return decoder._decompressor


def _coded():
    text = b"Sennit and Sennit and something else. " * 9
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    seeds = [
        gzip.compress(text),
        gzip.compress(text) * 2,
        zlib.compress(text),
        raw.compress(text) + raw.flush(),
    ]
    with suppress(ImportError):
        import brotli

        seeds.append(brotli.compress(text))
    with suppress(ImportError):
        import zstandard

        seeds.append(zstandard.compress(text))
    return seeds


REQUESTS = [
    b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nConnection: keep-alive\r\n\r\n",
    (
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        b"3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\nGET / HTTP/1.0\r\n\r\n"
    ),
    b"PATCH / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabcde",
    b"GET http://[::1]:80/x HTTP/1.1\r\nHost: [::1]:80\r\n\r\nOPTIONS * HTTP/1.1\r\nhost:\r\n\r\n",
]
RESPONSES = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\nSet-Cookie: c\r\n\r\nabcde",
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n"
    ),
    b"HTTP/1.0 200\r\nX: folded\r\n more\r\n\tyet more\r\n\r\nuntil the end",
    b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x81\x00",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
]
CHUNKS = [b"5\r\nabcde\r\n0\r\n\r\n"]
CODED = _coded()
