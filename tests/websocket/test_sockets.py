"""WebSockets between this room's client and server on real sockets, and with foreign ones."""

from __future__ import annotations

import asyncio
import threading

import pytest

import sennit
from sennit.core.errors import ConnectError
from sennit.endpoint import TCP4ClientEndpoint
from sennit.http import HTTPFactory
from sennit.protocol import Factory, Protocol
from sennit.web import Resource, Site
from sennit.web.websocket import WebSocketResource
from sennit.websocket import (
    HandshakeError,
    WebSocketClosed,
    WebSocketLimits,
    WebSocketProtocol,
    connect,
    connect_protocol,
)


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def with_site(resource, client, **kwargs):
    """Serve a resource at /ws while a coroutine function of the URL runs; return what it returns."""

    async def main():
        root = Resource()
        root.putChild(b"ws", resource)
        site = Site(root, **kwargs)
        port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")
        try:
            return await client(f"ws://127.0.0.1:{port.getHost().port}/ws")
        finally:
            await port.stopListening()
            await site.drain()

    return sennit.run(main)


@pytest.mark.parametrize("deflate", [True, False])
@pytest.mark.parametrize(
    ("server_http2", "http2"), [(False, False), (True, False), (True, True)], ids=["1.1", "both", "2"]
)
def test_messages_of_all_sizes_come_back(deflate, server_http2, http2):
    messages = ["", "hällo", b"\0" * 200, b"x" * 70_000, "y" * 300_000]

    async def client(url):
        async with await connect(url, deflate=deflate, http2=http2) as websocket:
            assert await websocket.ping() < 10
            for message in messages:
                await websocket.send(message)
            return [await websocket.receive() for _ in messages]

    assert with_site(WebSocketResource(echo), client, http2=server_http2) == messages


def test_a_refusal_over_http_2_says_its_status():
    async def client(url):
        with pytest.raises(HandshakeError) as caught:
            await connect(url, origin="https://evil.example", http2=True)
        with pytest.raises(HandshakeError) as missing:
            await connect(url.removesuffix("ws"), http2=True)
        return caught.value.status, missing.value.status

    assert with_site(WebSocketResource(echo), client, http2=True) == (403, 404)


def test_a_server_without_http_2_is_told_so():
    async def client(url):
        with pytest.raises(HandshakeError):
            await connect(url, http2=True)
        return True

    assert with_site(WebSocketResource(echo), client)


@pytest.mark.parametrize("http2", [True, False])
def test_much_in_both_directions_gets_through_however_slow_the_reader(http2):
    async def client(url):
        async with await connect(url, http2=http2, deflate=False) as websocket:
            for _ in range(40):
                await websocket.send(b"x" * 100_000)
            got = [len(await websocket.receive()) for _ in range(40)]
            return sum(got)

    async def late(websocket):
        kept = [await websocket.receive() for _ in range(40)]
        for message in kept:
            await websocket.send(message)
        await websocket.wait_closed()

    assert with_site(WebSocketResource(late, deflate=False), client, http2=True) == 4_000_000


@pytest.mark.parametrize("http2", [True, False])
def test_both_sides_learn_how_it_was_closed(http2):
    ends = []

    class Server(WebSocketProtocol):
        def closed(self, code, reason):
            ends.append(("server", code, reason))

    class Client(WebSocketProtocol):
        def opened(self):
            self.close(4321, "done")

        def closed(self, code, reason):
            ends.append(("client", code, reason))
            over.set()

    over = asyncio.Event()

    async def client(url):
        await connect_protocol(url, Client, http2=http2)
        await over.wait()

    with_site(WebSocketResource(Server), client, http2=http2)
    assert sorted(ends) == [("client", 4321, "done"), ("server", 4321, "done")]


def test_a_subprotocol_and_more_fields_reach_the_server():
    async def handler(websocket):
        await websocket.send(websocket.subprotocol)
        await websocket.send(websocket.request.getHeader("x-token"))

    async def client(url):
        websocket = await connect(url, subprotocols=["chat"], headers={"X-Token": "secret"})
        return websocket.subprotocol, [message async for message in websocket]

    resource = WebSocketResource(handler, subprotocols=["chat"])
    assert with_site(resource, client) == ("chat", ["chat", "secret"])


def test_a_refusal_says_its_status():
    async def client(url):
        with pytest.raises(HandshakeError) as caught:
            await connect(url, origin="https://evil.example")
        with pytest.raises(HandshakeError) as missing:
            await connect(url.removesuffix("ws"))
        return caught.value.status, missing.value.status

    assert with_site(WebSocketResource(echo), client) == (403, 404)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"content-length": "5"}, {"a b": "1"}])
def test_known_fields_that_frame_or_route_are_not_for_programs_to_set(headers):
    async def main():
        with pytest.raises(ValueError, match=r"URL|header name"):
            await connect("ws://127.0.0.1:1/", headers=headers)

    sennit.run(main)


def test_nobody_there_is_a_connect_error():
    async def main():
        with pytest.raises(ConnectError):
            await connect("ws://127.0.0.1:1/")

    sennit.run(main)


class Saying(Protocol):
    said = b""

    def connectionMade(self):
        self.transport.write(self.said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "status 200"),
        (b"SSH-2.0-x\r\n\r\n", "malformed"),
        (b"HTTP/1.1 101 Switching\r\nX: " + b"x" * 100_000, "too large"),
        (b"", "in time"),
    ],
)
def test_known_a_server_that_is_none_is_told_so(said, words):
    async def main():
        factory = Factory.forProtocol(type("Saying", (Saying,), {"said": said}))
        port = sennit.current_reactor().listenTCP(0, factory, interface="127.0.0.1")
        try:
            with pytest.raises(HandshakeError, match=words):
                await connect(
                    "ws://example.org/",
                    endpoint=TCP4ClientEndpoint(sennit.current_reactor(), "127.0.0.1", port.getHost().port),
                    limits=WebSocketLimits(open_timeout=5 if said else 0.05),
                )
        finally:
            await port.stopListening()

    sennit.run(main)


def test_a_site_that_is_no_site_serves_them_as_well():
    from sennit.http import Request
    from sennit.websocket import serve

    class Asking(Request):
        def process(self):
            serve(self, echo)

    async def main():
        factory = HTTPFactory()
        prepare = factory.prepare
        factory.prepare = lambda channel: (prepare(channel), setattr(channel, "requestFactory", Asking))
        port = sennit.current_reactor().listenTCP(0, factory, interface="127.0.0.1")
        try:
            async with await connect(f"ws://127.0.0.1:{port.getHost().port}/") as websocket:
                await websocket.send("x")
                return await websocket.receive()
        finally:
            await port.stopListening()
            await factory.drain()

    assert sennit.run(main) == "x"


@pytest.mark.interop
@pytest.mark.parametrize("compression", ["deflate", None])
def test_the_websockets_package_as_client(compression):
    websockets = pytest.importorskip("websockets.sync.client")
    messages = ["hällo", b"x" * 100_000, "y" * 1000]

    def blocking(url):
        with websockets.connect(url, compression=compression) as websocket:
            for message in messages:
                websocket.send(message)
            return [websocket.recv() for _ in messages]

    async def client(url):
        return await asyncio.to_thread(blocking, url)

    assert with_site(WebSocketResource(echo), client) == messages


@pytest.mark.interop
@pytest.mark.parametrize("deflate", [True, False])
def test_the_websockets_package_as_server(deflate):
    server = pytest.importorskip("websockets.sync.server")
    messages = ["hällo", b"x" * 100_000, "y" * 1000]

    def answer(websocket):
        for message in websocket:
            websocket.send(message)

    async def main(port):
        async with await connect(f"ws://127.0.0.1:{port}/", deflate=deflate) as websocket:
            for message in messages:
                await websocket.send(message)
            return [await websocket.receive() for _ in messages]

    with server.serve(answer, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            assert sennit.run(main, running.socket.getsockname()[1]) == messages
        finally:
            running.shutdown()
            thread.join(10)


def test_sending_on_a_closed_websocket_is_an_error():
    async def client(url):
        websocket = await connect(url)
        await websocket.close()
        with pytest.raises(WebSocketClosed):
            await websocket.send("late")
        with pytest.raises(WebSocketClosed):
            await websocket.ping()
        with pytest.raises(WebSocketClosed):
            await websocket.receive()
        return websocket.close_code

    assert with_site(WebSocketResource(echo), client) == 1000
