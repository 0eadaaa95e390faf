"""What programs' tests take from ``twisted.web.test``."""

from __future__ import annotations

import pytest

from sennit.core.failure import Failure
from sennit.http.headers import Headers
from sennit.twisted.web.dummies import DummyChannel, DummyRequest
from sennit.web.request import NOT_DONE_YET, Request
from sennit.web.resource import Resource


class Answering(Resource):
    def render_GET(self, request):
        request.setResponseCode(404)
        request.setHeader(b"x-a", b"1")
        return b"body of " + b"/".join(request.postpath)


def test_a_resource_answers_and_the_answer_is_kept():
    request = DummyRequest([b"a", b"b"])
    over = []
    request.notifyFinish().addCallback(over.append)
    request.render(Answering())
    assert (b"".join(request.written), request.finished, request.responseCode) == (b"body of a/b", 1, 404)
    assert request.responseHeaders.getRawHeaders(b"X-A") == [b"1"]
    assert over == [None]


def test_an_answer_may_come_later_or_never():
    class Slow(Resource):
        def render_GET(self, request):
            return NOT_DONE_YET

    request = DummyRequest([])
    request.render(Slow())
    failures = []
    request.notifyFinish().addErrback(failures.append)
    request.processingFailed(Failure(KeyError("gone")))
    assert failures[0].check(KeyError)
    assert request.finished == 0


def test_what_was_asked_can_be_said():
    request = DummyRequest([])
    request.requestHeaders.setRawHeaders(b"Host", [b"a", b"b"])
    request.addArg(b"name", b"value")
    assert request.getHeader(b"host") == b"b"
    assert request.getHeader(b"none") is None
    assert request.getAllHeaders() == {b"host": b"b"}
    assert request.args == {b"name": [b"value"]}


def test_what_comes_before_the_body_is_refused_after_it():
    request = DummyRequest([])
    request.write(b"x")
    for call in (lambda: request.setResponseCode(200), lambda: request.setETag(b"t")):
        with pytest.raises(AssertionError, match="before the body"):
            call()
    with pytest.raises(TypeError, match="Bytes are written"):
        request.write("text")


def test_a_request_of_the_server_writes_to_a_dummy_channel():
    channel = DummyChannel()
    channel.writeHeaders(b"HTTP/1.1", b"200", b"OK", Headers({b"A": [b"1", b"2"]}))
    channel.write(b"body")
    assert channel.transport.written.getvalue() == b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\n\r\nbody"
    request = Request(channel, False)
    assert request.getHost() == channel.getHost()
    assert not request.isSecure()
