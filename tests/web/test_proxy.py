"""Other servers behind a site: proxies on sockets, and what they may not pass on."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import socket

import pytest

import sennit
from sennit.http import HTTPFactory
from sennit.testing import MemoryReactor, StringTransport
from sennit.web import Resource, Site
from sennit.web.hops import end_to_end
from sennit.web.proxy import Proxy, ReverseProxyResource
from sennit.web.upstream import Upstream
from sennit.web.websocket import WebSocketResource
from sennit.websocket import connect


class Echo(Resource):
    """Says what it was asked."""

    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"x-many", b"1")
        request.responseHeaders.addRawHeader(b"x-many", b"2")
        lines = [b"%b %b" % (request.method, request.uri)]
        for name, values in sorted(request.requestHeaders.getAllRawHeaders()):
            lines += [b"%b: %b" % (name.lower(), value) for value in values]
        return b"\n".join(lines)

    def render_POST(self, request):
        return b"%d octets" % len(request.content.read())

    def render_PUT(self, request):
        request.setResponseCode(418, b"Teapot")
        return b""


class Endless(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.write(b"x" * 100)
        request.transport.abortConnection()
        return 1


async def chat(ws):
    async for message in ws:
        await ws.send(message[::-1])


def backend():
    root = Resource()
    root.putChild(b"base", base := Resource())
    base.putChild(b"echo", Echo())
    base.putChild(b"broken", Endless())
    base.putChild(b"chat", WebSocketResource(chat, origins="*"))
    root.putChild(b"secret", Echo())
    return Site(root)


def through(make_front, client):
    """Serve the backend and something in front of it; return what a blocking client makes of the front."""

    async def main():
        reactor = sennit.current_reactor()
        behind = reactor.listenTCP(0, backend(), interface="127.0.0.1")
        front = reactor.listenTCP(0, make_front(behind.getHost().port), interface="127.0.0.1")
        try:
            if inspect.iscoroutinefunction(client):
                return await client(front.getHost().port)
            return await asyncio.to_thread(client, front.getHost().port)
        finally:
            await front.stopListening()
            await behind.stopListening()
            for site in (front.factory, behind.factory):
                site.abort()

    return sennit.run(main)


def upstream(port, **options):
    root = Resource()
    root.putChild(b"app", Upstream(f"http://127.0.0.1:{port}/base", **options))
    return Site(root)


def reverse(port):
    root = Resource()
    root.putChild(b"app", ReverseProxyResource("127.0.0.1", port, b"/base"))
    return Site(root)


def forward(port):
    factory = HTTPFactory()
    factory.protocol = Proxy
    return factory


def ask(method, target, body=None, headers=None):
    def client(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    return client


@pytest.mark.parametrize("front", [upstream, reverse])
def test_another_server_answers_for_a_place(front):
    headers = {"Cookie": "a=1", "Connection": "close, x-hop", "X-Hop": "1", "Proxy-Authorization": "x"}
    response, body = through(front, ask("GET", "/app/echo/a%20b%2Fc?q=%20", headers=headers))
    lines = body.decode().splitlines()
    assert lines[0] == "GET /base/echo/a%20b%2Fc?q=%20"
    assert "cookie: a=1" in lines
    assert not [line for line in lines if line.startswith(("x-hop", "proxy-authorization"))]
    assert response.getheader("x-many") == "1, 2"
    assert response.status == 200


@pytest.mark.parametrize("front", [upstream, reverse])
def test_bodies_go_both_ways(front):
    assert through(front, ask("POST", "/app/echo", b"x" * 3_000_000))[1] == b"3000000 octets"
    pieces = iter([b"a" * 1000] * 50)
    assert through(front, ask("POST", "/app/echo", pieces))[1] == b"50000 octets"
    response, body = through(front, ask("PUT", "/app/echo"))
    assert (response.status, response.reason, body) == (418, "Teapot", b"")
    response, body = through(front, ask("HEAD", "/app/echo"))
    assert (response.status, body) == (200, b"")


def test_the_other_server_learns_who_asked_and_is_not_told_lies():
    lies = {"X-Forwarded-For": "9.9.9.9", "Forwarded": "for=9.9.9.9", "X-Forwarded-Proto": "https"}
    body = through(upstream, ask("GET", "/app/echo", headers=lies))[1].decode()
    assert "x-forwarded-for: 127.0.0.1\n" in body + "\n"
    assert "x-forwarded-proto: http\n" in body + "\n"
    assert "9.9.9.9" not in body

    def trusting(port):
        return upstream(port, trust_forwarded=True, keep_host=True)

    body = through(trusting, ask("GET", "/app/echo", headers={**lies, "Host": "www.example.com"}))[1].decode()
    assert "x-forwarded-for: 9.9.9.9, 127.0.0.1\n" in body + "\n"
    assert "host: www.example.com\n" in body + "\n"


@pytest.mark.parametrize("target", ["/app/../secret", "/app/%2e%2e/secret", "/app/echo/..", "/app/./x"])
def test_known_paths_cannot_lead_out_of_the_place_behind(target):
    assert through(upstream, ask("GET", target))[0].status == 404


@pytest.mark.parametrize("front", [upstream, reverse])
def test_half_an_answer_is_not_passed_on_as_a_whole_one(front):
    def client(port):
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            ask("GET", "/app/broken")(port)

    through(front, client)


@pytest.mark.parametrize(("front", "code"), [(upstream, 502), (reverse, 501)])
def test_a_server_that_is_not_there_is_a_gateways_error(front, code):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        unused = closed.getsockname()[1]
    assert through(lambda _: front(unused), ask("GET", "/app/echo"))[0].status == code


def test_websockets_are_passed_through():
    async def client(port):
        async with await connect(f"ws://127.0.0.1:{port}/app/chat") as ws:
            answers = []
            for message in ("abc", b"\x00\x01", "x" * 300_000):
                await ws.send(message)
                answers.append(await ws.receive())
            return answers

    assert through(upstream, client) == ["cba", b"\x01\x00", "x" * 300_000]


def test_a_refused_websocket_is_refused_through():
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "1"}
    response, _ = through(upstream, ask("GET", "/app/chat", headers=headers))
    assert response.status in (400, 426)
    response, _ = through(upstream, ask("GET", "/app/echo", headers=headers))
    assert response.status == 200


def test_a_proxy_answers_for_whole_urls():
    async def main():
        reactor = sennit.current_reactor()
        behind = reactor.listenTCP(0, backend(), interface="127.0.0.1")
        front = reactor.listenTCP(0, forward(0), interface="127.0.0.1")
        ports = front.getHost().port, behind.getHost().port
        try:
            found = ask("GET", f"http://127.0.0.1:{ports[1]}/secret?x")
            other = ask("GET", "/secret"), ask("GET", "gopher://x/"), ask("GET", "http://h:99999/")
            first = await asyncio.to_thread(found, ports[0])
            return first, [(await asyncio.to_thread(each, ports[0]))[0].status for each in other]
        finally:
            await front.stopListening()
            await behind.stopListening()

    (response, body), others = sennit.run(main)
    assert (response.status, body.splitlines()[0]) == (200, b"GET /secret?x")
    assert others == [400, 400, 400]


def test_known_cve_2019_12387_no_request_can_put_a_line_into_the_one_behind(browse):
    reactor = MemoryReactor()
    browser = browse(ReverseProxyResource("h", 80, b"", reactor))
    assert browser.ask(b"/a%0d%0aX:%20y?b", b"X: a") is None
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    assert transport.value().startswith(b"GET /a%0D%0AX%3A%20y?b HTTP/1.0\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
        b"garbage\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 600,
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 20_000,
    ],
)
def test_known_ghsa_bad_framing_of_the_server_behind_is_an_error(browse, answer):
    reactor = MemoryReactor()
    browser = browse(ReverseProxyResource("h", 80, b"", reactor))
    assert browser.ask(b"/") is None
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    protocol.makeConnection(StringTransport())
    protocol.dataReceived(answer)
    reply = browser.answer()
    assert reply is None or reply.code == 501 or browser.wire.disconnecting


def test_chunks_of_the_server_behind_are_joined(browse):
    reactor = MemoryReactor()
    browser = browse(ReverseProxyResource("h", 80, b"", reactor))
    assert browser.ask(b"/") is None
    protocol = reactor.tcpClients[0][2].buildProtocol(None)
    protocol.makeConnection(StringTransport())
    text = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5;x\r\nhello\r\n4\r\n you\r\n0\r\nT: r\r\n\r\n"
    )
    for octet in text:
        protocol.dataReceived(bytes([octet]))
    assert browser.answer().body == b"hello you"


def test_fields_for_one_hop_stay_there():
    fields = [(b"Connection", [b"a, B"]), (b"A", [b"1"]), (b"b", [b"2"]), (b"C", [b"3"]), (b"TE", [b"x"])]
    assert list(end_to_end(fields)) == [(b"C", [b"3"])]


def test_another_servers_url_is_checked_when_it_is_given():
    for url in ("gopher://x/", "http:///x", "x"):
        with pytest.raises(ValueError, match="URL"):
            Upstream(url)
