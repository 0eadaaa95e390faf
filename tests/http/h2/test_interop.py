"""Real HTTP/2 clients: curl, nghttp, h2load and httpx, in the clear and under TLS."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess

import pytest

import sennit
from sennit.endpoint import serverFromString
from sennit.http import Headers
from sennit.tls.development import write_certificate
from sennit.web import NOT_DONE_YET, Resource, Site

pytestmark = pytest.mark.interop

LARGE = b"0123456789abcdef" * 100_000


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program} command")


class Root(Resource):
    def render_GET(self, request):
        return request.clientproto + b"\n"


class Large(Resource):
    isLeaf = True

    def render_GET(self, request):
        return LARGE


class Sum(Resource):
    isLeaf = True
    streams_body = True

    async def render_POST(self, request):
        size = 0
        async for piece in request.body:
            size += len(piece)
        return b"%d" % size


class Trailing(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.write(b"body")
        request.responseTrailers = Headers({b"checksum": [b"42"]})
        request.finish()
        return NOT_DONE_YET


def make_site():
    root = Root()
    root.putChild(b"", root)
    root.putChild(b"large", Large())
    root.putChild(b"sum", Sum())
    root.putChild(b"trailing", Trailing())
    return Site(root, http2=True, stream_bodies=True)


@pytest.fixture(params=["http", "https"])
def served(request, tmp_path):
    """Return what runs a function of the site's URL in a thread while the site is served."""
    secure = request.param == "https"

    def serve_and(client):
        async def main():
            description = "tcp:0:interface=127.0.0.1"
            if secure:
                both, _ = write_certificate(tmp_path, ["localhost", "127.0.0.1"])
                description = f"ssl:0:interface=127.0.0.1:privateKey={both}:certKey={both}"
            site = make_site()
            port = await serverFromString(sennit.current_reactor(), description).listen(site)
            try:
                return await asyncio.to_thread(client, f"{request.param}://localhost:{port.getHost().port}/")
            finally:
                await port.stopListening()
                await site.drain()

        return sennit.run(main)

    return serve_and


def run(*words, data=None):
    done = subprocess.run(words, input=data, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def curl(url, *options, data=None):
    version = "--http2" if url.startswith("https") else "--http2-prior-knowledge"
    return run("curl", "-sSk", "-4", version, *options, url, data=data)


@needs("curl")
def test_curl_gets_and_posts(served):
    def client(url):
        return (
            curl(url),
            curl(url + "large"),
            curl(url + "sum", "--data-binary", "@-", data=LARGE),
            curl(url, "-o", "/dev/null", "-w", "%{http_version} %{http_code}"),
            run("curl", "-sSk", "-4", "--http1.1", url),
        )

    assert served(client) == (b"HTTP/2\n", LARGE, b"%d" % len(LARGE), b"2 200", b"HTTP/1.1\n")


@needs("curl")
def test_curl_sees_trailers_and_head(served):
    def client(url):
        return curl(url + "trailing", "-i"), curl(url + "large", "-I")

    trailing, head = served(client)
    assert trailing.endswith(b"bodychecksum: 42\r\n")
    assert b"content-length: %d\r\n" % len(LARGE) in head


@needs("curl")
def test_curl_multiplexes(served):
    def client(url):
        return run(
            "curl", "-sSk", "-4", "--parallel", "--parallel-immediate",
            "--http2" if url.startswith("https") else "--http2-prior-knowledge",
            "-w", "%{http_code} ", *[word for _ in range(30) for word in ("-o", "/dev/null", url + "large")],
        )  # fmt: skip

    assert served(client).split() == [b"200"] * 30


@needs("nghttp")
def test_nghttp_gets_many_with_priorities(served):
    def client(url):
        return run(
            "nghttp", "-nas", "--no-verify-peer", "-H", "priority: u=1, i", url, url + "large", url + "sum"
        )

    report = served(client).decode()
    assert re.search(r" 200 +1M /large", report)


@needs("h2load")
def test_h2load_finds_no_error(served):
    def client(url):
        return run("h2load", "-n2000", "-c8", "-m32", url.replace("localhost", "127.0.0.1"))

    assert b"2000 succeeded, 0 failed, 0 errored" in served(client)


def test_httpx_gets_and_posts(served):
    httpx = pytest.importorskip("httpx")

    def client(url):
        with httpx.Client(http2=True, http1=False, verify=False, timeout=30) as session:
            answers = [session.get(url), session.get(url + "large"), session.post(url + "sum", content=LARGE)]
            return [(answer.http_version, answer.status_code, answer.content) for answer in answers]

    assert served(client) == [
        ("HTTP/2", 200, b"HTTP/2\n"),
        ("HTTP/2", 200, LARGE),
        ("HTTP/2", 200, b"%d" % len(LARGE)),
    ]
