"""Bodies that are read while they arrive, and connections that go on as something else."""

from __future__ import annotations

import pytest

from sennit.core.coroutine import ensureDeferred
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.http import Headers, HTTPFactory, Limits, LocalProtocolError, RemoteProtocolError, Request
from sennit.http.body import RequestBody
from sennit.protocol import Protocol

HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def outcome(coroutine):
    """Run a coroutine as far as it goes; return a list that gets its outcome."""
    results = []
    ensureDeferred(coroutine).addBoth(results.append)
    return results


async def collect(body, into):
    async for piece in body:
        into.append(piece)
    return "whole"


@pytest.fixture
def stream(connect, clock, seen):
    """Open a connection whose requests' bodies are streamed."""

    def stream(**limits):
        client = connect(HTTPFactory(reactor=clock, timeout=60, limits=Limits(**limits)))
        client.channel.requestFactory = type(
            "Streaming", (client.channel.requestFactory,), {"streams_body": True}
        )
        client.channel.factory.log = lambda request: None
        return client

    return stream


def test_pieces_are_read_as_they_arrive(stream, seen):
    client = stream()
    client.send(CHUNKED)
    (request,) = seen
    got = []
    result = outcome(collect(request.body, got))
    client.send(b"3\r\nabc\r\n")
    assert got == [b"abc"]
    client.send(b"2\r\nde\r\n0\r\nChecksum: 1\r\n\r\n")
    assert got == [b"abc", b"de"]
    assert result == ["whole"]
    assert request.trailers.getRawHeaders(b"checksum") == [b"1"]
    request.write(b"ok")
    request.finish()
    assert b"ok" in client.wire.take()


def test_the_next_request_follows_one_that_was_streamed(stream, seen):
    client = stream()
    client.send(HEAD + b"Content-Length: 2\r\n\r\nab" + b"GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert len(seen) == 1
    seen[0].finish()
    assert [request.uri for request in seen] == [b"/", b"/2"]


def test_reading_stops_while_too_much_waits_and_goes_on_when_it_is_taken(stream, seen):
    client = stream(body_buffer=10)
    client.send(HEAD + b"Content-Length: 30\r\n\r\n" + b"a" * 10)
    assert client.wire.producerState == "paused"
    client.send(b"b" * 10)
    got = []
    outcome(collect(seen[0].body, got))
    assert got == [b"a" * 10, b"b" * 10]
    assert client.wire.producerState == "producing"
    client.send(b"c" * 10)
    assert got[2:] == [b"c" * 10]


def test_while_the_program_takes_its_time_the_client_is_not_late(stream, seen, clock):
    client = stream(body_buffer=10, body_timeout=5)
    client.send(HEAD + b"Content-Length: 30\r\n\r\n" + b"a" * 10)
    clock.advance(1000)
    assert client.wire.take() == b""
    got = []
    result = outcome(collect(seen[0].body, got))
    clock.advance(6)
    assert client.wire.take().startswith(b"HTTP/1.1 408 ")
    assert result[0].check(RemoteProtocolError)
    assert client.closed


def test_an_answer_before_the_end_lets_the_rest_be_thrown_away(stream, seen):
    client = stream()
    client.send(HEAD + b"Content-Length: 10\r\n\r\nabc")
    seen[0].write(b"enough")
    seen[0].finish()
    assert not client.closed
    client.send(b"defghij" + b"GET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert seen[1].uri == b"/2"


def test_a_rest_that_is_too_much_closes_the_connection(stream, seen):
    client = stream(body_discard=5)
    client.send(HEAD + b"Content-Length: 10\r\n\r\nabc")
    seen[0].finish()
    client.send(b"defghi")
    assert client.closed


def test_an_answer_that_closes_does_so_without_the_rest(stream, seen):
    client = stream()
    client.send(HEAD + b"Connection: close\r\nContent-Length: 10\r\n\r\nabc")
    seen[0].finish()
    assert client.closed
    client.wire.take()
    assert client.send(b"defghij") == b""


def test_a_malformed_chunk_ends_the_request_with_400(stream, seen):
    client = stream()
    client.send(CHUNKED)
    result = outcome(collect(seen[0].body, []))
    assert client.status(b"zz\r\n") == 400
    assert result[0].check(RemoteProtocolError)
    assert seen[0]._disconnected


def test_an_answer_that_has_begun_is_broken_off_by_a_malformed_chunk(stream, seen):
    client = stream()
    aborted = []
    client.wire.abortConnection = lambda: aborted.append(True)
    client.send(CHUNKED)
    seen[0].write(b"beginning")
    client.wire.take()
    client.send(b"zz\r\n")
    assert aborted
    assert client.wire.value() == b""


def test_a_reader_learns_that_the_client_is_gone(stream, seen):
    client = stream()
    client.send(CHUNKED)
    result = outcome(collect(seen[0].body, []))
    client.channel.connectionLost(Failure(ConnectionLost()))
    assert result[0].check(ConnectionLost)


def test_a_client_is_told_to_continue_before_its_body_is_streamed(stream, seen):
    client = stream()
    answer = client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 100 ")
    client.send(b"abc")
    got = []
    assert outcome(collect(seen[0].body, got)) == ["whole"]


def test_a_client_that_is_answered_at_once_is_not_told_to_continue(stream):
    class Refusing(Request):
        streams_body = True

        def process(self):
            self.setResponseCode(403)
            self.finish()

    client = stream()
    client.channel.requestFactory = Refusing
    answer = client.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert client.closed


def test_a_body_that_arrived_whole_can_be_gone_through_as_well(connect, seen):
    client = connect()
    client.send(HEAD + b"Content-Length: 3\r\n\r\nabc")
    got = []
    assert outcome(collect(seen[0].body, got)) == ["whole"]
    assert got == [b"abc"]
    assert seen[0].content.tell() == 3


def test_a_body_past_its_own_limit_is_refused_before_its_reader_learns_of_it():
    body = RequestBody(limit=3)
    body.feed(b"abc")
    result = outcome(body.read())
    with pytest.raises(RemoteProtocolError) as caught:
        body.feed(b"d")
    assert caught.value.status == 413
    assert result == []
    body.fail(Failure(caught.value))
    assert result[0].value is caught.value
    body.feed(b"e")


def test_read_returns_all_and_heeds_its_limit():
    body = RequestBody()
    body.feed(b"abc")
    body.feed(b"def")
    body.end()
    assert outcome(body.read()) == [b"abcdef"]
    body = RequestBody()
    body.feed(b"abcdef")
    assert outcome(body.read(5))[0].value.status == 413


def test_two_readers_at_once_are_one_too_many():
    body = RequestBody()
    outcome(body.read())
    assert outcome(body.read())[0].check(RuntimeError)


# Trailers


def test_request_trailers_are_kept_apart_from_the_fields(connect, seen):
    client = connect()
    client.send(CHUNKED + b"1\r\na\r\n0\r\nChecksum: 1\r\n\r\n")
    assert seen[0].trailers.getRawHeaders(b"checksum") == [b"1"]
    assert seen[0].getHeader(b"checksum") is None


def test_response_trailers_end_a_chunked_response(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    seen[0].responseTrailers = Headers({b"checksum": [b"1"]})
    seen[0].write(b"a")
    seen[0].finish()
    assert client.wire.take().endswith(b"1\r\na\r\n0\r\nChecksum: 1\r\n\r\n")


@pytest.mark.parametrize("name", [b"Content-Length", b"Transfer-Encoding", b"Set-Cookie", b"Host"])
def test_known_fields_that_frame_or_route_are_no_trailers(connect, seen, name):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    seen[0].responseTrailers = Headers({name: [b"1"]})
    seen[0].write(b"a")
    with pytest.raises(LocalProtocolError):
        seen[0].finish()


# Other protocols


class Echo(Protocol):
    def connectionMade(self):
        self.heard = []
        self.lost = []

    def dataReceived(self, data):
        self.heard.append(data)

    def connectionLost(self, reason=None):
        self.lost.append(reason)


UPGRADE = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"


def test_a_connection_goes_on_as_what_the_client_asked_for(connect, seen):
    client = connect()
    client.send(UPGRADE + b"early")
    finished = []
    seen[0].notifyFinish().addCallback(finished.append)
    echo = Echo()
    client.wire.protocol = client.channel
    seen[0].upgrade({b"Upgrade": [b"echo"], b"Connection": [b"Upgrade"]}, echo)
    assert client.wire.take() == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
    )
    assert client.wire.protocol is echo
    assert echo.heard == [b"early"]
    assert client.wire.producer is None
    assert finished == [None]
    assert client.clock.getDelayedCalls() == []


def test_a_transport_that_hides_its_protocol_reaches_the_new_one(connect, seen):
    client = connect()
    client.send(UPGRADE)
    echo = Echo()
    seen[0].upgrade({}, echo)
    client.channel.dataReceived(b"hello")
    reason = Failure(ConnectionDone())
    client.channel.connectionLost(reason)
    assert echo.heard == [b"hello"]
    assert echo.lost == [reason]


def test_what_nobody_asked_for_is_refused(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    with pytest.raises(LocalProtocolError):
        seen[0].upgrade({}, Echo())


def test_a_factory_can_be_drained_of_a_connection_given_away(connect, seen):
    client = connect()
    client.send(UPGRADE)
    seen[0].upgrade({}, Echo())
    drained = []
    client.channel.factory.drain().addCallback(drained.append)
    assert drained == [None]
