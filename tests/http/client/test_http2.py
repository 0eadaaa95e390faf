"""HTTP/2 in memory: many requests on one connection, against the core in the server's role."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.http.client.kit import DONE, Body, ByHand, Outcome, Wire, request

from sennit.core.deferred import CancelledError
from sennit.http.client.errors import (
    BadHeaders,
    ConnectionAborted,
    DataLoss,
    PhaseTimeoutError,
    RequestGenerationFailed,
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
    WrongBodyLength,
)
from sennit.http.client.http2 import HTTP2ClientConnection
from sennit.http.client.interfaces import UNKNOWN_LENGTH
from sennit.http.client.limits import ClientLimits, Timeouts
from sennit.http.client.producers import BytesBody
from sennit.http.errors import RemoteProtocolError
from sennit.http.h2 import Connection, ErrorCodes, Http2Limits
from sennit.testing import Clock


class Both:
    """A client's connection, and the server's core at its other end."""

    def __init__(self, *, streams=100, window=262_144, **options):
        self.clock = Clock()
        self.idle = []
        self.client = HTTP2ClientConnection(self.clock, self.idle.append)
        for name, value in options.items():
            setattr(self.client, name, value)
        self.wire = Wire()
        self.server = Connection(client=False, limits=Http2Limits(streams=streams, stream_window=window))
        self.events = []
        self.client.makeConnection(self.wire)
        self.settle()

    def settle(self):
        """Carry what is written to and fro until nothing moves."""
        while True:
            sent = self.wire.take()
            if sent:
                self.events += self.server.receive_data(sent, self.clock.seconds())
            answered = self.server.take_output(self.clock.seconds())
            for stream_id in list(self.server.streams):
                if self.server.ended(stream_id):
                    self.server.forget(stream_id)
            if answered:
                self.client.dataReceived(answered)
            if not sent and not answered:
                return

    def ask(self, *args, **options):
        outcome = Outcome(self.client.request(request(*args, **options)))
        self.settle()
        return outcome

    def heads(self):
        return [dict(event.headers) for event in self.events if isinstance(event, RequestReceived)]

    def answer(self, stream_id, *fields, body=None, status=b"200", end=True):
        self.server.send_head(stream_id, [(b":status", status), *fields])
        self.server.send(stream_id, body or b"", end=end)
        self.settle()


def read(outcome):
    body = Body()
    outcome.result.deliverBody(body)
    return body


@pytest.fixture
def both():
    return Both()


def test_a_request_says_what_http1_says_in_other_words(both):
    both.ask(target=b"/a?b", Accept="*/*", Connection="close")
    assert both.heads() == [
        {
            b":method": b"GET",
            b":scheme": b"https",
            b":authority": b"example.com",
            b":path": b"/a?b",
            b"accept": b"*/*",
        }
    ]


def test_a_response_is_received_whole(both):
    outcome = both.ask()
    both.answer(1, (b"x", b"y"), (b"content-length", b"5"), body=b"hello")
    response = outcome.result
    assert (response.version, response.code, response.phrase, response.length) == (
        (b"HTTP", 2, 0),
        200,
        b"",
        5,
    )
    assert list(response.headers.getAllRawHeaders()) == [(b"X", [b"y"])]
    body = read(outcome)
    assert (body.data, type(body.reason)) == (b"hello", ResponseDone)
    assert both.client.idle
    assert both.idle


def test_many_requests_share_the_connection_and_are_answered_in_any_order(both):
    outcomes = [both.ask(target=b"/%d" % number) for number in range(5)]
    for number in reversed(range(5)):
        both.answer(2 * number + 1, body=b"answer %d" % number)
    assert [read(outcome).data for outcome in outcomes] == [b"answer %d" % number for number in range(5)]


def test_requests_wait_when_the_server_takes_no_more(both):
    both = Both(streams=2)
    outcomes = [both.ask(target=b"/%d" % number) for number in range(4)]
    assert len(both.heads()) == 2
    both.answer(1)
    assert len(both.heads()) == 3
    assert outcomes[0].result.code == 200
    outcomes[3].deferred.cancel()
    both.answer(3)
    both.answer(5)
    assert len(both.heads()) == 3
    assert both.client.idle


def test_a_body_is_sent_with_its_length(both):
    both.ask(b"POST", body=BytesBody(b"body"))
    assert both.heads()[0][b"content-length"] == b"4"
    assert b"".join(event.data for event in both.events if isinstance(event, DataReceived)) == b"body"
    assert any(isinstance(event, StreamEnded) for event in both.events)


def test_a_body_keeps_to_the_servers_window():
    both = Both(window=100_000)
    body = ByHand(UNKNOWN_LENGTH)
    both.ask(b"POST", body=body)
    while not body.paused:
        body.consumer.write(b"x" * 10_000)
        both.settle()
    received = [event for event in both.events if isinstance(event, DataReceived)]
    assert sum(len(event.data) for event in received) <= 100_000
    for event in received:
        both.server.consumed(event.stream_id, event.flow_controlled_length)
    both.settle()
    assert not body.paused
    body.done.callback(None)
    both.settle()
    both.answer(1)


@pytest.mark.parametrize(("written", "length"), [(b"abcd", 3), (b"ab", 3)])
def test_a_body_of_another_length_than_announced_fails(both, written, length):
    body = ByHand(length)
    outcome = both.ask(b"POST", body=body)
    body.consumer.write(written)
    if not outcome.results:
        body.done.callback(None)
    assert outcome.reasons == [WrongBodyLength]
    both.settle()
    assert any(isinstance(event, StreamReset) for event in both.events)
    assert both.client.usable


def test_a_producer_that_fails_ends_its_stream_alone(both):
    body = ByHand(UNKNOWN_LENGTH)
    outcome, other = both.ask(b"POST", body=body), both.ask()
    body.done.errback(KeyError("why"))
    assert isinstance(outcome.error, RequestGenerationFailed)
    both.settle()
    both.answer(3)
    assert other.result.code == 200


def test_fields_that_may_not_go_on_the_wire_are_refused(both):
    made = request()
    made.headers._fields[b"X"] = [b"a\r\nb"]
    assert Outcome(both.client.request(made)).reasons == [BadHeaders]
    both.settle()
    assert both.heads() == []


def test_a_slow_reader_stops_its_own_stream_and_no_other(both):
    slow, fast = both.ask(), both.ask()
    both.answer(1, body=b"x" * 400_000)
    both.answer(3, body=b"y" * 1000)
    assert read(fast).data == b"y" * 1000
    body = Body()
    slow.result.deliverBody(body)
    both.settle()
    assert (len(body.data), type(body.reason)) == (400_000, ResponseDone)


def test_what_nobody_reads_uses_up_its_window_and_no_more_memory(both):
    outcome = both.ask()
    both.answer(1, body=b"x" * 1_000_000, end=False)
    exchange = both.client._exchanges[1]
    assert sum(len(data) for data, _ in exchange._held) <= 262_144
    body = Body()
    outcome.result.deliverBody(body)
    body.transport.pauseProducing()
    both.settle()
    body.transport.resumeProducing()
    both.settle()
    assert len(body.data) == 1_000_000


def test_giving_up_resets_the_stream_and_the_connection_goes_on(both):
    outcome, other = both.ask(), both.ask()
    outcome.deferred.cancel()
    assert outcome.reasons == [CancelledError]
    both.settle()
    assert any(isinstance(event, StreamReset) for event in both.events)
    both.answer(3)
    assert other.result.code == 200


def test_closing_a_body_resets_the_stream(both):
    outcome = both.ask()
    both.answer(1, body=b"abc", end=False)
    body = read(outcome)
    body.transport.abortConnection()
    assert isinstance(body.reason, ResponseFailed)
    both.settle()
    assert any(isinstance(event, StreamReset) for event in both.events)
    assert both.client.usable


def test_a_reset_inside_a_body_is_told(both):
    outcome = both.ask()
    both.answer(1, body=b"abc", end=False)
    body = read(outcome)
    both.server.reset(1, ErrorCodes.INTERNAL_ERROR)
    both.settle()
    assert body.data == b"abc"
    assert [type(reason.value) for reason in body.reason.reasons] == [RemoteProtocolError, DataLoss]


def test_a_request_that_is_refused_was_not_sent(both):
    outcome = both.ask()
    both.server.reset(1, ErrorCodes.REFUSED_STREAM)
    both.settle()
    assert isinstance(outcome.error, RequestNotSent)


def test_a_server_that_goes_away_gives_back_what_it_does_not_serve(both):
    first, second = both.ask(), both.ask()
    both.server._machine.send_goaway(1)
    both.settle()
    assert isinstance(second.error, RequestNotSent)
    assert not both.client.usable
    assert isinstance(both.ask().error, RequestNotSent)
    both.answer(1, body=b"last")
    assert read(first).data == b"last"
    assert both.wire.disconnecting


def test_a_lost_connection_fails_what_is_under_way(both):
    asked, reading, sending = both.ask(), both.ask(), both.ask(b"POST", body=ByHand(5))
    both.answer(3, body=b"ab", end=False)
    body = read(reading)
    both.client.connectionLost(DONE)
    assert type(asked.error) is ResponseNeverReceived
    assert isinstance(body.reason, ResponseFailed)
    assert type(sending.error) is RequestTransmissionFailed
    assert both.client.state == "CONNECTION_LOST"


def test_aborting_tells_when_it_is_over(both):
    outcome = both.ask()
    aborted = Outcome(both.client.abort())
    assert outcome.reasons == [ConnectionAborted]
    assert not aborted.results
    both.client.connectionLost(DONE)
    assert aborted.results == [None]
    assert Outcome(both.client.abort()).results == [None]


def test_an_early_refusal_stops_the_body(both):
    body = ByHand(UNKNOWN_LENGTH)
    outcome = both.ask(b"POST", body=body)
    both.answer(1, body=b"too large", status=b"413")
    assert outcome.result.code == 413
    assert read(outcome).data == b"too large"
    assert body.stopped
    both.settle()
    assert both.client.idle


def test_trailers_are_told_when_the_body_has_ended(both):
    outcome = both.ask()
    both.server.send_head(1, [(b":status", b"200")])
    both.server.send(1, b"abc", end=True, trailers=[(b"digest", b"x")])
    both.settle()
    body = read(outcome)
    assert body.data == b"abc"
    assert outcome.result.trailers == ((b"digest", b"x"),)


def test_informational_responses_are_passed_over_until_they_are_too_many():
    both = Both(limits=ClientLimits(informational=2))
    outcome = both.ask()
    for _ in range(2):
        both.server.send_head(1, [(b":status", b"103")])
    both.settle()
    assert not outcome.results
    both.server.send_head(1, [(b":status", b"103")])
    both.settle()
    assert outcome.reasons == [RemoteProtocolError]


@pytest.mark.parametrize(
    "fields",
    [
        [(b":status", b"200"), (b"x", b"a\x01b")],
        [(b":status", b"99")],
        [(b":status", b"200"), (b"content-length", b"+5")],
        [(b":status", b"200"), *[(b"x", b"y")] * 600],
    ],
)
def test_a_malformed_head_fails_its_stream(both, fields):
    outcome = both.ask()
    both.server._machine.send_headers(1, fields)
    both.settle()
    assert outcome.error.reasons[0].check(RemoteProtocolError, Exception)
    assert isinstance(outcome.error, ResponseFailed)


def test_a_body_larger_than_allowed_fails_its_stream():
    both = Both(limits=ClientLimits(body_size=100))
    outcome = both.ask()
    both.answer(1, body=b"x" * 50, end=False)
    body = read(outcome)
    both.server.send(1, b"x" * 60)
    both.settle()
    assert isinstance(body.reason, ResponseFailed)
    assert both.client.usable


def test_what_is_no_http2_fails_all_requests(both):
    outcomes = [both.ask(), both.ask()]
    both.client.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)
    assert all(isinstance(outcome.error, ResponseFailed) for outcome in outcomes)
    assert both.wire.disconnected


def test_a_frame_larger_than_allowed_is_not_waited_for(both):
    both.client.dataReceived(b"\xff\xff\xff\x00\x00\x00\x00\x00\x01x")
    assert both.wire.disconnected


def test_cve_2019_9512_a_flood_of_pings_ends_the_connection(both):
    outcome = both.ask()
    for _ in range(3000):
        both.server._machine.ping(b"01234567")
    both.client.dataReceived(both.server._machine.data_to_send())
    assert isinstance(outcome.error, ResponseFailed)
    assert both.wire.disconnected


def test_a_server_that_does_not_answer_has_a_limit():
    both = Both(timeouts=Timeouts(first_byte=10, between_bytes=4))
    outcome, other = both.ask(), both.ask()
    both.answer(3, body=b"ab", end=False)
    body = read(other)
    both.clock.pump([1] * 3)
    assert body.reason is None
    both.clock.pump([1] * 2)
    assert body.reason.reasons[0].value.phase == "between bytes"
    assert not outcome.results
    both.clock.pump([1] * 6)
    assert outcome.reasons == [PhaseTimeoutError]
    assert both.client.usable


def test_data_waits_while_the_transport_is_full(both):
    both.client.pauseProducing()
    both.ask(b"POST", body=BytesBody(b"body"))
    assert not [event for event in both.events if isinstance(event, DataReceived)]
    both.client.resumeProducing()
    both.settle()
    assert [event.data for event in both.events if isinstance(event, DataReceived)] == [b"body"]
