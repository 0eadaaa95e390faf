"""Django, Flask and Starlette as applications; nginx and haproxy in front and behind; other clients."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import shutil
import socket
import subprocess
import time

import pytest
from tests.free_port import free_port

import sennit
from sennit.core.current import current_reactor
from sennit.web import Resource, Site
from sennit.web.asgi import ASGIResource
from sennit.web.static import File
from sennit.web.template import renderElement, tags
from sennit.web.upstream import Upstream
from sennit.web.wsgi import WSGIResource

pytestmark = pytest.mark.interop


def ask(port, method, target, body=None, headers=None):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()


def serve_application(application, client):
    """Serve a WSGI application while a blocking client runs in a thread."""

    async def main():
        reactor = current_reactor()
        site = Site(WSGIResource(reactor, reactor.getThreadPool(), application))
        port = reactor.listenTCP(0, site, interface="127.0.0.1")
        try:
            return await asyncio.to_thread(client, port.getHost().port)
        finally:
            await port.stopListening()
            site.abort()

    return sennit.run(main)


def test_django_runs_under_the_wsgi_host():
    django = pytest.importorskip("django")
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    @csrf_exempt
    def upload(request):
        return HttpResponse(f"{request.method} {len(request.FILES['f'].read())} {request.POST['name']}")

    def hello(request, name):
        response = HttpResponse(f"{name} {request.GET.get('q')} {request.META['REMOTE_ADDR']} {request.path}")
        response.set_cookie("a", "1", httponly=True)
        return response

    def stream(request):
        return StreamingHttpResponse(b"x" * 1000 for _ in range(500))

    def broken(request):
        raise RuntimeError("secret")

    routes = type("routes", (), {})
    routes.urlpatterns = [
        path("hello/<name>", hello),
        path("upload", upload),
        path("stream", stream),
        path("broken", broken),
    ]
    if not settings.configured:
        settings.configure(
            DEBUG=False, SECRET_KEY="k", ROOT_URLCONF=routes, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None
        )
        django.setup()
    application = get_wsgi_application()
    boundary = "BOUND"
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xe9\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n{"y" * 400_000}\r\n'
        f"--{boundary}--\r\n"
    ).encode()

    def client(port):
        return [
            ask(port, "GET", "/hello/%C3%A9?q=%20x"),
            ask(port, "POST", "/upload", form, {"Content-Type": f"multipart/form-data; boundary={boundary}"}),
            ask(port, "GET", "/stream"),
            ask(port, "GET", "/broken"),
            ask(port, "HEAD", "/hello/x"),
        ]

    hello_answer, upload_answer, streamed, failed, head = serve_application(application, client)
    assert hello_answer[2].decode() == "é  x 127.0.0.1 /hello/é"
    assert "a=1; HttpOnly" in hello_answer[1]["Set-Cookie"]
    assert upload_answer[2].decode() == "POST 400000 é"
    assert len(streamed[2]) == 500_000
    assert (failed[0], b"secret" in failed[2]) == (500, False)
    assert (head[0], head[2]) == (200, b"")


def test_flask_runs_under_the_wsgi_host():
    flask = pytest.importorskip("flask")
    application = flask.Flask("interop")
    application.secret_key = "k"

    @application.route("/count")
    def count():
        flask.session["n"] = flask.session.get("n", 0) + 1
        return str(flask.session["n"])

    @application.route("/json", methods=["POST"])
    def echo():
        return flask.jsonify(flask.request.get_json())

    @application.route("/lines")
    def lines():
        return flask.Response((f"{n}\n" for n in range(100)), mimetype="text/plain")

    def client(port):
        first = ask(port, "GET", "/count")
        second = ask(port, "GET", "/count", headers={"Cookie": first[1]["Set-Cookie"].partition(";")[0]})
        echoed = ask(port, "POST", "/json", b'{"a": [1]}', {"Content-Type": "application/json"})
        return (
            first[2],
            second[2],
            echoed[2].strip(),
            ask(port, "GET", "/lines")[2],
            ask(port, "GET", "/x")[0],
        )

    expected = "".join(f"{n}\n" for n in range(100)).encode()
    assert serve_application(application, client) == (b"1", b"2", b'{"a":[1]}', expected, 404)


class Page(Resource):
    isLeaf = True

    def render_GET(self, request):
        return renderElement(request, tags.p(f"{request.getClientIP()} {request.path.decode()}"))

    def render_POST(self, request):
        return b"%d" % len(request.content.read())


NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_max_body_size 10m;
  client_body_buffer_size 10m;
  upstream site {{ server 127.0.0.1:{behind}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{front};
    location / {{
      proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }}
    location /own {{ return 200 "nginx's own $request_uri"; }}
  }}
}}
"""
HAPROXY = """
global
  maxconn 64
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend f
  bind 127.0.0.1:{front}
  http-request return status 200 content-type text/plain string "haproxy's own" if {{ path_beg /own }}
  default_backend b
backend b
  option forwardfor
  server s 127.0.0.1:{behind}
"""


@contextlib.contextmanager
def in_front(name, folder, behind):
    """Run nginx or haproxy; give its port."""
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    front = free_port()
    configuration = folder / "configuration"
    text = {"nginx": NGINX, "haproxy": HAPROXY}[name].format(folder=folder, behind=behind, front=front)
    configuration.write_text(text)
    options = ["-e", str(folder / "e"), "-p", str(folder), "-c"] if name == "nginx" else ["-db", "-f"]
    process = subprocess.Popen([program, *options, str(configuration)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 10
        while True:
            assert process.poll() is None, process.stderr.read()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", front), 1):
                break
            assert time.monotonic() < deadline
        yield front
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_a_proxy_in_front_is_served_and_believed(name, tmp_path):
    async def main():
        site = Site(Page(), trusted_proxies=["127.0.0.0/8"])
        port = current_reactor().listenTCP(0, site, interface="127.0.0.1")

        def client():
            with in_front(name, tmp_path, port.getHost().port) as front:
                big = b"z" * 2_000_000
                return [
                    *[ask(front, "GET", "/a%20b")[::2] for _ in range(5)],
                    ask(front, "POST", "/", big)[::2],
                    ask(front, "HEAD", "/")[::2],
                ]

        try:
            return await asyncio.to_thread(client)
        finally:
            await port.stopListening()
            site.abort()

    *pages, posted, head = sennit.run(main)
    assert pages == [(200, b"<!DOCTYPE html>\n<p>127.0.0.1 /a%20b</p>")] * 5
    assert posted == (200, b"2000000")
    assert head == (200, b"")


@pytest.mark.parametrize(
    ("name", "said"), [("nginx", b"nginx's own /own/x%2Fy?q"), ("haproxy", b"haproxy's own")]
)
def test_a_server_answers_behind_a_site(name, said, tmp_path):
    async def main():
        reactor = current_reactor()
        with in_front(name, tmp_path, free_port()) as behind:
            root = Resource()
            root.putChild(b"app", Upstream(f"http://127.0.0.1:{behind}/own"))
            root.putChild(b"down", Upstream(f"http://127.0.0.1:{behind}/"))
            site = Site(root)
            port = reactor.listenTCP(0, site, interface="127.0.0.1")
            try:
                front = port.getHost().port
                first = await asyncio.to_thread(ask, front, "GET", "/app/x%2Fy?q")
                return first[::2], (await asyncio.to_thread(ask, front, "GET", "/down/"))[0]
            finally:
                await port.stopListening()
                site.abort()

    good, bad = sennit.run(main)
    assert good == (200, said)
    assert bad in (502, 503)


def served(resource, client, *, in_thread=False):
    """Serve a resource while a client, a coroutine function or a blocking one, talks to it."""

    async def main():
        site = Site(resource)
        site.noisy = False
        port = current_reactor().listenTCP(0, site, interface="127.0.0.1")
        number = port.getHost().port
        try:
            return await (asyncio.to_thread(client, number) if in_thread else client(number))
        finally:
            await port.stopListening()
            site.abort()

    return sennit.run(main)


def test_starlette_runs_under_the_asgi_host():
    pytest.importorskip("starlette")
    httpx = pytest.importorskip("httpx")
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute
    from websockets.asyncio.client import connect

    async def hello(request):
        return PlainTextResponse(f"{request.path_params['name']} {request.query_params['q']}")

    async def upload(request):
        size = 0
        async for piece in request.stream():
            size += len(piece)
        return JSONResponse({"type": request.headers["content-type"], "size": size})

    async def stream(request):
        async def pieces():
            for _ in range(100):
                yield b"x" * 1000

        return StreamingResponse(pieces())

    async def chat(websocket):
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text[::-1])

    app = Starlette(
        routes=[
            Route("/hello/{name}", hello),
            Route("/upload", upload, methods=["POST"]),
            Route("/stream", stream),
            WebSocketRoute("/chat", chat),
        ]
    )

    async def client(port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            answers = [
                (await http.get("/hello/é?q=1")).text,
                (await http.post("/upload", content=b"y" * 300_000, headers={"content-type": "a/b"})).json(),
                len((await http.get("/stream")).content),
                (await http.get("/none")).status_code,
            ]
        async with connect(f"ws://127.0.0.1:{port}/chat", proxy=None) as websocket:
            await websocket.send("abc")
            return [*answers, await websocket.recv()]

    answers = served(ASGIResource(app), client)
    assert answers == ["é 1", {"type": "a/b", "size": 300_000}, 100_000, 404, "cba"]


def test_aiohttp_and_httpx_ask_in_all_ways(tmp_path):
    aiohttp = pytest.importorskip("aiohttp")
    httpx = pytest.importorskip("httpx")
    (tmp_path / "f").write_bytes(b"0123456789" * 100_000)
    root = Page()
    root.isLeaf = False
    root.putChild(b"files", File(str(tmp_path)))
    root.putChild(b"page", Page())

    async def pieces():
        for _ in range(50):
            yield b"z" * 1000

    async def client(port):
        base = f"http://127.0.0.1:{port}"
        told = []
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.post(f"{base}/page", data=pieces()) as answer:
                    told.append(await answer.read())
            async with session.get(f"{base}/files/f", headers={"Range": "bytes=5-9"}) as answer:
                told += [answer.status, await answer.read()]
            async with session.get(f"{base}/files/f") as answer:
                told.append(len(await answer.read()))
        async with httpx.AsyncClient(trust_env=False) as session:
            told += [
                (await session.post(f"{base}/page", content=pieces())).content,
                len((await session.get(f"{base}/files/f")).content),
                (await session.head(f"{base}/files/f")).headers["content-length"],
            ]
        return told

    assert served(root, client) == [
        *[b"50000"] * 3,
        *(206, b"56789", 1_000_000),
        *(b"50000", 1_000_000, "1000000"),
    ]


def test_curl_asks_over_http_1_1(tmp_path):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    (tmp_path / "f").write_bytes(b"0123456789" * 1000)
    root = Resource()
    root.putChild(b"files", File(str(tmp_path)))
    root.putChild(b"page", Page())

    def run(*words):
        return subprocess.run([curl, "-s", "--noproxy", "*", *words], capture_output=True, check=True).stdout

    def client(port):
        base = f"http://127.0.0.1:{port}"
        upload = ("--data-binary", f"@{tmp_path}/f")
        return [
            run(f"{base}/files/f", "-r", "3-5"),
            run(f"{base}/page", *upload),
            run(f"{base}/page", *upload, "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"),
            len(run(f"{base}/files/f", f"{base}/files/f", "--compressed")),
            run("-I", f"{base}/files/f").splitlines()[0],
        ]

    told = served(root, client, in_thread=True)
    assert told == [b"345", b"10000", b"10000", 20_000, b"HTTP/1.1 200 OK"]
