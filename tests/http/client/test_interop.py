"""The client against real foreign programs: nginx, haproxy, tinyproxy, aiohttp's server."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.free_port import free_port

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.tls import pki

from sennit.core.current import current_reactor
from sennit.http.client import Agent, Client, HTTPConnectionPool, readBody
from sennit.http.status_errors import Error
from sennit.task import TaskGroup, deferLater
from sennit.tls import TrustFiles

pytestmark = pytest.mark.interop
IDENTITY = pki.issue("localhost")


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program}")


@contextlib.contextmanager
def running(command, *ports, cwd):
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        for port in ports:
            deadline = time.monotonic() + 10
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, f"{command} ended"
                assert time.monotonic() < deadline, f"{command} does not listen"
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def nginx(tmp_path):
    plain, secure = free_port(), free_port()
    site = tmp_path / "site"
    site.mkdir()
    (site / "small").write_bytes(b"hello")
    (site / "large").write_bytes(os.urandom(1 << 20) * 3)
    (site / "text.txt").write_bytes(b"compress me " * 10_000)
    tmp_path.chmod(0o755)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"""
        daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; worker_processes 1; user root;
        events {{ worker_connections 256; }}
        http {{
          access_log off; gzip on; gzip_types text/plain; keepalive_requests 5; default_type text/plain;
          client_body_temp_path {tmp_path}/a; proxy_temp_path {tmp_path}/b; fastcgi_temp_path {tmp_path}/c;
          uwsgi_temp_path {tmp_path}/d; scgi_temp_path {tmp_path}/e; client_max_body_size 4m;
          server {{
            listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl http2; server_name localhost;
            ssl_certificate {IDENTITY.path}; ssl_certificate_key {IDENTITY.path};
            root {site};
            location /moved {{ return 301 /small; }}
            location /status {{ return 503 "busy"; }}
            location /who {{ return 200 "$server_protocol $http_user_agent"; }}
          }}
        }}
        """
    )
    with running(["nginx", "-c", str(configuration)], plain, secure, cwd=tmp_path):
        yield plain, secure


def client(**options):
    return Client(trust_root=TrustFiles(str(IDENTITY.path)), **options)


@needs("nginx")
@pytest.mark.parametrize("kind", ["plain", "tls", "http2"])
async def test_nginx_serves_files_over_every_kind_of_connection(nginx, kind):
    plain, secure = nginx
    base = f"http://localhost:{plain}" if kind == "plain" else f"https://localhost:{secure}"
    async with client(http2=kind == "http2") as asking:
        said = await (await asking.get(f"{base}/who")).text()
        assert said.startswith("HTTP/2.0 sennit/" if kind == "http2" else "HTTP/1.1 sennit/")
        # More than nginx answers on one connection.
        for _ in range(23):
            assert await (await asking.get(f"{base}/small")).read() == b"hello"
        assert len(await (await asking.get(f"{base}/large")).read()) == 3 << 20
        text = await asking.get(f"{base}/text.txt")
        assert await text.read() == b"compress me " * 10_000
        assert (await (await asking.get(f"{base}/moved")).read()) == b"hello"
        part = await asking.get(f"{base}/small", headers={"Range": "bytes=1-2"})
        assert (part.status, await part.read()) == (206, b"el")
        head = await asking.head(f"{base}/large")
        assert (head.status, head.header("content-length") or "3145728") == (200, str(3 << 20))
        with pytest.raises(Error, match="503"):
            (await asking.get(f"{base}/status")).raise_for_status()


@needs("nginx")
async def test_nginx_refuses_a_body_that_is_too_large_while_it_is_sent(nginx):
    async with client() as asking:

        async def endless():
            for _ in range(200):
                yield b"x" * 65536

        response = await asking.post(f"http://localhost:{nginx[0]}/small", body=b"x" * (5 << 20))
        assert response.status == 413
        response = await asking.post(f"http://localhost:{nginx[0]}/small", body=endless())
        assert response.status in (405, 413)


@needs("nginx")
async def test_many_requests_to_nginx_at_one_time_survive_connections_that_close(nginx):
    pool = HTTPConnectionPool(current_reactor())
    pool.maxPersistentPerHost = 8
    agent = Agent(current_reactor(), pool=pool)

    async def one():
        for _ in range(20):
            response = await agent.request(b"GET", b"http://127.0.0.1:%d/small" % nginx[0])
            assert await readBody(response) == b"hello"

    async with TaskGroup() as group:
        for _ in range(8):
            group.start(one())
    await pool.closeCachedConnections()


@needs("nginx")
@needs("tinyproxy")
async def test_tinyproxy_is_asked_and_tunnels(nginx, tmp_path):
    plain, secure = nginx
    port = free_port()
    configuration = tmp_path / "tinyproxy.conf"
    configuration.write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth me secret\n"
        f'LogFile "{tmp_path}/tinyproxy.log"\nPidFile "{tmp_path}/tinyproxy.pid"\n'
    )
    with running(["tinyproxy", "-d", "-c", str(configuration)], port, cwd=tmp_path):
        async with client(proxy=f"http://me:secret@127.0.0.1:{port}") as asking:
            assert await (await asking.get(f"http://localhost:{plain}/small")).read() == b"hello"
            response = await asking.get(f"https://localhost:{secure}/small")
            assert (await response.read(), response.version) == (b"hello", "HTTP/2.0")
        async with client(proxy=f"http://me:wrong@127.0.0.1:{port}") as asking:
            assert (await asking.get(f"http://localhost:{plain}/small")).status in (401, 407)
            with pytest.raises(Exception, match="did not open the way"):
                await asking.get(f"https://localhost:{secure}/small")


@needs("nginx")
@needs("microsocks")
@pytest.mark.parametrize("login", ["", "me:secret@"])
async def test_microsocks_opens_the_way(nginx, tmp_path, login):
    plain, secure = nginx
    port = free_port()
    command = [
        "microsocks",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        *(["-u", "me", "-P", "secret"] if login else []),
    ]
    with running(command, port, cwd=tmp_path):
        async with client(proxy=f"socks5h://{login}127.0.0.1:{port}") as asking:
            assert await (await asking.get(f"http://localhost:{plain}/small")).read() == b"hello"
            assert await (await asking.get(f"https://localhost:{secure}/small")).read() == b"hello"
            with pytest.raises(Exception, match=r"refused|reached|failed"):
                await asking.get(f"http://localhost:{free_port()}/")


@needs("nginx")
@needs("haproxy")
@pytest.mark.parametrize("http2", [False, True])
async def test_haproxy_in_front_of_nginx(nginx, tmp_path, http2):
    port = free_port()
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        f"""
global
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend web
  bind 127.0.0.1:{port} ssl crt {IDENTITY.path} alpn h2,http/1.1
  default_backend site
backend site
  server one 127.0.0.1:{nginx[0]}
"""
    )
    with running(["haproxy", "-f", str(configuration)], port, cwd=tmp_path):
        async with client(http2=http2) as asking:
            for _ in range(10):
                response = await asking.get(f"https://localhost:{port}/large")
                assert len(await response.read()) == 3 << 20
            assert response.version == ("HTTP/2.0" if http2 else "HTTP/1.1")
            assert (await asking.post(f"https://localhost:{port}/small", body=b"x")).status == 405


AIOHTTP = """
import asyncio, sys
from aiohttp import web

async def echo(request):
    body = await request.read()
    form = dict(await request.post())
    return web.json_response({"method": request.method, "size": len(body), "form": form})

async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for number in range(50):
        await response.write(b"line %d\\n" % number)
    await response.write_eof()
    return response

async def cookies(request):
    response = web.Response(text=request.cookies.get("seen", "no"))
    response.set_cookie("seen", "yes")
    return response

app = web.Application(client_max_size=1 << 26)
app.router.add_route("*", "/echo", echo)
app.router.add_get("/stream", stream)
app.router.add_get("/cookies", cookies)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, keepalive_timeout=0.05)
"""


async def test_aiohttp_answers_requests_of_every_kind(tmp_path):
    port = free_port()
    with running([sys.executable, "-c", AIOHTTP, str(port)], port, cwd=tmp_path):
        async with client(cookies=True) as asking:

            async def pieces():
                for _ in range(20):
                    yield b"x" * 50_000

            url = f"http://127.0.0.1:{port}"
            assert (await (await asking.post(f"{url}/echo", body=pieces())).json())["size"] == 1_000_000
            assert (await (await asking.put(f"{url}/echo", body=b"y" * 5_000_000)).json())[
                "size"
            ] == 5_000_000
            answer = await (await asking.post(f"{url}/echo", form={"a": "ä b"})).json()
            assert answer["form"] == {"a": "ä b"}
            lines = [line async for line in (await asking.get(f"{url}/stream")).lines()]
            assert lines[-1] == b"line 49"
            assert await (await asking.get(f"{url}/cookies")).text() == "no"
            assert await (await asking.get(f"{url}/cookies")).text() == "yes"


async def test_connections_that_the_server_closes_as_they_are_used_lose_no_request(tmp_path):
    port = free_port()
    with running([sys.executable, "-c", AIOHTTP, str(port)], port, cwd=tmp_path):
        async with client() as asking:
            for turn in range(30):
                response = await asking.get(f"http://127.0.0.1:{port}/cookies")
                assert await response.text() == "no"
                # Around the time at which the server lets go of an idle connection.
                await deferLater(current_reactor(), 0.045 + 0.0005 * turn, lambda: None)
