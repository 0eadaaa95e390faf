"""The client with one call, over real sockets: against our own server, plain, under TLS, in HTTP/2."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.tls import pki

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.endpoint import serverFromString
from sennit.http.client import (
    BodyTooLargeError,
    Client,
    PhaseTimeoutError,
    SchemeNotSupported,
    Timeouts,
)
from sennit.http.status_errors import Error, InfiniteRedirection
from sennit.task import TaskGroup
from sennit.tls import TLSError, TrustFiles, VerificationError
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.site import Site

IDENTITY = pki.issue("localhost")


class Pages(Resource):
    isLeaf = True

    def __init__(self):
        super().__init__()
        self.seen = []

    def render(self, request):
        self.seen.append(request)
        return getattr(self, request.path.decode().strip("/") or "root")(request)

    def root(self, request):
        return request.clientproto + b" " + request.method

    def echo(self, request):
        content_type = request.getHeader(b"content-type") or b""
        return b"|".join([request.method, content_type, request.content.read()])

    def json(self, request):
        request.setHeader("content-type", "application/json")
        return b'{"args": %d}' % len(request.args)

    def coded(self, request):
        request.setHeader("content-encoding", "gzip")
        return gzip.compress(b"plain")

    def large(self, request):
        return b"0123456789" * 200_000

    def latin(self, request):
        request.setHeader("content-type", "text/plain; charset=iso-8859-1")
        return b"\xe9"

    def never(self, request):
        return NOT_DONE_YET

    def loop(self, request):
        request.redirect(b"/loop")
        return b""

    def go(self, request):
        request.setResponseCode(int(request.args[b"code"][0]))
        request.setHeader("location", request.args[b"to"][0])
        return b"elsewhere"

    def cookie(self, request):
        request.addCookie(b"a", b"b")
        return request.getCookie(b"a") or b"none"

    def secrets(self, request):
        return b"|".join(request.getHeader(name) or b"" for name in (b"authorization", b"cookie", b"x"))

    def missing(self, request):
        request.setResponseCode(404)
        return b"not here"


class Server:
    def __init__(self, port, pages, scheme):
        self.port, self.pages = port, pages
        self.url = f"{scheme}://localhost:{port.getHost().port}"


async def serve(kind):
    pages = Pages()
    description = "tcp:0:interface=127.0.0.1"
    if kind != "plain":
        description = f"ssl:0:interface=127.0.0.1:privateKey={IDENTITY.path}"
    endpoint = serverFromString(current_reactor(), description)
    return Server(
        await endpoint.listen(Site(pages, http2=kind == "http2")),
        pages,
        "http" if kind == "plain" else "https",
    )


KINDS = ("plain", "tls", "http2")


def client(**options):
    return Client(trust_root=TrustFiles(str(IDENTITY.path)), **options)


@pytest.mark.parametrize("kind", KINDS)
async def test_one_call_gets_a_page(kind):
    server = await serve(kind)
    async with client() as asking:
        response = await asking.get(f"{server.url}/")
        assert (response.status, response.ok, response.length) == (200, True, 12 if kind != "http2" else 10)
        assert await response.read() == (b"HTTP/2 GET" if kind == "http2" else b"HTTP/1.1 GET")
        assert response.version == ("HTTP/2.0" if kind == "http2" else "HTTP/1.1")
    await server.port.stopListening()


@pytest.mark.parametrize("kind", KINDS)
async def test_bodies_are_sent_in_many_forms_and_answers_read_in_many_ways(kind, tmp_path):
    server = await serve(kind)
    file = tmp_path / "file"
    file.write_bytes(b"of a file")

    async def pieces():
        yield b"in "
        yield b"pieces"

    async with client() as asking:
        url = f"{server.url}/echo"
        for options, expected in [
            ({"body": b"bytes"}, b"POST||bytes"),
            ({"body": "t\xe9xt"}, b"POST||t\xc3\xa9xt"),
            ({"body": file.open("rb")}, b"POST||of a file"),
            ({"body": pieces()}, b"POST||in pieces"),
            ({"json": {"a": 1}}, b'POST|application/json|{"a":1}'),
            ({"form": {"a": "b c"}}, b"POST|application/x-www-form-urlencoded|a=b+c"),
        ]:
            async with asking.post(url, **options) as response:
                assert await response.read() == expected
        assert await (await asking.put(url, body=b"x")).text() == "PUT||x"
        assert await (await asking.get(f"{server.url}/json", params={"a": 1, "b": 2})).json() == {"args": 2}
        assert await (await asking.get(f"{server.url}/coded")).text() == "plain"
        assert await (await asking.get(f"{server.url}/latin")).text() == "\xe9"
        assert (await asking.head(f"{server.url}/large")).status == 200
        size = 0
        async with asking.get(f"{server.url}/large") as response:
            async for piece in response:
                size += len(piece)
        assert size == 2_000_000
        with pytest.raises(BodyTooLargeError):
            await (await asking.get(f"{server.url}/large")).read(limit=1000)
        with pytest.raises(Error, match="404"):
            (await asking.get(f"{server.url}/missing")).raise_for_status()
    await server.port.stopListening()


@pytest.mark.parametrize("kind", ["plain", "http2"])
async def test_a_response_left_in_the_middle_harms_no_other(kind):
    server = await serve(kind)
    async with client() as asking:
        async with asking.get(f"{server.url}/large") as response:
            async for _ in response:
                break
        assert await (await asking.get(f"{server.url}/")).text()
    await server.port.stopListening()


async def test_many_requests_share_one_http2_connection():
    server = await serve("http2")
    async with client() as asking:

        async def one():
            assert await (await asking.get(f"{server.url}/")).read() == b"HTTP/2 GET"

        async with TaskGroup() as group:
            for _ in range(50):
                group.start(one())
        assert len(asking._pool._alive) == 1
    await server.port.stopListening()


async def test_redirections_keep_what_they_should():
    server = await serve("plain")
    async with client() as asking:
        for code, method, expected in [
            (301, "POST", b"GET||"),
            (302, "POST", b"GET||"),
            (303, "PUT", b"GET||"),
            (307, "POST", b"POST|application/json|1"),
            (308, "PUT", b"PUT|application/json|1"),
        ]:
            response = await asking.request(method, f"{server.url}/go?code={code}&to=/echo", json=1)
            assert await response.read() == expected
            assert response.url == f"{server.url}/echo"
            assert [each.status for each in response.history] == [code]
        with pytest.raises(InfiniteRedirection):
            await asking.get(f"{server.url}/loop", redirects=3)
        assert (await asking.get(f"{server.url}/loop", redirects=0)).status == 302
        with pytest.raises(SchemeNotSupported):
            await asking.get(f"{server.url}/go?code=301&to=file:///etc/passwd")

        async def once():
            yield b"x"

        response = await asking.post(f"{server.url}/go?code=307&to=/echo", body=once())
        assert response.status == 307
        assert len(asking._pool._alive) <= 2
    await server.port.stopListening()


async def test_cve_2022_21712_secrets_do_not_leave_their_origin():
    first, second = await serve("http2"), await serve("plain")
    async with client(cookies=True, headers={"Authorization": "always", "Cookie": "c=d"}) as asking:
        url = f"{first.url}/go?code=307&to="
        response = await asking.get(f"{url}{first.url}/secrets", auth=("me", "pw"), headers={"X": "y"})
        assert await response.read() == b"Basic bWU6cHc=|c=d|y"
        response = await asking.get(f"{url}{second.url}/secrets", auth=("me", "pw"), headers={"X": "y"})
        assert await response.read() == b"||y"
    await first.port.stopListening()
    await second.port.stopListening()


async def test_cookies_are_kept_if_asked_for():
    server = await serve("plain")
    async with client(cookies=True) as asking:
        assert await (await asking.get(f"{server.url}/cookie")).text() == "none"
        assert await (await asking.get(f"{server.url}/cookie")).text() == "b"
    async with client() as asking:
        for _ in range(2):
            assert await (await asking.get(f"{server.url}/cookie")).text() == "none"
    await server.port.stopListening()


async def test_known_certificates_are_verified_by_default():
    server = await serve("tls")
    async with Client() as asking:
        with pytest.raises(TLSError, match="verify"):
            await asking.get(f"{server.url}/")
    async with client() as asking:
        with pytest.raises((TLSError, VerificationError)):
            await asking.get(f"{server.url}/".replace("localhost", "127.0.0.1"))
    assert server.pages.seen == []
    await server.port.stopListening()


@pytest.mark.parametrize("kind", ["plain", "http2"])
@pytest.mark.parametrize("phase", ["first_byte", "total"])
async def test_a_phase_that_takes_too_long_ends_the_request(kind, phase):
    server = await serve(kind)
    async with client() as asking:
        for _ in range(2):
            with pytest.raises(PhaseTimeoutError) as raised:
                await asking.get(f"{server.url}/never", timeouts=Timeouts(**{phase: 0.05}))
            assert raised.value.phase == phase.replace("_", " ")
            assert isinstance(raised.value, TimeoutError)
    await server.port.stopListening()


async def test_connecting_has_a_limit():
    class Endpoint:
        def connect(self, factory):
            return Deferred()

    async with client() as asking:
        asking._router._tcp = lambda uri, timeouts: Endpoint()
        with pytest.raises(PhaseTimeoutError, match="connect"):
            await asking.get("http://localhost:1/", timeouts=Timeouts(connect=0.02))


@pytest.mark.parametrize("url", ["http://a/\r\nX: y", "http://", "http://a:99999/"])
async def test_cve_2019_12387_a_url_that_is_none_is_refused(url):
    async with client() as asking:
        with pytest.raises(ValueError, match=r"control|host|port"):
            await asking.get(url)
        with pytest.raises(ValueError, match="method"):
            await asking.request("GET /\r\n", "http://localhost/")


async def test_the_example_measures_pages(capsys):
    path = Path(__file__).parents[3] / "examples" / "fetch.py"
    spec = importlib.util.spec_from_file_location("fetch", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    server = await serve("plain")
    await example.main(f"{server.url}/large", f"{server.url}/missing")
    printed = sorted(capsys.readouterr().out.split())
    assert {"200", "404", "2000000"} <= set(printed)
    await server.port.stopListening()
