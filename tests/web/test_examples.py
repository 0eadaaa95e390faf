"""The examples of the web documentation, and a site on real sockets with foreign clients."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib.util
import socket
from pathlib import Path
from urllib.parse import urlencode

import pytest

import sennit
from sennit.core.deferred import CancelledError, Deferred
from sennit.http import Limits
from sennit.web import Resource, Site
from sennit.web.static import File
from sennit.websocket import connect

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve_and(site, client, *args):
    """Serve a site while a blocking client runs in a thread; return what the client returns."""

    async def main():
        port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")
        try:
            return await asyncio.to_thread(client, port.getHost().port, *args)
        finally:
            await port.stopListening()
            await site.drain()

    return sennit.run(main)


def ask(port, method, target, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def test_the_hello_example_greets():
    site = Site(load("hello_web").Hello())
    status, body, headers = serve_and(site, ask, "GET", "/?name=Ann")
    assert (status, body) == (200, b"Hello, Ann\n")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_live_page_example_echoes_ticks_and_counts():
    async def main():
        site = load("live_page").make_site()
        port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")
        number = port.getHost().port
        try:
            async with await connect(f"ws://127.0.0.1:{number}/echo") as websocket:
                await websocket.send("hello")
                echoed = await websocket.receive()
            page = await asyncio.to_thread(ask, number, "GET", "/")
            counted = await asyncio.to_thread(ask, number, "POST", "/upload", b"x" * 300_000)
            return echoed, page[0], counted[1], await asyncio.to_thread(first_event, number)
        finally:
            await port.stopListening()
            await site.drain()

    def first_event(number):
        with socket.create_connection(("127.0.0.1", number), 20) as stream:
            stream.sendall(b"GET /ticks HTTP/1.1\r\nHost: h\r\n\r\n")
            received = b""
            while b"data: 1\n\n" not in received:
                received += stream.recv(1000)
        return received.startswith(b"HTTP/1.1 200 ")

    assert sennit.run(main) == ("hello", 200, b"300000 octets", True)


@pytest.mark.parametrize("name", ["hello_web", "guest_book", "live_page"])
def test_the_examples_say_where_they_are(name, capsys):
    async def main():
        running = Deferred.fromCoroutine(load(name).main(port=0))
        await asyncio.sleep(0)
        running.addErrback(lambda failure: failure.trap(CancelledError) and None)
        running.cancel()
        await running

    sennit.run(main)
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


def test_the_guest_book_example_keeps_what_is_signed(tmp_path):
    (tmp_path / "note.txt").write_text("a file")

    def client(port):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        signed = ask(port, "POST", "/", urlencode({"text": "<Zoë>"}), form)
        pages = [ask(port, "GET", target)[:2] for target in ("/", "/0", "/1", "/files/note.txt")]
        return signed, pages

    (status, _, headers), pages = serve_and(load("guest_book").make_site(tmp_path), client)
    assert (status, headers["Location"]) == (302, "/")
    (_, book), entry, missing, file = pages
    assert "&lt;Zoë&gt;" in book.decode()
    assert entry == (200, "<!DOCTYPE html><h1>&lt;Zoë&gt;</h1>".encode())
    assert missing[0] == 404
    assert file == (200, b"a file")


class Mirror(Resource):
    """Sends back what it gets."""

    isLeaf = True

    def render_POST(self, request):
        return request.content.read()

    render_PUT = render_POST


def test_large_bodies_go_both_ways():
    body = bytes(range(256)) * 20_000
    status, echoed, _ = serve_and(Site(Mirror()), ask, "POST", "/", body)
    assert status == 200
    assert echoed == body


def test_chunked_uploads_are_put_together():
    pieces = [b"a" * 70_000, b"b", b"c" * 300_000]

    def client(port):
        return ask(port, "PUT", "/", iter(pieces))

    assert serve_and(Site(Mirror()), client)[1] == b"".join(pieces)


def test_a_large_file_arrives_whole(tmp_path):
    content = bytes(range(256)) * 40_000
    (tmp_path / "big.bin").write_bytes(content)
    status, body, headers = serve_and(Site(File(tmp_path)), ask, "GET", "/big.bin")
    assert (status, body) == (200, content)
    assert headers["Content-Length"] == str(len(content))


def test_a_refused_upload_still_gets_its_answer():
    def client(port):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n")
            connection.sendall(b"x" * 300_000)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer

    answer = serve_and(Site(Mirror(), limits=Limits(body_size=1000)), client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\n\r\nRequest Entity Too Large\n")


def test_many_requests_go_over_one_connection():
    def client(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        bodies = []
        for number in range(50):
            connection.request("POST", "/", b"%d" % number)
            bodies.append(connection.getresponse().read())
        connection.close()
        return bodies

    assert serve_and(Site(Mirror()), client) == [b"%d" % number for number in range(50)]


def test_aiohttp_reads_what_we_write(tmp_path):
    aiohttp = pytest.importorskip("aiohttp")
    (tmp_path / "a.txt").write_bytes(b"hello world")

    async def main():
        site = Site(File(tmp_path))
        port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")
        url = f"http://127.0.0.1:{port.getHost().port}/"
        async with aiohttp.ClientSession() as session:
            async with session.get(url + "a.txt", headers={"Range": "bytes=6-"}) as response:
                part = response.status, await response.read()
            async with session.get(url) as response:
                listing = response.status, await response.text()
            async with session.get(url + "a.txt", headers={"If-None-Match": "*"}) as response:
                cached = response.status
        await port.stopListening()
        await site.drain()
        return part, listing, cached

    part, listing, cached = sennit.run(main)
    assert part == (206, b"world")
    assert listing[0] == 200
    assert 'href="a.txt"' in listing[1]
    assert cached == 304


def test_the_wall_of_notes_is_sent_whole_and_escaped():
    page = load("wall_of_notes").WallPage()

    def client(port):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            form = urlencode({"who": "<b>Bob", "text": "a & b"})
            connection.request("POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded"})
            connection.getresponse().read()
            connection.request("GET", "/")
            return connection.getresponse().read().decode()

    body = serve_and(Site(page), client)
    assert "<li><b>Ann</b>: &lt;script&gt; is just text here</li>" in body
    assert "<li><b>&lt;b&gt;Bob</b>: a &amp; b</li>" in body
    assert "<p>Outside: <em>sunny</em></p>" in body


def test_members_see_what_is_theirs():
    def client(port):
        answers = []
        for token in (None, "Basic YW5uOmFwcGxl", "Basic Ym9iOndyb25n"):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request("GET", "/members", headers={"Authorization": token} if token else {})
                response = connection.getresponse()
                answers.append((response.status, b"Hello, ann" in response.read()))
        return answers

    answers = serve_and(load("members_only").make_site(), client)
    assert answers == [(401, False), (200, True), (401, False)]


def test_one_front_door_leads_to_all(tmp_path):
    (tmp_path / "a.txt").write_text("a file")
    example = load("one_front_door")

    async def main():
        reactor = sennit.current_reactor()
        behind = reactor.listenTCP(0, Site(File(str(tmp_path))), interface="127.0.0.1")
        site = example.make_site(reactor, f"http://127.0.0.1:{behind.getHost().port}/", str(tmp_path))
        front = reactor.listenTCP(0, site, interface="127.0.0.1")

        def client():
            answers = []
            for path in ("/app/x", "/other/a.txt", "/files/a.txt"):
                port = front.getHost().port
                with contextlib.closing(
                    http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                ) as connection:
                    connection.request("GET", path)
                    answers.append(connection.getresponse().read())
            return answers

        try:
            return await asyncio.to_thread(client)
        finally:
            await front.stopListening()
            await behind.stopListening()
            site.abort()
            behind.factory.abort()

    assert sennit.run(main) == [b"You asked for /x.\n", b"a file", b"a file"]
