"""WSGI applications as resources."""

from __future__ import annotations

import threading
from wsgiref.validate import validator

import pytest

from sennit.protocol import connectionDone
from sennit.web import Resource
from sennit.web.wsgi import WSGIResource


class Threads:
    """A pool whose work is done when `run` says, and calls in this thread made when `settle` does."""

    def __init__(self):
        self.work = []
        self.calls = []

    def callInThread(self, function, *args):
        self.work.append((function, args))

    def callFromThread(self, function, *args, **kwargs):
        self.calls.append((function, args, kwargs))

    def settle(self):
        while self.calls:
            function, args, kwargs = self.calls.pop(0)
            function(*args, **kwargs)

    def run(self):
        while self.work:
            function, args = self.work.pop(0)
            function(*args)
        self.settle()


@pytest.fixture
def threads():
    return Threads()


@pytest.fixture
def serve(browse, threads):
    def serve(application):
        root = Resource()
        root.putChild(b"app", WSGIResource(threads, threads, application))

        class Served:
            browser = browse(root)

            def ask(self, *args, **kwargs):
                answer = self.browser.ask(*args, **kwargs)
                if answer is None:
                    threads.run()
                    answer = self.browser.answer(kwargs.get("method", b"GET"))
                return answer

        return Served()

    return serve


def test_an_application_that_keeps_the_rules_finds_them_kept(serve):
    seen = {}

    @validator
    def application(environ, start_response):
        seen.update(environ)
        seen["body"] = environ["wsgi.input"].read(100)
        start_response("201 Made", [("Content-Type", "text/plain"), ("X", "a"), ("X", "b")])
        return [b"one", b"two"]

    answer = serve(application).ask(
        b"/app/p%20q/?x=1", b"X-Y: \xe9", b"Cookie: a=1", b"Cookie: b=2", method=b"POST", body=b"data"
    )
    assert (answer.code, answer.body, answer.headers[b"x"]) == (201, b"onetwo", b"a, b")
    wanted = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/app",
        "PATH_INFO": "/p q/",
        "QUERY_STRING": "x=1",
        "CONTENT_LENGTH": "4",
        "SERVER_NAME": "example.org",
        "HTTP_HOST": "example.org",
        "HTTP_X_Y": "\xe9",
        "HTTP_COOKIE": "a=1; b=2",
        "body": b"data",
    }
    assert {name: seen[name] for name in wanted} == wanted


def test_known_cve_2016_1000111_no_field_becomes_a_variable_that_is_not_its_own(serve):
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return [b""]

    serve(application).ask(b"/app", b"Proxy: http://evil/", b"X_Real_User: root", b"X-Real-User: ann")
    assert "HTTP_PROXY" not in seen
    assert seen["HTTP_X_REAL_USER"] == "ann"


def test_a_body_of_one_piece_has_its_length(serve):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"hi"]

    answer = serve(application).ask(b"/app")
    assert (answer.body, answer.headers[b"content-length"]) == (b"hi", b"2")


@pytest.mark.parametrize("status", ["200 OK\r\nX: y", "200 O\0K"])
def test_an_application_cannot_inject_a_header_by_its_status(serve, status):
    def application(environ, start_response):
        start_response(status, [])
        return [b"x"]

    answer = serve(application).ask(b"/app")
    assert answer.code == 500
    assert b"x" not in answer.headers


def test_an_error_before_the_body_is_a_500_and_after_it_the_end_of_the_connection(serve):
    def early(environ, start_response):
        raise RuntimeError("secret")

    answer = serve(early).ask(b"/app")
    assert (answer.code, answer.body) == (500, b"")

    def late(environ, start_response):
        start_response("200 OK", [])
        yield b"begun"
        raise RuntimeError("secret")

    served = serve(late)
    served.browser.channel.dataReceived(b"GET /app HTTP/1.1\r\nHost: x\r\n\r\n")
    served.ask(b"/ignored")
    assert served.browser.wire.disconnecting


def test_bodies_are_closed_before_the_response_is_over(serve):
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"x"])

        def close(self):
            closed.append(True)

    def application(environ, start_response):
        start_response("200 OK", [])
        return Body()

    assert serve(application).ask(b"/app").body == b"x"
    assert closed == [True]


def test_an_application_waits_when_its_client_does_not_read(browse):
    """What lies between a thread that writes and a transport that is full has a bound."""
    threads = Threads()
    written = threading.Semaphore(0)

    def application(environ, start_response):
        start_response("200 OK", [])
        for _ in range(100):
            yield b"x" * 1000
            written.release()

    resource = WSGIResource(threads, threads, application)
    resource.buffer_limit = 5000
    root = Resource()
    root.putChild(b"", resource)
    browser = browse(root)
    browser.ask(b"/")
    (run, args), threads.work = threads.work[0], []
    worker = threading.Thread(target=run, args=args)
    worker.start()
    count = 0
    while written.acquire(timeout=0.3):
        count += 1
    assert 5 <= count <= 6
    threads.settle()
    browser.channel.pauseProducing()
    while written.acquire(timeout=0.3):
        count += 1
        threads.settle()
    assert count <= 14
    browser.channel.connectionLost(connectionDone)
    worker.join(10)
    assert not worker.is_alive()


def test_start_response_is_held_to_its_types(serve):
    problems = []

    def application(environ, start_response):
        heads = (b"200 OK", []), ("200 OK", "x"), ("200 OK", [("a",)]), ("200 OK", [("a", b"b")])
        for status, headers in heads:
            with pytest.raises(TypeError):
                start_response(status, headers)
            problems.append(status)
        write = start_response("200 OK", [])
        with pytest.raises(RuntimeError):
            start_response("200 OK", [])
        with pytest.raises(TypeError):
            write("text")
        write(b"written ")
        return [b"returned"]

    assert serve(application).ask(b"/app").body == b"written returned"
    assert len(problems) == 4
