"""One connection in memory: what goes on the wire, and what the program is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.kit import DONE, Body, ByHand, Outcome, Wire, request

from sennit.core.deferred import CancelledError
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.http.client.connection import HTTP11ClientProtocol
from sennit.http.client.errors import (
    BadHeaders,
    ConnectionAborted,
    DataLoss,
    ExcessWrite,
    ParseError,
    PhaseTimeoutError,
    PotentialDataLoss,
    RequestGenerationFailed,
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
    WrongBodyLength,
)
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.client.limits import Timeouts
from sennit.http.client.producers import BytesBody
from sennit.http.client.request import Request
from sennit.http.headers import Headers
from sennit.testing import Clock


class Connection:
    def __init__(self):
        self.free = []
        self.protocol = HTTP11ClientProtocol(self.free.append)
        self.wire = Wire()
        self.protocol.makeConnection(self.wire)

    def ask(self, *args, **options):
        self.outcome = Outcome(self.protocol.request(request(*args, **options)))
        return self.wire.take()

    def receive(self, data):
        self.protocol.dataReceived(data)

    def read(self):
        body = Body()
        self.outcome.result.deliverBody(body)
        return body


@pytest.fixture
def connection():
    return Connection()


OK = b"HTTP/1.1 200 OK\r\n"


def test_a_request_has_its_line_its_fields_and_an_end(connection):
    assert connection.ask(target=b"/a?b", Accept="*/*") == (
        b"GET /a?b HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\r\n"
    )


def test_a_connection_for_one_request_says_so(connection):
    assert b"\r\nConnection: close\r\n" in connection.ask(persistent=False)


@pytest.mark.parametrize(
    ("method", "says"), [(b"POST", True), (b"PUT", True), (b"GET", False), (b"DELETE", False)]
)
def test_methods_that_go_with_a_body_say_that_there_is_none(connection, method, says):
    assert (b"Content-Length: 0\r\n" in connection.ask(method)) is says


def test_a_body_of_known_length_is_sent_as_it_is(connection):
    assert connection.ask(b"POST", body=BytesBody(b"body")).endswith(
        b"\r\nContent-Length: 4\r\nHost: example.com\r\n\r\nbody"
    )


def test_a_body_of_unknown_length_is_sent_in_chunks(connection):
    body = ByHand(UNKNOWN_LENGTH)
    assert b"\r\nTransfer-Encoding: chunked\r\n" in connection.ask(b"POST", body=body)
    body.consumer.write(b"ab")
    body.consumer.write(b"")
    body.consumer.write(b"c" * 20)
    assert connection.wire.take() == b"2\r\nab\r\n14\r\n" + b"c" * 20 + b"\r\n"
    body.done.callback(None)
    assert connection.wire.take() == b"0\r\n\r\n"
    assert connection.wire.producer is None
    with pytest.raises(ExcessWrite):
        body.consumer.write(b"late")


@pytest.mark.parametrize("method", [b"GET\r\nX: y", b"GET /", b"", b"G\0T", b"G\xe9T", b"GET\n"])
def test_cve_2019_12387_a_method_that_is_no_token_is_refused(method):
    with pytest.raises(ValueError, match="method"):
        request(method)


@pytest.mark.parametrize("target", [b"/ HTTP/1.1\r\nX: y", b"/a b", b"", b"/\0", b"/\xe9", b"/\n", b"/\x7f"])
def test_cve_2019_12387_a_target_that_is_not_visible_ascii_is_refused(target):
    with pytest.raises(ValueError, match="URI"):
        request(target=target)


def test_cve_2019_12387_what_is_put_into_a_request_later_is_checked_when_it_is_sent(connection):
    for name in ("method", "uri"):
        made = request()
        setattr(made, name, b"/ HTTP/1.1\r\n\r\nDELETE /")
        fresh = Connection()
        outcome = Outcome(fresh.protocol.request(made))
        assert outcome.reasons == [ValueError]
        assert fresh.wire.value() == b""


def test_known_header_injection_nothing_in_a_field_begins_another(connection):
    made = request(X="a\r\nY: b")
    assert made.head().endswith(b"X: a Y: b\r\n\r\n")
    made.headers._fields[b"X"] = [b"a\r\nY: b"]
    outcome = Outcome(connection.protocol.request(made))
    assert outcome.reasons == [BadHeaders]
    assert connection.wire.value() == b""


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"Content_Length": "5"}, BytesBody(b"abc")),
        ({"Content_Length": "5"}, None),
        ({"Content_Length": "3"}, ByHand(UNKNOWN_LENGTH)),
        ({"Transfer_Encoding": "chunked"}, BytesBody(b"abc")),
        ({"Transfer_Encoding": "chunked"}, None),
        ({"Transfer_Encoding": "gzip"}, ByHand(UNKNOWN_LENGTH)),
    ],
)
def test_known_smuggling_fields_that_contradict_the_body_are_refused(connection, fields, body):
    assert connection.ask(b"POST", body=body, **fields) == b""
    assert connection.outcome.reasons == [BadHeaders]


def test_fields_that_say_the_same_as_the_body_are_sent_once(connection):
    sent = connection.ask(b"POST", body=BytesBody(b"abc"), Content_Length="3")
    assert sent.count(b"Content-Length") == 1


@pytest.mark.parametrize("hosts", [[], ["a", "b"]])
def test_a_request_has_one_host(connection, hosts):
    headers = Headers({"Host": hosts} if hosts else {})
    outcome = Outcome(connection.protocol.request(Request(b"GET", b"/", headers, None)))
    assert outcome.reasons == [BadHeaders]


def test_a_producer_that_writes_too_much_is_stopped_and_its_excess_not_sent(connection):
    body = ByHand(3)
    connection.ask(b"POST", body=body)
    body.consumer.write(b"ab")
    body.consumer.write(b"cd")
    assert connection.wire.value() == b"ab"
    assert body.stopped
    assert connection.outcome.reasons == [WrongBodyLength]
    assert connection.wire.disconnected


def test_a_producer_that_writes_too_little_fails_its_request(connection):
    body = ByHand(3)
    connection.ask(b"POST", body=body)
    body.consumer.write(b"ab")
    body.done.callback(None)
    assert connection.outcome.reasons == [WrongBodyLength]
    assert connection.wire.disconnected


@pytest.mark.parametrize("length", [3, UNKNOWN_LENGTH])
def test_a_producer_that_fails_ends_the_connection_before_the_body_seems_whole(connection, length):
    body = ByHand(length)
    connection.ask(b"POST", body=body)
    body.done.errback(KeyError("why"))
    assert isinstance(connection.outcome.error, RequestGenerationFailed)
    assert connection.outcome.reasons == [KeyError]
    assert not connection.wire.value().endswith(b"0\r\n\r\n")
    assert connection.wire.disconnected


def test_a_response_has_what_came_without_what_is_about_the_connection(connection):
    connection.ask()
    connection.receive(
        OK + b"X: y\r\nX: z\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nContent-Length: 3\r\n\r\nabc"
    )
    response = connection.outcome.result
    assert (response.version, response.code, response.phrase) == ((b"HTTP", 1, 1), 200, b"OK")
    assert list(response.headers.getAllRawHeaders()) == [(b"X", [b"y", b"z"])]
    assert response.length == 3
    assert response.request.method == b"GET"
    body = connection.read()
    assert (body.data, type(body.reason)) == (b"abc", ResponseDone)


def test_the_answer_to_head_keeps_the_length_of_what_it_is_about(connection):
    connection.ask(b"HEAD")
    connection.receive(OK + b"Content-Length: 3\r\n\r\n")
    response = connection.outcome.result
    assert response.headers.getRawHeaders("content-length") == ["3"]
    assert response.length == 0
    assert connection.free == [connection.protocol]


def test_a_connection_is_used_again_when_a_response_is_complete(connection):
    for _ in range(3):
        connection.ask()
        assert connection.protocol.state == "WAITING"
        connection.receive(OK + b"Content-Length: 2\r\n\r\n")
        body = connection.read()
        connection.receive(b"ab")
        assert body.data == b"ab"
        assert connection.protocol.state == "QUIESCENT"
    assert connection.free == [connection.protocol] * 3


def test_a_connection_takes_one_request_at_a_time(connection):
    connection.ask()
    assert isinstance(Outcome(connection.protocol.request(request())).error, RequestNotSent)


def test_the_connection_is_free_before_the_program_hears_that_the_body_is_complete(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 1\r\n\r\n")
    seen = []

    class Next(Body):
        def connectionLost(self, reason):
            seen.append(connection.protocol.state)

    connection.outcome.result.deliverBody(Next())
    connection.receive(b"x")
    assert seen == ["QUIESCENT"]


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"Content-Length: 0\r\n\r\nHT",
        OK + b"Content-Length: 0\r\n\r\n\0",
    ],
    ids=["close", "HTTP/1.0", "a response more", "part of one", "garbage"],
)
def test_a_connection_is_closed_when_it_cannot_be_trusted_any_more(connection, answer):
    connection.ask()
    connection.receive(answer)
    assert connection.outcome.result.code == 200
    assert connection.wire.disconnecting
    assert not connection.free
    assert isinstance(Outcome(connection.protocol.request(request())).error, RequestNotSent)


def test_known_response_splitting_what_nobody_asked_for_is_no_answer_to_the_next_request(connection):
    connection.receive(OK + b"Content-Length: 4\r\n\r\nevil")
    assert connection.wire.disconnected


def test_a_server_may_end_a_body_with_a_line_end_too_many(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 1\r\n\r\nx\r\n")
    connection.ask()
    connection.receive(b"\r\n" + OK + b"Content-Length: 1\r\n\r\ny")
    assert connection.read().data == b"y"


def test_informational_responses_are_passed_over(connection):
    connection.ask()
    connection.receive(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
    assert not connection.outcome.results
    connection.receive(OK + b"Content-Length: 0\r\n\r\n")
    assert connection.outcome.result.code == 200


def test_reading_stops_while_nobody_takes_the_body(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 6\r\n\r\nabc")
    assert connection.wire.producerState == "paused"
    body = connection.read()
    assert connection.wire.producerState == "producing"
    body.transport.pauseProducing()
    assert connection.wire.producerState == "paused"
    connection.receive(b"def")
    assert (body.data, type(body.reason)) == (b"abcdef", ResponseDone)
    assert connection.wire.producerState == "producing"
    body.transport.loseConnection()
    assert not connection.wire.disconnecting


def test_a_body_may_be_held_for_nobody_so_that_the_connection_goes_on(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 6\r\n\r\nabc")
    connection.outcome.result.hold_body(100)
    connection.receive(b"def")
    assert connection.free
    assert connection.read().data == b"abcdef"


def test_a_body_that_is_too_large_to_be_held_ends_the_connection(connection):
    connection.ask()
    connection.receive(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    connection.outcome.result.hold_body(10)
    connection.receive(b"14\r\n" + b"x" * 20 + b"\r\n")
    assert connection.wire.disconnecting


@pytest.mark.parametrize(
    ("reason", "kind"), [(ConnectionDone(), PotentialDataLoss), (ConnectionLost(), ResponseFailed)]
)
def test_a_body_without_length_ends_with_the_connection_if_that_ends_well(connection, reason, kind):
    connection.ask()
    connection.receive(OK + b"\r\nabc")
    assert connection.outcome.result.length == UNKNOWN_LENGTH
    body = connection.read()
    connection.protocol.connectionLost(Failure(reason))
    assert body.data == b"abc"
    assert type(body.reason) is kind


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 5\r\n\r\nab", b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"]
)
def test_a_body_that_ends_too_soon_is_told_of(connection, framing):
    connection.ask()
    connection.receive(OK + framing)
    body = connection.read()
    connection.protocol.connectionLost(DONE)
    assert body.data == b"ab"
    assert [type(reason.value) for reason in body.reason.reasons] == [ConnectionDone, DataLoss]
    assert body.reason.response is connection.outcome.result


def test_a_connection_lost_before_any_answer(connection):
    connection.ask()
    connection.protocol.connectionLost(DONE)
    assert type(connection.outcome.error) is ResponseNeverReceived
    assert connection.outcome.reasons == [ConnectionDone]


def test_a_connection_lost_inside_the_head(connection):
    connection.ask()
    connection.receive(b"HTTP/1.1 200 O")
    connection.protocol.connectionLost(DONE)
    assert type(connection.outcome.error) is ResponseFailed


def test_a_connection_lost_while_the_request_is_being_sent(connection):
    body = ByHand(5)
    connection.ask(b"POST", body=body)
    connection.protocol.connectionLost(DONE)
    assert type(connection.outcome.error) is RequestTransmissionFailed
    assert body.stopped


def test_what_is_no_response_fails_the_request_and_ends_the_connection(connection):
    connection.ask()
    connection.receive(b"SSH-2.0-x\r\n")
    assert connection.outcome.reasons == [ParseError]
    assert connection.wire.disconnected
    connection.protocol.connectionLost(DONE)


def test_a_refusal_while_the_body_is_being_sent_is_told_at_once(connection):
    body = ByHand(100)
    connection.ask(b"POST", body=body)
    body.consumer.write(b"abc")
    connection.receive(b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno")
    assert connection.outcome.result.code == 413
    assert connection.read().data == b"no"
    assert body.stopped
    assert connection.wire.producer is None
    assert connection.wire.disconnecting
    assert not connection.free


def test_an_early_head_is_told_and_the_body_goes_on(connection):
    body = ByHand(6)
    connection.ask(b"POST", body=body)
    connection.receive(OK + b"Content-Length: 2\r\n\r\n")
    assert connection.outcome.result.code == 200
    body.consumer.write(b"abcdef")
    body.done.callback(None)
    assert connection.wire.value() == b"abcdef"
    assert connection.read().data == b""
    connection.receive(b"ok")
    assert connection.free


def test_a_request_given_up_drops_the_connection(connection):
    connection.ask()
    connection.outcome.deferred.cancel()
    assert type(connection.outcome.error) is ResponseNeverReceived
    assert connection.outcome.reasons == [CancelledError]
    assert connection.wire.disconnected
    connection.protocol.connectionLost(DONE)


@pytest.mark.parametrize("length", [5, UNKNOWN_LENGTH])
def test_a_request_given_up_while_it_is_sent_cancels_its_body(connection, length):
    body = ByHand(length)
    connection.ask(b"POST", body=body)
    connection.outcome.deferred.cancel()
    assert connection.outcome.reasons == [CancelledError]
    assert body.cancelled
    assert connection.wire.disconnected


def test_aborting_ends_what_is_under_way_and_tells_when_it_is_over(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 5\r\n\r\nab")
    body = connection.read()
    aborted = Outcome(connection.protocol.abort())
    again = Outcome(connection.protocol.abort())
    assert ConnectionAborted in [type(reason.value) for reason in body.reason.reasons]
    assert not aborted.results
    connection.protocol.connectionLost(DONE)
    assert aborted.results == again.results == [None]
    assert Outcome(connection.protocol.abort()).results == [None]


def test_a_protocol_may_abort_as_soon_as_it_gets_a_body(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 5\r\n\r\nab")

    class Unwilling(Body):
        def makeConnection(self, transport):
            connection.protocol.abort()

    body = Unwilling()
    connection.outcome.result.deliverBody(body)
    assert type(body.reason) is ResponseFailed


def test_a_body_is_delivered_once(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 0\r\n\r\n")
    connection.read()
    with pytest.raises(RuntimeError, match="once"):
        connection.read()


def test_a_body_protocol_that_fails_ends_the_connection(connection):
    connection.ask()
    connection.receive(OK + b"Content-Length: 5\r\n\r\n")

    class Broken(Body):
        def dataReceived(self, data):
            raise KeyError("why")

    body = Broken()
    connection.outcome.result.deliverBody(body)
    connection.receive(b"ab")
    assert KeyError in [type(reason.value) for reason in body.reason.reasons]
    assert connection.wire.disconnected


def test_another_protocol_that_nobody_asked_for_ends_the_connection(connection):
    connection.ask()
    connection.receive(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nrest")
    assert connection.outcome.result.code == 101
    assert connection.wire.disconnected


@pytest.fixture
def timed(connection):
    connection.protocol.clock = connection.clock = Clock()
    connection.protocol.timeouts = Timeouts(first_byte=10, between_bytes=5)
    return connection


def test_a_server_that_does_not_answer_has_a_limit(timed):
    timed.ask()
    timed.clock.advance(9.9)
    assert not timed.outcome.results
    timed.clock.advance(0.2)
    assert timed.outcome.reasons == [PhaseTimeoutError]
    assert timed.outcome.error.reasons[0].value.phase == "first byte"
    assert timed.wire.disconnected


def test_a_server_that_stops_in_the_middle_has_a_limit(timed):
    timed.ask()
    timed.clock.advance(9)
    timed.receive(OK + b"Content-Length: 50\r\n\r\n")
    body = timed.read()
    for _ in range(4):
        timed.clock.advance(4)
        timed.receive(b"x")
    timed.clock.advance(4.9)
    assert body.reason is None
    timed.clock.advance(0.2)
    assert body.reason.reasons[0].value.phase == "between bytes"


def test_no_limit_counts_while_it_is_the_program_that_does_not_read(timed):
    timed.ask()
    timed.receive(OK + b"Content-Length: 50\r\n\r\n")
    timed.clock.pump([4] * 10)
    assert not timed.wire.disconnected
    timed.protocol.connectionLost(DONE)
    assert not timed.clock.getDelayedCalls()


def test_a_complete_response_leaves_no_timer(timed):
    timed.ask()
    timed.receive(OK + b"Content-Length: 0\r\n\r\n")
    assert not timed.clock.getDelayedCalls()


def test_a_request_made_as_soon_as_another_is_answered_has_its_own_limit(timed):
    timed.ask()
    timed.outcome.deferred.addCallback(lambda _: timed.ask())
    timed.receive(OK + b"Content-Length: 0\r\n\r\n")
    timed.clock.advance(9)
    assert not timed.outcome.results
    timed.clock.advance(2)
    assert timed.outcome.reasons == [PhaseTimeoutError]
