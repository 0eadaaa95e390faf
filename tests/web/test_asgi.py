"""ASGI applications on a site in memory."""

from __future__ import annotations

import asyncio
import zlib

import pytest

import sennit
from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.web import Resource
from sennit.web.asgi import ASGIResource, ASGISite, ClientDisconnected, LifespanFailed, ProtocolMisuse
from sennit.web.compression import CompressedResource


def start(status=200, *headers, **more):
    return {"type": "http.response.start", "status": status, "headers": list(headers), **more}


def body(data=b"", more=False):
    return {"type": "http.response.body", "body": data, "more_body": more}


@pytest.fixture
def serve(browse):
    """Open a connection to a site that is an application."""

    def serve(application, **kwargs):
        return browse(ASGIResource(application, **kwargs))

    return serve


def test_a_response_in_one_piece_says_its_length(serve):
    async def app(scope, receive, send):
        await send(start(201, (b"x-own", b"1"), (b"x-own", b"2")))
        await send(body(b"hello"))

    answer = serve(app).ask(b"/")
    assert (answer.code, answer.body) == (201, b"hello")
    assert answer.headers[b"content-length"] == b"5"
    assert answer.headers[b"x-own"] == b"1, 2"
    assert b"content-type" not in answer.headers


def test_a_response_in_pieces_goes_in_chunks(serve):
    async def app(scope, receive, send):
        await send(start())
        await send(body(b"one ", more=True))
        await send(body(b"two"))

    answer = serve(app).ask(b"/")
    assert answer.headers[b"transfer-encoding"] == b"chunked"
    assert answer.body == b"one two"


def test_the_scope_says_what_was_asked(browse):
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await send(start())
        await send(body())

    browser = browse(ASGIResource(app))
    browser.ask(b"/a%20b/%C3%A4?q=1%20", b"X-Own: Yes")
    (scope,) = scopes
    assert scope["type"] == "http"
    assert scope["http_version"] == "1.1"
    assert scope["method"] == "GET"
    assert scope["scheme"] == "http"
    assert scope["path"] == "/a b/ä"
    assert scope["raw_path"] == b"/a%20b/%C3%A4"
    assert scope["query_string"] == b"q=1%20"
    assert scope["root_path"] == ""
    assert scope["headers"] == [(b"host", b"example.org"), (b"x-own", b"Yes")]
    assert scope["client"] == ("192.168.1.1", 54321)
    assert scope["server"][1] is not None
    assert scope["asgi"]["version"] == "3.0"


def test_an_application_in_a_tree_knows_where_it_is(browse):
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await send(start())
        await send(body())

    root = Resource()
    root.putChild(b"app", ASGIResource(app))
    browse(root).ask(b"/app/page")
    assert (scopes[0]["root_path"], scopes[0]["path"]) == ("/app", "/app/page")


def test_a_body_is_received_as_it_arrives(serve):
    events = []

    async def app(scope, receive, send):
        while True:
            events.append(await receive())
            if not events[-1].get("more_body"):
                break
        await send(start())
        await send(body(b"".join(event["body"] for event in events)))

    browser = serve(app)
    browser.channel.dataReceived(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
    assert events == [{"type": "http.request", "body": b"abc", "more_body": True}]
    browser.channel.dataReceived(b"def")
    assert events[1]["body"] == b"def"
    assert browser.answer().body == b"abcdef"


def test_a_request_without_a_body_says_so_at_once(serve):
    async def app(scope, receive, send):
        event = await receive()
        await send(start())
        await send(body(repr(event).encode()))

    assert serve(app).ask(b"/").body == b"{'type': 'http.request', 'body': b'', 'more_body': False}"


def test_the_event_without_a_body_is_the_applications_own(serve):
    async def app(scope, receive, send):
        event = await receive()
        seen = "mark" in event
        event["mark"] = True
        await send(start())
        await send(body(b"%d" % seen))

    browser = serve(app)
    assert [browser.ask(b"/").body for _ in range(2)] == [b"0", b"0"]


def test_a_client_that_goes_away_is_an_event_and_an_error(serve, reported):
    events = []

    async def app(scope, receive, send):
        await receive()
        events.append((await receive())["type"])
        await send(start())
        try:
            await send(body(b"late"))
        except ClientDisconnected:
            events.append("error")
            raise

    browser = serve(app)
    browser.ask(b"/")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert events == ["http.disconnect", "error"]
    assert reported == []


def test_a_client_that_goes_away_inside_its_body_is_an_event(serve, reported):
    events = []

    async def app(scope, receive, send):
        for _ in range(3):
            events.append((await receive())["type"])

    browser = serve(app)
    browser.channel.dataReceived(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert events == ["http.request", "http.disconnect", "http.disconnect"]
    assert reported == []


def test_the_end_of_the_response_is_an_event(serve):
    events = []

    async def app(scope, receive, send):
        await receive()
        await send(start())
        await send(body(b"x"))
        events.append((await receive())["type"])

    serve(app).ask(b"/")
    assert events == ["http.disconnect"]


def test_sending_waits_while_the_transport_is_full(serve):
    sent = []
    gate = Deferred()

    async def app(scope, receive, send):
        await send(start())
        await send(body(b"one", more=True))
        await gate
        await send(body(b"two", more=True))
        sent.append("two")
        await send(body())

    browser = serve(app)
    browser.ask(b"/")
    browser.channel.pauseProducing()
    gate.callback(None)
    assert sent == []
    browser.channel.resumeProducing()
    assert sent == ["two"]
    assert browser.channel._requestProducer is None


def test_sending_that_waits_learns_that_the_client_is_gone(serve, reported):
    ends = []

    async def app(scope, receive, send):
        await send(start())
        browser.channel.pauseProducing()
        try:
            await send(body(b"one", more=True))
        except OSError:
            ends.append("gone")
            raise

    browser = serve(app)
    browser.ask(b"/")
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert ends == ["gone"]
    assert reported == []


def test_an_application_that_raises_is_a_500_and_reported(serve, reported):
    async def app(scope, receive, send):
        await send(start(200, (b"x-own", b"1")))
        raise ValueError("at work")

    answer = serve(app).ask(b"/")
    assert (answer.code, answer.body) == (500, b"Internal Server Error")
    assert b"x-own" not in answer.headers
    assert reported[0].check(ValueError)


def test_an_application_that_raises_inside_its_response_ends_the_connection(serve, reported):
    async def app(scope, receive, send):
        await send(start())
        await send(body(b"begin", more=True))
        raise ValueError("at work")

    browser = serve(app)
    browser.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert browser.wire.disconnecting
    assert not browser.wire.value().endswith(b"0\r\n\r\n")
    assert len(reported) == 1


@pytest.mark.parametrize("messages", [[], [start()]])
def test_an_application_that_does_not_answer_is_a_500_and_reported(serve, reported, messages):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    assert serve(app).ask(b"/").code == 500
    assert reported[0].check(ProtocolMisuse)


@pytest.mark.parametrize(
    "messages",
    [
        [body()],
        [start(), start()],
        [start(), body(), body()],
        [{"type": "websocket.accept"}],
        [start(), {"type": "http.response.trailers", "headers": []}],
    ],
)
def test_events_out_of_place_are_errors(serve, reported, messages):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    serve(app).ask(b"/")
    assert reported[0].check(ProtocolMisuse)


def test_known_a_header_that_would_begin_another_does_not(serve):
    async def app(scope, receive, send):
        await send(start(200, (b"x-own", b"1\r\nEvil: 1")))
        await send(body())

    answer = serve(app).ask(b"/")
    assert answer.headers[b"x-own"] == b"1 Evil: 1"
    assert b"evil" not in answer.headers


def test_head_is_answered_without_the_body(serve):
    async def app(scope, receive, send):
        await send(start(200, (b"content-length", b"5")))
        await send(body(b"hello"))

    browser = serve(app)
    answer = browser.ask(b"/", method=b"HEAD")
    assert answer.headers[b"content-length"] == b"5"
    assert answer.body == b""


def test_trailers_follow_the_body(serve):
    async def app(scope, receive, send):
        await send(start(trailers=True))
        await send(body(b"hello"))
        await send(
            {"type": "http.response.trailers", "headers": [(b"checksum", b"1")], "more_trailers": False}
        )

    browser = serve(app)
    browser.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert browser.wire.value().endswith(b"5\r\nhello\r\n0\r\nChecksum: 1\r\n\r\n")


@pytest.mark.parametrize("length", [(), ((b"content-length", b"1000"),)])
def test_a_response_may_be_compressed(browse, length):
    async def app(scope, receive, send):
        await send(start(200, (b"content-type", b"text/plain"), *length))
        await send(body(b"x" * 1000))

    browser = browse(CompressedResource(ASGIResource(app)))
    assert browser.site.routes_early
    answer = browser.ask(b"/", b"Accept-Encoding: gzip")
    assert zlib.decompress(answer.body, 31) == b"x" * 1000
    assert int(answer.headers[b"content-length"]) == len(answer.body)


# Lifespan


def run(coroutine):
    results = []
    ensureDeferred(coroutine).addBoth(results.append)
    return results


def lifespan_app(log, fail_start=False, fail_stop=False):
    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        scope["state"]["shared"] = 1
        log.append((await receive())["type"])
        kind = "failed" if fail_start else "complete"
        await send({"type": f"lifespan.startup.{kind}", "message": "no luck"})
        if fail_start:
            return
        log.append((await receive())["type"])
        kind = "failed" if fail_stop else "complete"
        await send({"type": f"lifespan.shutdown.{kind}", "message": "no luck"})

    return app


def test_an_application_learns_of_its_start_and_end(clock, reported):
    log = []
    site = ASGISite(lifespan_app(log), reactor=clock)
    assert run(site.startup()) == [None]
    assert site.asgi.state == {"shared": 1}
    assert run(site.shutdown()) == [None]
    assert log == ["lifespan.startup", "lifespan.shutdown"]
    assert reported == []


def test_every_request_has_the_state_and_cannot_change_it_for_others(clock, browse):
    states = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            scope["state"]["shared"] = 1
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await receive()
            return
        states.append(dict(scope["state"]))
        scope["state"]["own"] = 1
        await send(start())
        await send(body())

    resource = ASGIResource(app)
    run(resource.startup())
    browser = browse(resource)
    browser.ask(b"/")
    browser.ask(b"/")
    assert states == [{"shared": 1}, {"shared": 1}]


def test_an_application_that_cannot_start_says_so(clock):
    site = ASGISite(lifespan_app([], fail_start=True), reactor=clock)
    (failure,) = run(site.startup())
    assert failure.check(LifespanFailed)
    assert str(failure.value) == "no luck"


def test_an_application_that_does_not_stop_well_is_reported(clock, reported):
    site = ASGISite(lifespan_app([], fail_stop=True), reactor=clock)
    run(site.startup())
    assert run(site.shutdown()) == [None]
    assert reported[0].check(LifespanFailed)


def test_an_application_that_knows_no_lifespan_is_let_be(clock, reported):
    async def app(scope, receive, send):
        raise TypeError("only http")

    site = ASGISite(app, reactor=clock)
    assert run(site.startup()) == [None]
    assert run(site.shutdown()) == [None]
    assert reported == []


# WebSocket


UPGRADE = (
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def upgrade(browser, *lines):
    head = b"\r\n".join([b"GET /ws HTTP/1.1", b"Host: example.org", *UPGRADE, *lines, b"", b""])
    browser.wire.protocol = browser.channel
    browser.channel.dataReceived(head)
    written = browser.wire.value()
    browser.wire.clear()
    return written


def test_a_websocket_is_accepted_and_echoes(serve):
    events = []

    async def app(scope, receive, send):
        events.append((scope["type"], scope["scheme"], scope["subprotocols"]))
        events.append(await receive())
        await send({"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"x-own", b"1")]})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})
        events.append(event)

    browser = serve(app)
    written = upgrade(browser, b"Sec-WebSocket-Protocol: chat, other")
    assert written.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nSec-WebSocket-Protocol: chat\r\n" in written
    assert b"\r\nX-Own: 1\r\n" in written
    assert events == [("websocket", "ws", ["chat", "other"]), {"type": "websocket.connect"}]
    protocol = browser.wire.protocol
    protocol.dataReceived(b"\x81\x82\0\0\0\0hi\x82\x81\0\0\0\0x")
    assert browser.wire.value() == b"\x81\x02hi\x82\x01x"
    protocol.dataReceived(b"\x88\x82\0\0\0\0\x03\xe9")
    protocol.connectionLost(Failure(ConnectionDone()))
    assert events[2] == {"type": "websocket.disconnect", "code": 1001, "reason": ""}


def test_a_websocket_that_is_closed_before_it_is_accepted_is_a_403(serve):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.close"})

    browser = serve(app)
    assert upgrade(browser).startswith(b"HTTP/1.1 403 ")
    assert browser.ask(b"/", *UPGRADE).code == 403


def test_a_websocket_may_be_denied_with_a_response(serve):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-own", b"1")]})
        await send({"type": "websocket.http.response.body", "body": b"who are you?"})

    browser = serve(app)
    written = upgrade(browser)
    assert written.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nX-Own: 1\r\n" in written
    assert b"who are you?" in written


def test_a_handshake_that_does_not_fit_is_answered_for_the_application(serve, reported):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})

    browser = serve(app)
    browser.channel.dataReceived(
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert browser.answer().code == 400
    assert reported == []


def test_an_application_that_raises_closes_its_websocket_with_1011(serve, reported):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        raise ValueError("at work")

    browser = serve(app)
    assert upgrade(browser).endswith(b"\x88\x02\x03\xf3")
    assert reported[0].check(ValueError)


def test_an_application_that_raises_before_it_accepts_is_a_500(serve, reported):
    async def app(scope, receive, send):
        raise ValueError("at work")

    assert upgrade(serve(app)).startswith(b"HTTP/1.1 500 ")
    assert len(reported) == 1


def test_a_client_gone_before_it_is_accepted_is_an_event(serve):
    events = []

    async def app(scope, receive, send):
        await receive()
        events.append(await receive())

    browser = serve(app)
    upgrade(browser)
    browser.channel.connectionLost(Failure(ConnectionLost()))
    assert events == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]


# What frameworks do with tasks


def test_an_application_runs_in_an_asyncio_task_with_timeouts_and_groups(serve):
    async def app(scope, receive, send):
        async def child():
            await asyncio.sleep(0)
            return asyncio.current_task() is not None

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            task = group.create_task(child())
        await send(start())
        await send(body(repr(task.result()).encode()))

    async def main():
        browser = serve(app)
        browser.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0)
        return browser.wire.value()

    assert sennit.run(main).endswith(b"True")


def test_a_starlette_application_streams_and_runs_in_the_background(serve):
    starlette = pytest.importorskip("starlette.applications")
    from starlette.background import BackgroundTask
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route, WebSocketRoute

    done = []

    async def stream(request):
        async def pieces():
            for number in range(3):
                yield f"{number} "
                await asyncio.sleep(0)

        async def later():
            done.append("background")

        return StreamingResponse(pieces(), background=BackgroundTask(later))

    async def posted(request):
        return JSONResponse({"size": len(await request.body())})

    async def echo(websocket):
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    app = starlette.Starlette(
        routes=[Route("/", stream), Route("/post", posted, methods=["POST"]), WebSocketRoute("/ws", echo)]
    )

    async def main():
        browser = serve(app)
        browser.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(40):
            await asyncio.sleep(0)
        first = browser.answer()
        browser.channel.dataReceived(b"POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        for _ in range(20):
            await asyncio.sleep(0)
        second = browser.answer()
        upgraded = upgrade(browser)
        for _ in range(20):
            await asyncio.sleep(0)
        browser.wire.protocol.dataReceived(b"\x81\x82\0\0\0\0hi")
        for _ in range(20):
            await asyncio.sleep(0)
        return first, second, upgraded, browser.wire.value()

    first, second, upgraded, echoed = sennit.run(main)
    assert first.body == b"0 1 2 "
    assert second.body == b'{"size":3}'
    assert upgraded.startswith(b"HTTP/1.1 101 ")
    assert echoed == b"\x81\x02hi\x88\x02\x03\xe8"
    assert done == ["background"]
