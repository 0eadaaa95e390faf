"""HTTP/3 on a real UDP port, with aioquic as the client."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset

import sennit
from sennit.http import Headers, Limits
from sennit.http.h3 import listen_http3
from sennit.tls.development import write_certificate
from sennit.web import NOT_DONE_YET, Resource, Site
from sennit.web.asgi import ASGIResource

LARGE = b"0123456789abcdef" * 60_000


class Client(QuicConnectionProtocol):
    """A client that keeps what comes, by stream."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.h3 = H3Connection(self._quic)
        self.heads, self.bodies, self.done, self.resets = {}, {}, {}, {}
        self.lost = False

    def quic_event_received(self, event):
        if isinstance(event, StreamReset):
            self.resets[event.stream_id] = event.error_code
            self.done[event.stream_id].set()
        if isinstance(event, ConnectionTerminated):
            # aioquic closes for some faults what could end with the stream.
            self.lost = True
            for done in self.done.values():
                done.set()
        for happened in self.h3.handle_event(event):
            stream_id = happened.stream_id
            if isinstance(happened, HeadersReceived):
                self.heads.setdefault(stream_id, []).append(dict(happened.headers))
            elif isinstance(happened, DataReceived):
                self.bodies[stream_id] = self.bodies.get(stream_id, b"") + happened.data
            if happened.stream_ended:
                self.done[stream_id].set()

    async def ask(self, path, method=b"GET", body=None, end=True, fields=()):
        stream_id = self._quic.get_next_available_stream_id()
        self.done[stream_id] = asyncio.Event()
        pseudo = [
            (b":method", method),
            (b":scheme", b"https"),
            (b":authority", b"localhost"),
            (b":path", path),
        ]
        self.h3.send_headers(stream_id, [*pseudo, *fields], end_stream=body is None and end)
        if body is not None:
            self.h3.send_data(stream_id, body, end_stream=end)
        self.transmit()
        async with asyncio.timeout(20):
            await self.done[stream_id].wait()
        return stream_id

    async def answer(self, *args, **kwargs):
        return await self.outcome(await self.ask(*args, **kwargs))

    async def outcome(self, stream_id):
        async with asyncio.timeout(20):
            await self.done[stream_id].wait()
        if self.lost:
            return "lost", b""
        if stream_id in self.resets:
            return "reset", self.resets[stream_id]
        return self.heads[stream_id][0][b":status"], self.bodies.get(stream_id, b"")


class Root(Resource):
    def render_GET(self, request):
        return b"%b %d %b" % (request.clientproto, request.isSecure(), request.getClientIP().encode())


class Echo(Resource):
    isLeaf = True
    streams_body = True

    async def render_POST(self, request):
        return await request.body.read()


class Large(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.responseTrailers = Headers({b"checksum": [b"1"]})
        request.write(LARGE)
        request.finish()
        return NOT_DONE_YET


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["http_version"].encode()})


class Broken(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.write(b"begin")
        request.loseConnection()
        return NOT_DONE_YET


class Cookies(Resource):
    isLeaf = True

    def render_GET(self, request):
        return b" ".join(b"%b=%b" % each for each in request.received_cookies.items())


class Forever(Resource):
    isLeaf = True
    asked = gone = None

    def render_GET(self, request):
        self.asked.set()
        request.notifyFinish().addErrback(lambda _: self.gone.set())
        return NOT_DONE_YET


@pytest.fixture
def serve(tmp_path):
    """Return what runs a coroutine function of a connected client while a site is served."""

    def serve(client, **kwargs):
        async def main():
            both, _ = write_certificate(tmp_path, ["localhost", "127.0.0.1"])
            root = Root()
            for name, child in {
                b"": root,
                b"echo": Echo(),
                b"large": Large(),
                b"app": ASGIResource(app),
                b"broken": Broken(),
                b"cookies": Cookies(),
                b"forever": Forever(),
            }.items():
                root.putChild(name, child)
            site = Site(root, stream_bodies=True, **kwargs)
            port = await listen_http3(site, 0, certificate=both, interface="127.0.0.1")
            configuration = QuicConfiguration(alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE)
            try:
                async with connect(
                    "127.0.0.1",
                    port.getHost().port,
                    configuration=configuration,
                    create_protocol=Client,
                ) as protocol:
                    result = await client(protocol)
                    drained = site.drain()
                    async with asyncio.timeout(20):
                        await drained
                    return result
            finally:
                await port.stopListening()

        return sennit.run(main)

    return serve


def test_requests_are_answered_as_over_tcp(serve):
    async def client(h3):
        return [
            await h3.answer(b"/"),
            await h3.answer(b"/echo", b"POST", LARGE),
            await h3.answer(b"/app"),
            await h3.answer(b"/missing"),
        ]

    answers = serve(client)
    assert answers[:3] == [(b"200", b"HTTP/3 1 127.0.0.1"), (b"200", LARGE), (b"200", b"3")]
    assert answers[3][0] == b"404"


def test_many_requests_at_once_are_answered_each(serve):
    async def client(h3):
        return await asyncio.gather(*[h3.answer(b"/echo", b"POST", b"%d" % number) for number in range(20)])

    assert serve(client) == [(b"200", b"%d" % number) for number in range(20)]


def test_a_large_response_ends_with_its_trailers(serve):
    async def client(h3):
        stream_id = await h3.ask(b"/large")
        return h3.bodies[stream_id], h3.heads[stream_id][1]

    assert serve(client) == (LARGE, {b"checksum": b"1"})


def test_a_response_that_is_broken_off_is_reset(serve):
    async def client(h3):
        return await h3.answer(b"/broken")

    assert serve(client) == ("reset", 0x102)


@pytest.mark.parametrize(
    ("path", "fields", "answer"),
    [
        (b"/", [(b"x", b"a\x01b")], "reset"),
        (b"/a b", [], "reset"),
        (b"/" + b"a" * 20_000, [], b"414"),
        (b"/echo", [(b"content-length", b"2000")], b"413"),
    ],
)
def test_known_malformed_requests_reach_nobody(serve, path, fields, answer):
    async def client(h3):
        return await h3.answer(path, b"POST", b"", end=False, fields=fields)

    assert serve(client, limits=Limits(body_size=1000))[0] == answer


def test_a_streamed_body_comes_back_however_it_is_cut(serve):
    async def client(h3):
        stream_id = h3._quic.get_next_available_stream_id()
        h3.done[stream_id] = asyncio.Event()
        pseudo = [(b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"localhost")]
        h3.h3.send_headers(stream_id, [*pseudo, (b":path", b"/echo")])
        for at in range(0, 30_000, 1000):
            h3.h3.send_data(stream_id, LARGE[at : at + 1000], end_stream=False)
            h3.transmit()
            await asyncio.sleep(0)
        h3.h3.send_data(stream_id, b"", end_stream=True)
        h3.transmit()
        async with asyncio.timeout(20):
            await h3.done[stream_id].wait()
        return h3.bodies[stream_id]

    assert serve(client) == LARGE[:30_000]


def test_cookies_that_came_apart_are_one(serve):
    async def client(h3):
        return await h3.answer(b"/cookies", fields=[(b"cookie", b"a=b"), (b"cookie", b"c=d")])

    assert serve(client) == (b"200", b"a=b c=d")


def test_a_request_that_the_client_gives_up_is_told_of_it(serve):
    async def client(h3):
        stream_id = h3._quic.get_next_available_stream_id()
        h3.done[stream_id] = asyncio.Event()
        pseudo = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"localhost")]
        h3.h3.send_headers(stream_id, [*pseudo, (b":path", b"/forever")], end_stream=True)
        h3.transmit()
        async with asyncio.timeout(20):
            await Forever.asked.wait()
            h3._quic.reset_stream(stream_id, 0x10C)
            h3._quic.stop_stream(stream_id, 0x10C)
            h3.transmit()
            await Forever.gone.wait()
        return await h3.answer(b"/")

    Forever.asked, Forever.gone = asyncio.Event(), asyncio.Event()
    assert serve(client)[0] == b"200"


@pytest.mark.parametrize(
    "fields",
    [
        [(b"connection", b"close")],
        [(b"transfer-encoding", b"chunked")],
        [(b"Upper", b"case")],
        [(b"te", b"gzip")],
        [(b"host", b"another")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"3")],
    ],
)
def test_fields_that_http_3_does_not_have_break_the_request_off(serve, fields):
    async def client(h3):
        return await h3.answer(b"/echo", b"POST", b"four", fields=fields)

    assert serve(client)[0] in ("reset", "lost", b"400")


@pytest.mark.parametrize(
    "head",
    [
        [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"h")],
        [(b":method", b"GET"), (b":path", b"/"), (b":authority", b"h")],
        [(b":scheme", b"https"), (b":path", b"/"), (b":authority", b"h")],
        [(b":method", b"GET"), (b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/")],
        [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b""), (b":authority", b"h")],
        [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/"), (b":status", b"200")],
        [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/"), (b"x", b"y"), (b":authority", b"h")],
    ],
)
def test_heads_that_lack_or_repeat_what_they_must_have_reach_nobody(serve, head):
    async def client(h3):
        stream_id = h3._quic.get_next_available_stream_id()
        h3.done[stream_id] = asyncio.Event()
        h3.h3.send_headers(stream_id, head, end_stream=True)
        h3.transmit()
        return await h3.outcome(stream_id)

    assert serve(client)[0] in ("reset", "lost", b"400")
