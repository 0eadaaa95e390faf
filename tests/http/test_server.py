"""`HTTPChannel`: one connection, from the first octet to the last."""

from __future__ import annotations

import io

import pytest

from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.http import Headers, HTTPChannel, HTTPFactory, Limits, Request
from sennit.http.request import CACHED
from sennit.log import capturedLogs
from sennit.testing import StringTransport

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def post(body, *lines):
    return b"\r\n".join(
        [b"POST / HTTP/1.1", b"Host: h", *lines, b"Content-Length: %d" % len(body), b"", body]
    )


def test_a_response_of_one_piece_and_known_length_is_one_write(connect, seen):
    client = connect()
    writes = []
    client.wire.write = writes.append
    client.send(GET)
    seen[0].setHeader(b"content-length", b"2")
    seen[0].write(b"hi")
    seen[0].finish()
    assert writes == [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"]
    assert not client.closed


def test_a_response_of_unknown_length_is_chunked(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].write(b"a")
    seen[0].write(b"")
    seen[0].write(b"bcd")
    seen[0].finish()
    assert client.wire.value() == (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n3\r\nbcd\r\n0\r\n\r\n"
    )


def test_writing_nothing_sends_the_head(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].write(b"")
    assert client.wire.take() == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_finishing_without_a_body_says_that_it_is_empty(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].finish()
    assert client.wire.value() == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_an_http_1_0_response_of_unknown_length_ends_with_the_connection(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    seen[0].write(b"a")
    seen[0].write(b"b")
    assert not client.closed
    seen[0].finish()
    assert client.wire.value() == b"HTTP/1.0 200 OK\r\n\r\nab"
    assert client.closed


def test_an_http_1_0_connection_is_kept_where_asked_and_the_length_is_known(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    seen[0].finish()
    assert client.wire.value() == b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    assert not client.closed


def test_connection_close_is_echoed_and_kept(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + GET)
    seen[0].finish()
    assert b"\r\nConnection: close\r\n" in client.wire.value()
    assert client.closed
    assert len(seen) == 1


def test_a_response_that_says_close_closes(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].setHeader(b"connection", b"close")
    seen[0].finish()
    assert client.wire.value().count(b"Connection: close") == 1
    assert client.closed


def test_the_answer_to_head_has_no_body(connect, seen):
    client = connect()
    client.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + GET)
    seen[0].setHeader(b"content-length", b"5")
    seen[0].write(b"hello")
    seen[0].write(b"more")
    seen[0].finish()
    assert client.wire.value() == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    assert len(seen) == 2


@pytest.mark.parametrize(("code", "reason"), [(204, b"No Content"), (304, b"Not Modified")])
def test_responses_without_body_send_none(connect, seen, code, reason):
    client = connect()
    client.send(GET)
    seen[0].setResponseCode(code)
    seen[0].write(b"unwanted")
    seen[0].finish()
    assert client.wire.value() == b"HTTP/1.1 %d %b\r\n\r\n" % (code, reason)
    assert not client.closed


def test_no_content_declares_no_length(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].setResponseCode(204)
    seen[0].setHeader(b"content-length", b"0")
    seen[0].finish()
    assert b"Content-Length" not in client.wire.value()


def test_a_body_longer_than_declared_is_cut_and_reported(connect, seen, caplog, reported):
    client = connect()
    client.send(GET)
    seen[0].setHeader(b"content-length", b"3")
    seen[0].write(b"ab")
    seen[0].write(b"cdef")
    seen[0].finish()
    assert client.wire.value().endswith(b"\r\n\r\nabc")
    assert len(reported) == 1


def test_a_body_shorter_than_declared_ends_the_connection(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].setHeader(b"content-length", b"3")
    seen[0].write(b"ab")
    seen[0].finish()
    assert client.closed


def test_expect_is_answered_before_the_body_comes(connect, seen):
    client = connect()
    head, _, body = post(b"hello", b"Expect: 100-continue").rpartition(b"\r\n\r\n")
    assert client.send(head + b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.send(body) == b""
    assert seen[0].content.read() == b"hello"


def test_expect_is_not_answered_when_the_body_is_there_already(connect):
    assert connect().send(post(b"hello", b"Expect: 100-continue")) == b""


def test_expect_of_a_pipelined_request_waits_for_the_answers_before_it(connect, seen):
    client = connect()
    head = post(b"hello", b"Expect: 100-continue").removesuffix(b"hello")
    assert client.send(GET + head) == b""
    seen[0].finish()
    assert client.wire.value().endswith(b"\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")


def test_expect_beyond_the_limit_is_refused_without_continue(connect):
    client = connect(limits=Limits(body_size=3))
    assert client.status(post(b"hello", b"Expect: 100-continue").removesuffix(b"hello")) == 413


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 501 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 70000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_and_the_connection_closed(connect, seen, data, status):
    client = connect()
    answer = client.send(data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert client.closed
    assert client.send(GET) == b""
    assert seen == []


@pytest.mark.parametrize(
    "data",
    [
        b"rubbish\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ],
)
def test_a_request_that_is_none_gets_a_status_line_and_the_connection_closed(connect, seen, data):
    client = connect()
    assert client.send(data) == b"HTTP/1.1 400 Bad Request\r\n\r\n"
    assert client.closed
    assert client.send(GET) == b""
    assert seen == []


def test_a_line_of_http_0_9_is_refused_however_it_comes(connect):
    client = connect()
    assert [client.send(bytes([octet])) for octet in b"GET /\r\n"][-1] == b"HTTP/1.1 400 Bad Request\r\n\r\n"
    client = connect()
    assert client.send(b"GET /\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n\r\n"


def test_a_bad_request_is_refused_after_the_answers_before_it(connect, seen):
    client = connect()
    assert client.send(GET + b"GET / HTTP/1.1\r\n\r\n") == b""
    seen[0].finish()
    first, second = client.wire.value().split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200")
    assert second.startswith(b"400")


def test_reading_stops_while_much_is_pipelined_and_goes_on_after_the_answers(connect, seen):
    client = connect(limits=Limits(pipeline_buffer=100))
    client.send(GET)
    client.send(GET * 3)
    assert client.wire.producerState == "producing"
    client.send(GET * 2)
    assert client.wire.producerState == "paused"
    for number in range(6):
        seen[number].finish()
    assert client.wire.producerState == "producing"
    assert client.wire.value().count(b"200 OK") == 6


def test_thousands_of_requests_in_one_read_are_answered_one_after_another(connect, clock):
    class Answered(Request):
        def process(self):
            self.finish()

    client = connect()
    client.channel.requestFactory = Answered
    assert client.send(GET * 10_000).count(b"200 OK") == 10_000


def test_reading_stops_while_the_client_does_not_take_the_answer(connect, seen):
    client = connect()
    client.send(GET)
    client.channel.pauseProducing()
    assert client.wire.producerState == "paused"
    client.channel.resumeProducing()
    assert client.wire.producerState == "producing"


class Producer:
    def __init__(self):
        self.calls = []

    def pauseProducing(self):
        self.calls.append("pause")

    def resumeProducing(self):
        self.calls.append("resume")

    def stopProducing(self):
        self.calls.append("stop")


def test_a_push_producer_follows_the_transport(connect, seen):
    client = connect()
    client.send(GET)
    producer = Producer()
    seen[0].registerProducer(producer, True)
    client.channel.pauseProducing()
    client.channel.resumeProducing()
    seen[0].unregisterProducer()
    client.channel.pauseProducing()
    assert producer.calls == ["pause", "resume"]


class Pulled:
    """A pull producer that counts, and has room made scarce at every tenth piece."""

    def __init__(self, channel):
        self.channel = channel
        self.pieces = 0

    def resumeProducing(self):
        self.pieces += 1
        if self.pieces % 10 == 0:
            self.channel.pauseProducing()


def test_a_pull_producer_is_asked_while_there_is_room(connect, seen, clock):
    client = connect()
    client.send(GET)
    producer = Pulled(client.channel)
    seen[0].registerProducer(producer, False)
    assert producer.pieces == 0
    clock.advance(0)
    assert producer.pieces == 10
    clock.advance(1)
    assert producer.pieces == 10
    client.channel.resumeProducing()
    clock.advance(0)
    assert producer.pieces == 20
    client.channel.resumeProducing()
    seen[0].unregisterProducer()
    clock.advance(1)
    assert producer.pieces == 20


def test_a_second_producer_is_refused(connect, seen):
    connect().send(GET)
    seen[0].registerProducer(Producer(), True)
    with pytest.raises(ValueError, match="still registered"):
        seen[0].registerProducer(Producer(), True)


def test_a_lost_connection_stops_the_producer_and_errbacks_notify_finish(connect, seen):
    client = connect()
    client.send(GET)
    producer = Producer()
    seen[0].registerProducer(producer, True)
    finished = seen[0].notifyFinish()
    reasons = []
    finished.addErrback(reasons.append)
    client.channel.connectionLost(Failure(ConnectionLost()))
    assert producer.calls == ["stop"]
    assert reasons[0].check(ConnectionLost)
    seen[0].write(b"into the void")
    with pytest.raises(RuntimeError, match="notifyFinish"):
        seen[0].finish()


def test_notify_finish_fires_when_the_response_is_finished(connect, seen):
    connect().send(GET)
    results = []
    seen[0].notifyFinish().addCallback(results.append)
    assert results == []
    seen[0].finish()
    assert results == [None]


def test_writing_after_finish_is_an_error_and_finishing_twice_a_warning(connect, seen):
    connect().send(GET)
    seen[0].finish()
    with pytest.raises(RuntimeError, match=r"after Request\.finish"):
        seen[0].write(b"x")
    with pytest.warns(RuntimeWarning, match="twice"):
        seen[0].finish()


def test_an_idle_connection_is_closed_in_time(connect, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    clock.advance(59)
    assert not client.closed
    clock.advance(2)
    assert client.closed
    assert client.wire.value() == b""


def test_a_connection_that_does_not_close_is_aborted(connect, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    client.send(b"rubbish\r\n\r\n")
    clock.advance(14)
    assert not client.wire.disconnected
    clock.advance(2)
    assert client.wire.disconnected


def test_idleness_counts_from_the_last_answer(connect, seen, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    clock.advance(50)
    client.send(GET)
    clock.advance(500)
    assert not client.closed
    seen[0].finish()
    clock.advance(59)
    assert not client.closed
    clock.advance(1.5)
    assert client.closed


def test_keeping_a_connection_busy_sets_one_timer_only(connect, seen, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    timers = []
    call_later = clock.callLater
    client.channel.callLater = lambda *args: timers.append(args) or call_later(*args)
    for number in range(50):
        client.send(GET)
        seen[number].finish()
        clock.advance(0.5)
    assert timers == []


def test_a_body_that_stops_coming_is_answered_408(connect, clock):
    client = connect(limits=Limits(body_timeout=5, body_rate=1))
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n")
    for _ in range(6):
        clock.advance(4)
        assert client.send(b"xxxx") == b""
    clock.advance(6)
    assert client.wire.value().startswith(b"HTTP/1.1 408 ")
    assert client.closed


def test_a_body_that_dribbles_is_answered_408(connect, clock):
    client = connect(limits=Limits(body_timeout=5, body_rate=10))
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n")
    for _ in range(5):
        clock.advance(1)
        assert client.send(b"x") == b""
    clock.advance(1)
    assert client.wire.value().startswith(b"HTTP/1.1 408 ")
    assert client.closed


def test_a_body_may_pause_as_long_as_a_connection_may_be_idle(connect, clock):
    client = connect(HTTPFactory(timeout=100, reactor=clock))
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n")
    clock.advance(99)
    assert not client.closed
    clock.advance(1)
    assert client.wire.value().startswith(b"HTTP/1.1 408 ")
    assert Limits().body_pause(None) == 60
    assert Limits(body_timeout=5).body_pause(100) == 5


def test_an_idle_connection_whose_client_takes_nothing_is_aborted(connect, seen, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    client.send(GET)
    seen[0].finish()
    clock.advance(60)
    assert client.closed
    assert not client.wire.disconnected
    clock.advance(15)
    assert client.wire.disconnected


def test_who_takes_too_long_is_told_of_in_the_log(connect, clock):
    with capturedLogs() as events:
        client = connect(HTTPFactory(timeout=60, reactor=clock))
        clock.advance(60)
        clock.advance(15)
        assert client.wire.disconnected
    assert [event["log_format"] for event in events] == [
        "Timing out client: {peer}",
        "Forcibly timing out client: {peer}",
    ]


def test_a_channel_that_nobody_gave_a_clock_keeps_no_time():
    channel = HTTPChannel()
    wire = StringTransport(lenient=True)
    channel.makeConnection(wire)
    channel.dataReceived(b"GET / HTTP/1.0\r\n\r\nrest")
    channel.requests[0].finish()
    assert wire.disconnecting
    assert channel._timer is None


def test_a_channel_without_factory_keeps_time_once_it_has_a_clock(clock):
    channel = HTTPChannel()
    channel.callLater = clock.callLater
    wire = StringTransport(lenient=True)
    channel.makeConnection(wire)
    channel.dataReceived(b"GET / HTTP/1.1\r\n")
    clock.advance(30)
    assert wire.value().startswith(b"HTTP/1.1 408 ")


def test_a_time_out_can_be_changed_and_switched_off(connect, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    assert client.channel.setTimeout(5) == 60
    assert client.channel.setTimeout(None) == 5
    clock.advance(1000)
    assert not client.closed
    client.channel.setTimeout(5)
    clock.advance(4)
    client.channel.resetTimeout()
    clock.advance(4)
    assert not client.closed
    clock.advance(2)
    assert client.closed


def test_no_timer_is_left_when_a_connection_is_gone(connect, clock):
    client = connect(HTTPFactory(timeout=60, reactor=clock))
    client.channel.connectionLost(Failure(ConnectionDone()))
    assert clock.calls == []


def test_a_body_of_some_size_moves_to_a_file(connect, seen):
    client = connect(limits=Limits(memory_body=100))
    client.send(post(b"a" * 99))
    seen[0].finish()
    client.send(post(b"b" * 100))
    seen[1].finish()
    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(6):
        client.send(b"14\r\n" + b"c" * 20 + b"\r\n")
    client.send(b"0\r\n\r\n")
    small, known, unknown = seen
    assert isinstance(small.content, io.BytesIO)
    assert not isinstance(known.content, io.BytesIO)
    assert not isinstance(unknown.content, io.BytesIO)
    assert unknown.content.read() == b"c" * 120
    unknown.finish()


def test_a_request_that_offers_an_upgrade_is_answered_as_any_other(connect, seen):
    client = connect()
    client.send(b"GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + GET)
    assert len(seen) == 1
    seen[0].finish()
    assert [request.uri for request in seen] == [b"/1", b"/"]


def test_write_headers_takes_headers_or_pairs(connect, seen):
    client = connect()
    client.send(GET)
    client.channel.writeHeaders(b"HTTP/1.1", b"200", b"OK", Headers({b"a": [b"1"]}))
    client.channel.writeSequence([b"x", b"y"])
    assert client.wire.take() == b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nxy"
    client.channel.writeHeaders(b"HTTP/1.1", 404, b"Gone fishing", [(b"B", b"2")])
    assert client.wire.take() == b"HTTP/1.1 404 Gone fishing\r\nB: 2\r\n\r\n"


def test_lines_can_be_handed_in_one_by_one(connect, seen):
    channel = connect().channel
    channel.lineReceived(b"POST / HTTP/1.1")
    assert channel.headerReceived(b"Host: h")
    assert channel.headerReceived(b"Content-Length: 2")
    channel.lineReceived(b"")
    assert channel.requests[0] is not None
    channel.rawDataReceived(b"hi")
    assert seen[0].content.read() == b"hi"


def test_limits_can_be_class_attributes_by_twisteds_names(connect, clock):
    client = connect()
    factory = HTTPFactory(reactor=clock)
    factory.protocol = type("Few", (HTTPChannel,), {"maxHeaders": 3})
    channel = factory.buildProtocol(None)
    channel.makeConnection(client.wire.__class__())
    channel.dataReceived(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 3 + b"\r\n")
    assert channel.transport.value().startswith(b"HTTP/1.1 431 ")


def test_only_the_request_being_answered_can_be_done(connect, seen):
    client = connect()
    client.send(GET)
    with pytest.raises(TypeError):
        client.channel.requestDone(object())


def test_if_modified_since_and_etags_answer_from_the_cache(connect, seen):
    client = connect()
    client.send(b"GET / HTTP/1.1\r\nHost: h\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:01:00 GMT\r\n\r\n")
    assert seen[0].setLastModified(59.2) is CACHED
    assert seen[0].code == 304
    seen[0].finish()
    client.send(b'PUT / HTTP/1.1\r\nHost: h\r\nIf-None-Match: "a"\r\n\r\n')
    assert seen[1].setETag(b'"b"') is None
    assert seen[1].setETag(b'"a"') is CACHED
    assert seen[1].code == 412


def test_validators_go_out_with_the_response(connect, seen):
    client = connect()
    client.send(GET)
    seen[0].setLastModified(60)
    seen[0].setETag(b'"a"')
    seen[0].finish()
    head = client.wire.value()
    assert b"\r\nLast-Modified: Thu, 01 Jan 1970 00:01:00 GMT\r\n" in head
    assert b'\r\nETag: "a"\r\n' in head


STEPS = ("allHeadersReceived", "allContentReceived", "checkPersistence")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("where", ["class", "instance"])
def test_a_step_that_is_overridden_is_taken_for_every_request(connect, seen, step, where):
    client = connect()
    usual = getattr(HTTPChannel, step)
    calls = []

    def noted(*arguments):
        calls.append(step)
        return usual(*([client.channel] if where == "instance" else []), *arguments)

    setattr(type(client.channel) if where == "class" else client.channel, step, noted)
    for number in range(3):
        client.send(GET)
        seen[number].finish()
    assert calls == [step] * 3


def test_a_request_that_wants_to_know_lengths_is_told_every_time(connect):
    class Asking(Request):
        def gotLength(self, length):
            lengths.append(length)
            super().gotLength(length)

        def process(self):
            self.finish()

    lengths = []
    client = connect()
    client.channel.requestFactory = Asking
    for message in (GET, GET, post(b"abc"), GET):
        assert client.send(message).startswith(b"HTTP/1.1 200 ")
    assert lengths == [0, 0, 3, 0]


def test_a_factory_of_requests_that_is_exchanged_makes_the_next_one(connect, seen):
    client = connect()
    others = []
    for _ in range(2):
        client.send(GET)
        seen[-1].finish()
    client.channel.requestFactory = lambda channel: others.append(Request(channel)) or others[-1]
    client.send(GET)
    assert (len(seen), len(others)) == (2, 1)
    assert others[0].method == b"GET"
