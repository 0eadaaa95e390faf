"""A site in another process."""

from __future__ import annotations

import asyncio
import http.client
import inspect
from types import SimpleNamespace

import pytest

import sennit
from sennit.core.deferred import Deferred, succeed
from sennit.web import Resource, Site
from sennit.web.distrib import Request, ResourcePublisher, ResourceSubscription, UserDirectory
from sennit.web.websocket import WebSocketResource
from sennit.websocket import connect


class Who(Resource):
    isLeaf = True

    def render_GET(self, request):
        told = [request.prePathURL(), b"/".join(request.postpath), str(request.getClientIP()).encode()]
        secret = request.getHeader(b"sennit-published-request")
        return b"|".join([*told, secret or b"-", request.getHeader(b"x-forwarded-for") or b"-"])

    def render_POST(self, request):
        request.setResponseCode(201)
        return b"%d" % len(request.content.read())


async def chat(ws):
    async for message in ws:
        await ws.send(message[::-1])


def published(client, socket):
    """Serve a site behind a UNIX socket and one in front of it; return what a client makes of the front."""

    async def main():
        reactor = sennit.current_reactor()
        root = Resource()
        root.putChild(b"who", Who())
        root.putChild(b"chat", WebSocketResource(chat, origins="*"))
        behind = reactor.listenUNIX(str(socket), ResourcePublisher(Site(root)).factory(), mode=0o600)
        front_root = Resource()
        front_root.putChild(b"blog", ResourceSubscription("unix", str(socket)))
        front_root.putChild(b"gone", ResourceSubscription("unix", str(socket) + ".not"))
        front = reactor.listenTCP(0, Site(front_root), interface="127.0.0.1")
        try:
            port = front.getHost().port
            if inspect.iscoroutinefunction(client):
                return await client(port)
            return await asyncio.to_thread(client, port)
        finally:
            await front.stopListening()
            await behind.stopListening()
            front.factory.abort()
            behind.factory.abort()

    return sennit.run(main)


def ask(method, target, body=None, headers=None):
    def client(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, target, body, {"Host": "www.example.com", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    return client


def test_a_publishers_site_sees_the_request_as_the_front_does(tmp_path):
    lies = {"Sennit-Published-Request": "{}", "X-Forwarded-For": "9.9.9.9"}
    status, body = published(ask("GET", "/blog/who/a%2Fb/c?q", headers=lies), tmp_path / "s")
    url, rest, client, secret, forwarded = body.split(b"|")
    assert (status, rest, client, secret, forwarded) == (200, b"a/b/c", b"127.0.0.1", b"-", b"-")
    assert url.startswith(b"http://www.example.com:")
    assert url.endswith(b"/blog/who")
    assert published(ask("POST", "/blog/who", b"x" * 300_000), tmp_path / "t") == (201, b"300000")
    assert published(ask("GET", "/blog/nothing"), tmp_path / "u")[0] == 404
    assert published(ask("GET", "/gone/who"), tmp_path / "v")[0] == 502


def test_websockets_reach_a_publisher(tmp_path):
    async def client(port):
        async with await connect(f"ws://127.0.0.1:{port}/blog/chat") as ws:
            await ws.send("abc")
            return await ws.receive()

    assert published(client, tmp_path / "s") == "cba"


@pytest.mark.parametrize("line", [b"X: y", b"Sennit-Published-Request: []", b"Sennit-Published-Request: {"])
def test_a_publisher_answers_nobody_but_the_process_in_front(browse, clock, line):
    site = ResourcePublisher(Site(Who(), reactor=clock)).factory(reactor=clock)
    browser = type(browse(Who()))(site, clock)
    assert browser.ask(b"/", line).code == 400


def test_requests_can_go_to_an_object_that_calls_back(browse):
    subscription = ResourceSubscription("unix", "/nowhere")
    subscription.waiting = 1
    browser = browse(subscription)
    assert browser.ask(b"/a") is None
    calls = []

    class Publisher:
        def callRemote(self, name, request):
            calls.append((name, request.path))
            return succeed(b"answered") if len(calls) == 1 else Deferred()

    subscription.connected(Publisher())
    assert browser.answer().body == b"answered"
    assert calls == [("request", b"/a")]
    assert browser.ask(b"/b") is None
    subscription.booted()
    assert subscription.publisher is None


def test_a_request_from_elsewhere_is_answered_there(clock):
    calls = []

    class Remote:
        def callRemote(self, *call):
            calls.append(call)
            return succeed(None)

    class Over(Resource):
        isLeaf = True

        def render_GET(self, request):
            request.setHeader(b"x", b"y")
            return b"z" * 700_000

    state = {
        "method": b"GET",
        "uri": b"/",
        "path": b"/",
        "clientproto": b"HTTP/1.1",
        "args": {},
        "prepath": [],
        "postpath": [b""],
        "content": b"",
        "remote": Remote(),
    }
    request = Request(None)
    request.setCopyableState(state)
    ResourcePublisher(Site(Over(), reactor=clock)).remote_request(request)
    assert [(name, len(args[0]) if args else 0) for name, *args in calls] == [
        ("setHeader", 1),
        ("write", 655_360),
        ("write", 44_640),
        ("finish", 0),
    ]


def test_users_have_places_of_their_own(browse, tmp_path):
    for name in ("ann", "bob"):
        (tmp_path / name).mkdir()
    (tmp_path / "ann" / "public_html").mkdir()
    (tmp_path / "ann" / "public_html" / "a.txt").write_text("hello")
    (tmp_path / "ann" / "secret").write_text("secret")
    (tmp_path / "ann" / ".twistd-web-pb").write_text("")
    entries = {
        name: (name, "x", 1, 1, f"{name.title()} <B>,room 5", str(tmp_path / name), "/bin/sh")
        for name in ("ann", "bob")
    }
    users = SimpleNamespace(getpwall=lambda: list(entries.values()), getpwnam=entries.__getitem__)
    root = Resource()
    root.putChild(b"users", UserDirectory(users))
    browser = browse(root)
    page = browser.ask(b"/users/").body
    assert b'<a href="ann/">Ann &lt;B&gt; (file)</a>' in page
    assert b'<a href="ann.twistd/">' in page
    assert b"Bob" not in page
    assert browser.ask(b"/users/ann/a.txt").body == b"hello"
    assert browser.ask(b"/users/ann/..%2fsecret").code == 404
    assert browser.ask(b"/users/bob/").code == 404
    assert browser.ask(b"/users/zoe/").code == 404
    directory = root.children[b"users"]
    assert isinstance(directory.getChild(b"ann.twistd", None), ResourceSubscription)
