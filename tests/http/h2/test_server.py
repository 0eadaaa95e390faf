"""The HTTP/2 channel in memory, against h2 as the client."""

from __future__ import annotations

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes
from hyperframe.frame import HeadersFrame

from sennit.core.coroutine import ensureDeferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.http import Headers, HTTPFactory, Limits, Request
from sennit.protocol import Protocol
from sennit.testing import Clock, StringTransport

GET = [(":method", "GET"), (":scheme", "http"), (":authority", "example.com"), (":path", "/")]
POST = [(":method", "POST"), *GET[1:]]


class Wire(StringTransport):
    def __init__(self):
        super().__init__(lenient=True)
        self.aborted = False

    def take(self):
        written = self.value()
        self.clear()
        return written

    def abortConnection(self):
        self.aborted = True


class PatientConnection(H2Connection):
    """h2's connection, which hears to the end of what a server that goes away has to say."""

    def _receive_goaway_frame(self, frame):
        event = ConnectionTerminated()
        event.last_stream_id = frame.last_stream_id
        return [], [event]


class Client:
    """h2's client on a channel in memory."""

    def __init__(self, factory, clock, settings=None):
        self.clock = clock
        self.h2 = PatientConnection(H2Configuration(client_side=True, header_encoding="latin-1"))
        self.wire = Wire()
        self.events = []
        self.chooser = factory.buildProtocol(None)
        self.wire.protocol = self.chooser
        self.chooser.makeConnection(self.wire)
        self.h2.initiate_connection()
        self.h2.update_settings(settings or {})
        self.run()

    @property
    def channel(self):
        return self.wire.protocol

    def run(self):
        """Carry octets until none are left; let the channel's turn of the loop end."""
        while True:
            data = self.h2.data_to_send()
            if data:
                self.wire.protocol.dataReceived(data)
            self.clock.advance(0)
            answer = self.wire.take()
            if answer:
                self.events += self.h2.receive_data(answer)
            elif not data:
                return

    def ask(self, fields=GET, body=None, trailers=None):
        """Send a request; return its stream."""
        stream_id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream_id, fields, end_stream=body is None)
        if body is not None:
            self.h2.send_data(stream_id, body, end_stream=trailers is None)
            if trailers is not None:
                self.h2.send_headers(stream_id, trailers, end_stream=True)
        self.run()
        return stream_id

    def of(self, kind, stream_id=None):
        return [
            e for e in self.events if type(e) is kind and stream_id in (None, getattr(e, "stream_id", None))
        ]

    def status(self, stream_id):
        return dict(self.of(ResponseReceived, stream_id)[0].headers)[":status"]

    def body(self, stream_id):
        return b"".join(event.data for event in self.of(DataReceived, stream_id))

    def reset(self, stream_id):
        """Return the code a stream was reset with, None if it was not."""
        events = self.of(StreamReset, stream_id)
        return events[0].error_code if events else None


class Recorder(Request):
    seen: list

    def process(self):
        self.seen.append(self)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def factory(clock, seen):
    def factory(**kwargs):
        factory = HTTPFactory(reactor=clock, http2=True, **kwargs)
        recorder = type("Recorder", (Recorder,), {"seen": seen})
        prepare = factory.prepare

        def prepare_with_recorder(channel):
            prepare(channel)
            channel.requestFactory = recorder

        factory.prepare = prepare_with_recorder
        return factory

    return factory


@pytest.fixture
def connect(factory, clock):
    def connect(settings=None, **kwargs):
        return Client(factory(**kwargs), clock, settings)

    return connect


def answer(request, body=b"hello"):
    request.setHeader(b"content-length", b"%d" % len(body))
    request.write(body)
    request.finish()


def test_a_request_is_answered(connect, seen):
    client = connect()
    stream_id = client.ask([*GET, ("X-Own".lower(), "yes"), ("cookie", "a=1"), ("cookie", "b=2")])
    (request,) = seen
    assert (request.method, request.uri, request.clientproto) == (b"GET", b"/", b"HTTP/2")
    assert request.getHeader(b"host") == b"example.com"
    assert request.getHeader(b"x-own") == b"yes"
    assert request.received_cookies == {b"a": b"1", b"b": b"2"}
    answer(request)
    client.run()
    assert client.status(stream_id) == "200"
    assert client.body(stream_id) == b"hello"
    assert client.of(StreamEnded, stream_id)


def test_a_body_arrives_in_content_and_trailers_beside_it(connect, seen):
    client = connect()
    client.ask(POST, b"x" * 10_000, trailers=[("checksum", "1")])
    (request,) = seen
    assert request.content.read() == b"x" * 10_000
    assert request.trailers.getRawHeaders(b"checksum") == [b"1"]


def test_many_requests_are_answered_in_any_order(connect, seen):
    client = connect()
    streams = [client.ask() for _ in range(5)]
    for request in reversed(seen):
        answer(request, b"%d" % seen.index(request))
        client.run()
    assert [client.body(stream_id) for stream_id in streams] == [b"0", b"1", b"2", b"3", b"4"]


def test_head_and_bodiless_responses_have_no_data(connect, seen):
    client = connect()
    stream_id = client.ask([(":method", "HEAD"), *GET[1:]])
    answer(seen[0])
    client.run()
    assert client.of(StreamEnded, stream_id)
    assert client.body(stream_id) == b""


def test_fields_of_http_1_are_left_out(connect, seen):
    client = connect()
    stream_id = client.ask()
    seen[0].setHeader(b"connection", b"close")
    seen[0].setHeader(b"keep-alive", b"300")
    answer(seen[0])
    client.run()
    names = [name for name, _ in client.of(ResponseReceived, stream_id)[0].headers]
    assert names == [":status", "content-length"]


def test_a_response_may_end_with_trailers(connect, seen):
    client = connect()
    stream_id = client.ask()
    seen[0].responseTrailers = Headers({b"Checksum": [b"1"]})
    seen[0].write(b"x")
    seen[0].finish()
    client.run()
    assert client.of(TrailersReceived, stream_id)[0].headers == [("checksum", "1")]


def test_a_client_that_waits_is_told_to_continue(connect):
    client = connect()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, [*POST, ("expect", "100-continue")])
    client.run()
    assert dict(client.of(InformationalResponseReceived, stream_id)[0].headers)[":status"] == "100"


def test_http_1_is_still_spoken_without_the_preface(factory, clock, seen):
    wire = Wire()
    chooser = factory().buildProtocol(None)
    wire.protocol = chooser
    chooser.makeConnection(wire)
    for piece in (b"P", b"UT / HTTP/1.1\r\nHost: x\r\n\r\n"):
        wire.protocol.dataReceived(piece)
    assert seen[0].clientproto == b"HTTP/1.1"
    assert seen[0].method == b"PUT"


def test_a_transport_that_hides_its_protocol_reaches_the_one_chosen(factory, seen):
    wire = StringTransport()
    chooser = factory().buildProtocol(None)
    chooser.makeConnection(wire)
    chooser.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    chooser.dataReceived(b"GET /2 HTTP/1.1\r\n")
    assert len(seen) == 1
    chooser.connectionLost(Failure(ConnectionDone()))
    assert seen[0]._disconnected


def test_alpn_decides(factory, clock):
    wire = Wire()
    wire.negotiatedProtocol = b"h2"
    chooser = factory().buildProtocol(None)
    wire.protocol = chooser
    chooser.makeConnection(wire)
    wire.protocol.dataReceived(b"P")
    assert type(wire.protocol).__name__ == "Http2Channel"


def test_a_producer_is_paused_by_the_clients_window_and_resumed(connect, seen):
    class Producer:
        def __init__(self):
            self.calls = []

        def pauseProducing(self):
            self.calls.append("pause")

        def resumeProducing(self):
            self.calls.append("resume")

        def stopProducing(self):
            self.calls.append("stop")

    client = connect(settings={SettingCodes.INITIAL_WINDOW_SIZE: 1000})
    stream_id = client.ask()
    producer = Producer()
    seen[0].registerProducer(producer, True)
    seen[0].write(b"x" * 70_000)
    client.run()
    assert producer.calls == ["pause"]
    client.h2.increment_flow_control_window(65_000, stream_id)
    client.run()
    assert producer.calls == ["pause", "resume"]
    client.h2.reset_stream(stream_id)
    client.run()
    assert producer.calls == ["pause", "resume", "stop"]


def test_a_request_learns_that_its_stream_was_reset(connect, seen):
    client = connect()
    stream_id = client.ask()
    ended = []
    seen[0].notifyFinish().addErrback(ended.append)
    client.h2.reset_stream(stream_id)
    client.run()
    assert len(ended) == 1
    assert client.channel.streams == {}


def test_losing_one_requests_connection_resets_its_stream_alone(connect, seen):
    client = connect()
    first, second = client.ask(), client.ask()
    seen[0].loseConnection()
    answer(seen[1])
    client.run()
    assert client.reset(first) == ErrorCodes.INTERNAL_ERROR
    assert client.body(second) == b"hello"


def test_a_response_that_falls_short_of_its_length_is_reset(connect, seen):
    client = connect()
    stream_id = client.ask()
    seen[0].setHeader(b"content-length", b"10")
    seen[0].write(b"short")
    seen[0].finish()
    client.run()
    assert client.reset(stream_id) == ErrorCodes.INTERNAL_ERROR


def test_an_answer_before_the_end_of_the_body_stops_the_rest_of_it(connect):
    client = connect(limits=Limits(body_size=1000))
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    client.h2.send_data(stream_id, b"x" * 1001)
    client.run()
    assert client.status(stream_id) == "413"
    assert client.reset(stream_id) == ErrorCodes.NO_ERROR


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([*POST, ("content-length", "2000000")], "413"),
        (
            [(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/" + "a" * 20_000)],
            "414",
        ),
        ([*GET, *[(f"x-{n}", "") for n in range(600)]], "431"),
        ([*GET, ("x", "a" * 20_000)], "431"),
    ],
)
def test_a_request_that_is_too_large_is_told_so(connect, fields, status, seen):
    client = connect(limits=Limits(body_size=1_000_000))
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, fields)
    client.run()
    assert client.status(stream_id) == status
    assert seen == []


@pytest.mark.parametrize(
    "fields",
    [
        [*GET, ("x", "a\nb")],
        [*GET, ("x", "a\x00b")],
        [*GET, ("x", "a\x7fb")],
        [*GET, ("x y", "1")],
        [(":method", "G T"), *GET[1:]],
        [*GET[:3], (":path", "no-slash")],
        [*GET[:3], (":path", "/a b")],
        [*GET[:3], (":path", "*")],
        [*GET[:2], (":authority", "a/b"), (":path", "/")],
        [*GET, ("content-length", "+1")],
        [*GET, ("content-length", "1"), ("content-length", "1")],
        [(":method", "CONNECT"), (":authority", "")],
    ],
)
def test_known_malformed_requests_reset_their_stream_and_reach_nobody(connect, seen, fields):
    client = connect()
    client.h2.config.validate_outbound_headers = False
    client.h2.config.normalize_outbound_headers = False
    stream_id = 1
    frame = HeadersFrame(stream_id, client.h2.encoder.encode(fields))
    frame.flags |= {"END_HEADERS", "END_STREAM"}
    client.wire.protocol.dataReceived(frame.serialize())
    assert seen == []
    written = client.wire.take()
    # Either the stream or, where h2 judges, the connection.
    assert written[3] in (3, 7)


def test_a_stream_of_a_request_that_raises_is_reset(connect, seen, caplog):
    class Broken(Request):
        def process(self):
            raise ValueError("at work")

    client = connect()
    client.channel.requestFactory = Broken
    stream_id = client.ask()
    assert client.reset(stream_id) == ErrorCodes.INTERNAL_ERROR


def test_a_connection_without_streams_is_closed_after_a_while(connect, clock, seen):
    client = connect(timeout=60)
    for _ in range(12):
        clock.advance(5)
    client.run()
    assert client.of(ConnectionTerminated)
    assert client.wire.disconnecting


def test_a_connection_whose_request_is_being_answered_is_left_alone(connect, clock, seen):
    client = connect(timeout=60)
    stream_id = client.ask()
    for _ in range(30):
        clock.advance(5)
    answer(seen[0])
    client.run()
    assert client.body(stream_id) == b"hello"


def test_an_idle_connection_is_closed_on_time_however_far_apart_the_checks_are(connect, clock):
    client = connect(timeout=3)
    clock.advance(2.9)
    assert not client.wire.disconnecting
    clock.advance(0.2)
    assert client.wire.disconnecting


def test_a_request_may_hold_up_its_body(connect, clock, seen):
    client = connect()
    got = []
    client.channel.requestFactory = type(
        "Held",
        (client.channel.requestFactory,),
        {
            "gotLength": lambda request, length: request.channel.pauseProducing(),
            "handleContentChunk": got_in(got),
        },
    )
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    room = client.h2.local_flow_control_window(stream_id)
    client.h2.send_data(stream_id, b"x" * 10_000)
    client.h2.send_data(stream_id, b"y" * 6_000, end_stream=True)
    client.run()
    assert (got, seen) == ([], [])
    assert client.h2.local_flow_control_window(stream_id) == room - 16_000
    for _ in range(30):
        clock.advance(5)
    assert client.channel.streams[stream_id].receiving
    client.channel.streams[stream_id].resumeProducing()
    client.run()
    assert b"".join(got) == b"x" * 10_000 + b"y" * 6_000
    assert len(seen) == 1


def got_in(got):
    """Return what keeps the pieces of a body."""
    return lambda request, data: got.append(data)


def test_a_request_may_stop_its_body_for_good(connect, seen):
    client = connect()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    client.run()
    client.channel.streams[stream_id].stopProducing()
    client.run()
    assert client.reset(stream_id) == ErrorCodes.INTERNAL_ERROR
    assert seen == []


@pytest.mark.parametrize("pace", [0, 1])
def test_a_body_that_stops_or_dribbles_is_answered_with_408(connect, clock, seen, pace):
    client = connect()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    for _ in range(15):
        for _ in range(5 * pace):
            client.h2.send_data(stream_id, b"x")
        client.run()
        clock.advance(5)
        client.events += client.h2.receive_data(client.wire.take())
        if client.of(ResponseReceived):
            break
    assert client.status(stream_id) == "408"


def test_a_response_that_is_not_taken_is_given_up(connect, clock, seen):
    client = connect(settings={SettingCodes.INITIAL_WINDOW_SIZE: 10})
    stream_id = client.ask()
    answer(seen[0], b"x" * 100)
    for _ in range(14):
        clock.advance(5)
        client.run()
    assert client.reset(stream_id) == ErrorCodes.CANCEL


def test_draining_finishes_what_is_open_and_closes(factory, clock, seen):
    made = factory()
    client = Client(made, clock)
    idle = Client(made, clock)
    stream_id = client.ask()
    drained = []
    made.drain().addCallback(drained.append)
    client.run()
    idle.run()
    assert idle.wire.disconnecting
    assert not client.wire.disconnecting
    answer(seen[0])
    client.run()
    assert client.body(stream_id) == b"hello"
    assert client.of(ConnectionTerminated)
    assert client.wire.disconnecting
    for each in (client, idle):
        each.channel.connectionLost(Failure(ConnectionDone()))
    assert drained == [None]


def test_losing_the_connection_tells_every_request(connect, seen):
    client = connect()
    client.ask()
    client.ask()
    client.channel.connectionLost(Failure(ConnectionDone()))
    assert [request._disconnected for request in seen] == [True, True]


def test_nothing_is_sent_or_read_while_the_transport_is_full(connect, seen):
    client = connect()
    stream_id = client.ask()
    client.channel.pauseProducing()
    assert client.wire.producerState == "paused"
    answer(seen[0])
    client.clock.advance(0)
    assert b"hello" not in client.wire.value()
    client.channel.resumeProducing()
    client.run()
    assert client.wire.producerState == "producing"
    assert client.body(stream_id) == b"hello"


# Streamed bodies and tunnels


@pytest.fixture
def stream(connect):
    """Open a connection whose requests' bodies are streamed."""

    def stream(**kwargs):
        client = connect(**kwargs)
        client.channel.requestFactory = type(
            "Streaming", (client.channel.requestFactory,), {"streams_body": True}
        )
        return client

    return stream


async def _collect(body, into):
    async for piece in body:
        into.append(piece)


def test_a_body_is_read_as_it_arrives_and_its_window_opens_as_it_is_read(stream, seen):
    client = stream()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    client.run()
    room = client.h2.local_flow_control_window(stream_id)
    for _ in range(10):
        client.h2.send_data(stream_id, b"x" * 16_000)
        client.run()
    assert client.h2.local_flow_control_window(stream_id) == room - 160_000
    got = []
    ensureDeferred(_collect(seen[0].body, got))
    client.run()
    assert len(got) == 10
    assert client.h2.local_flow_control_window(stream_id) > room - 100_000
    client.h2.end_stream(stream_id)
    client.run()
    assert seen[0].body.complete


def test_an_answer_before_the_end_stops_a_streamed_body(stream, seen):
    client = stream()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, POST)
    client.h2.send_data(stream_id, b"x" * 1000)
    client.run()
    answer(seen[0])
    client.run()
    assert client.body(stream_id) == b"hello"
    assert client.reset(stream_id) == ErrorCodes.NO_ERROR


CONNECT = [
    (":method", "CONNECT"),
    (":protocol", "echo"),
    (":scheme", "http"),
    (":authority", "example.com"),
    (":path", "/echo"),
]


class Echo(Protocol):
    def connectionMade(self):
        self.heard = []
        self.lost = []

    def dataReceived(self, data):
        self.heard.append(data)
        self.transport.write(data)

    def connectionLost(self, reason=None):
        self.lost.append(reason)


@pytest.fixture
def tunnel(stream, seen):
    """Open a tunnel; give the client, its stream and the protocol."""
    client = stream()
    stream_id = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream_id, CONNECT)
    client.h2.send_data(stream_id, b"early")
    client.run()
    echo = Echo()
    seen[0].upgrade({b"X": [b"1"]}, echo)
    client.run()
    return client, stream_id, echo


def test_a_stream_goes_on_as_what_an_extended_connect_asked_for(tunnel, seen):
    client, stream_id, echo = tunnel
    assert seen[0].uri == b"/echo"
    assert dict(client.of(ResponseReceived, stream_id)[0].headers) == {":status": "200", "x": "1"}
    client.h2.send_data(stream_id, b"hello")
    client.run()
    assert echo.heard == [b"early", b"hello"]
    assert client.body(stream_id) == b"earlyhello"


def test_a_tunnel_that_the_client_ends_is_ended(tunnel):
    client, stream_id, echo = tunnel
    client.h2.end_stream(stream_id)
    client.run()
    assert len(echo.lost) == 1
    assert client.of(StreamEnded, stream_id)
    assert client.channel.streams == {}


def test_a_tunnel_that_we_end_is_reset_if_the_client_does_not_end_it_too(tunnel):
    client, stream_id, echo = tunnel
    echo.transport.loseConnection()
    client.run()
    assert len(echo.lost) == 1
    assert client.of(StreamEnded, stream_id)
    assert client.reset(stream_id) == ErrorCodes.NO_ERROR


def test_a_paused_tunnel_delivers_nothing_and_fills_its_window(tunnel):
    client, stream_id, echo = tunnel
    echo.transport.pauseProducing()
    room = client.h2.local_flow_control_window(stream_id)
    for _ in range(10):
        client.h2.send_data(stream_id, b"x" * 16_000)
        client.run()
    assert echo.heard == [b"early"]
    assert client.h2.local_flow_control_window(stream_id) == room - 160_000
    echo.transport.resumeProducing()
    client.run()
    assert sum(map(len, echo.heard)) == 160_005
    assert client.h2.local_flow_control_window(stream_id) > room - 100_000


def test_a_tunnel_is_lost_with_its_connection(tunnel):
    client, _, echo = tunnel
    client.channel.connectionLost(Failure(ConnectionDone()))
    assert len(echo.lost) == 1
    echo.transport.write(b"too late")


def test_an_asgi_application_is_answered_alike(clock):
    from sennit.web.asgi import ASGISite

    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        body = b""
        while True:
            event = await receive()
            body += event["body"]
            if not event["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": body})
        await send({"type": "http.response.trailers", "headers": [(b"checksum", b"1")]})

    client = Client(ASGISite(app, reactor=clock, http2=True), clock)
    stream_id = client.ask(POST, b"x" * 1000)
    assert scopes[0]["http_version"] == "2"
    assert dict(scopes[0]["headers"])[b"host"] == b"example.com"
    assert client.body(stream_id) == b"x" * 1000
    assert client.of(TrailersReceived, stream_id)[0].headers == [("checksum", "1")]
