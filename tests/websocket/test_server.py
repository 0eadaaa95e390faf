"""WebSockets opened on a site, against wsproto as the client."""

from __future__ import annotations

import wsproto.events as ev
from wsproto import Connection, ConnectionType
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason

from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.websocket import WebSocketClosed, WebSocketProtocol


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


class Recorder(WebSocketProtocol):
    made: list

    def opened(self):
        type(self).made.append(self)
        self.calls = []

    def messageReceived(self, message):
        self.calls.append(message)

    def pongReceived(self, data):
        self.calls.append(("pong", data))

    def closed(self, code, reason):
        self.calls.append(("closed", code, reason))

    def sendingPaused(self):
        self.calls.append("paused")

    def sendingResumed(self):
        self.calls.append("resumed")


def recording():
    """Return a handler, and what it makes."""
    made = []
    return type("Recorder", (Recorder,), {"made": made}), made


def closed(events):
    """Return the code and reason of a closing frame."""
    return next((event.code, event.reason) for event in events if type(event) is ev.CloseConnection)


def test_the_key_is_answered_as_rfc_6455_says(open_):
    client = open_(echo)
    assert client.status == 101
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in client.head
    assert b"\r\nUpgrade: websocket\r\nConnection: Upgrade" in client.head


def test_text_and_bytes_come_back_as_they_went(open_):
    client = open_(echo)
    events = client.send(ev.TextMessage("hällo"), ev.BytesMessage(b"\x00\xff"))
    assert [(type(event), event.data) for event in events] == [
        (ev.TextMessage, "hällo"),
        (ev.BytesMessage, b"\x00\xff"),
    ]


def test_a_message_in_fragments_is_put_together_across_a_ping(open_):
    client = open_(echo)
    events = client.send(
        ev.TextMessage("one ", message_finished=False),
        ev.Ping(b"p"),
        ev.TextMessage("two", message_finished=True),
    )
    assert [type(event) for event in events] == [ev.Pong, ev.TextMessage]
    assert events[1].data == "one two"


def test_a_program_may_be_called_with_each_message(open_):
    handler, made = recording()
    client = open_(handler)
    client.send(ev.TextMessage("a"), ev.BytesMessage(b"b"))
    (websocket,) = made
    assert websocket.calls == ["a", b"b"]
    websocket.sendMessage("c")
    assert client.events()[0].data == "c"
    assert websocket.is_open
    client.send(ev.CloseConnection(code=1000, reason="bye"))
    assert not websocket.is_open
    client.protocol.connectionLost(Failure(ConnectionDone()))
    assert websocket.calls[2:] == [("closed", 1000, "bye")]


def test_a_close_is_answered_and_the_connection_closed(open_):
    client = open_(echo)
    events = client.send(ev.CloseConnection(code=1001, reason="going"))
    assert closed(events) == (1001, "going")
    assert client.wire.disconnecting
    assert client.wire.producer is None


def test_a_handler_that_returns_closes(open_, clock):
    async def greet(websocket):
        await websocket.send("hello")

    client = open_(greet)
    assert closed(client.events()) == (1000, "")
    assert not client.wire.disconnecting
    client.write(client.ws.send(ev.CloseConnection(code=1000)))
    assert client.wire.disconnecting


def test_a_peer_that_does_not_answer_a_close_is_dropped(open_, clock):
    handler, made = recording()
    client = open_(handler, close_timeout=5)
    made[0].close(4000, "enough")
    assert closed(client.events()) == (4000, "enough")
    clock.advance(4)
    assert not client.wire.aborted
    clock.advance(1)
    assert client.wire.aborted


def test_a_handler_that_raises_closes_with_1011_and_is_reported(open_, reported):
    async def broken(websocket):
        raise ValueError("at work")

    client = open_(broken)
    assert closed(client.events())[0] == CloseReason.INTERNAL_ERROR
    assert reported[0].check(ValueError)


def test_a_program_that_raises_closes_with_1011_and_is_reported(open_, reported):
    class Broken(WebSocketProtocol):
        def messageReceived(self, message):
            raise ValueError("at work")

    client = open_(Broken)
    events = client.send(ev.TextMessage("x"))
    assert closed(events)[0] == CloseReason.INTERNAL_ERROR
    assert client.wire.disconnecting
    assert reported[0].check(ValueError)


def test_a_lost_connection_is_1006_and_raised_in_a_handler(open_, reported):
    seen = []

    async def handler(websocket):
        try:
            await websocket.receive()
        except WebSocketClosed as error:
            seen.append(error.code)
            raise

    client = open_(handler)
    client.protocol.connectionLost(Failure(ConnectionLost()))
    assert seen == [1006]
    assert reported == []


def test_iteration_ends_on_a_good_close_and_raises_on_a_bad_one(open_):
    ends = []

    async def handler(websocket):
        try:
            async for _ in websocket:
                pass
            ends.append("good")
        except WebSocketClosed as error:
            ends.append(error.code)

    client = open_(handler)
    client.send(ev.CloseConnection(code=1000))
    client.protocol.connectionLost(Failure(ConnectionDone()))
    client = open_(handler)
    client.send(ev.CloseConnection(code=4001))
    client.protocol.connectionLost(Failure(ConnectionDone()))
    assert ends == ["good", 4001]


# Keeping alive


def test_a_quiet_peer_is_pinged_and_dropped_if_it_does_not_answer(open_, clock):
    handler, _ = recording()
    client = open_(handler, ping_interval=20, ping_timeout=10)
    clock.advance(20)
    assert [type(event) for event in client.events()] == [ev.Ping]
    clock.advance(10)
    assert closed(client.events())[0] == CloseReason.INTERNAL_ERROR
    assert client.wire.aborted


def test_a_peer_that_answers_its_pings_stays(open_, clock):
    handler, made = recording()
    client = open_(handler, ping_interval=20, ping_timeout=10)
    for _ in range(10):
        clock.advance(20)
        for event in client.events():
            client.send(event.response())
        clock.advance(10)
    assert made[0].is_open
    assert made[0].calls == []


def test_no_keep_alive_sets_no_timer(open_, clock):
    open_(echo, ping_interval=None)
    assert clock.getDelayedCalls() == []


def test_how_long_the_peer_takes_to_answer_is_told(open_, clock):
    took = []

    async def handler(websocket):
        took.append(await websocket.ping())

    client = open_(handler)
    (ping,) = client.events()
    clock.advance(0.25)
    client.send(ping.response())
    assert took == [0.25]


def test_pongs_that_nobody_asked_for_are_let_be(open_):
    client = open_(echo)
    assert client.send(ev.Pong(b"x"), ev.TextMessage("still here"))[0].data == "still here"


# Back-pressure


def test_reading_stops_while_too_many_messages_wait(open_):
    gate = Deferred()
    got = []

    async def handler(websocket):
        await gate
        async for message in websocket:
            got.append(message)

    client = open_(handler, waiting_messages=4)
    client.send(*[ev.TextMessage(str(n)) for n in range(3)])
    assert client.wire.producerState == "producing"
    client.send(ev.TextMessage("3"))
    assert client.wire.producerState == "paused"
    gate.callback(None)
    assert got == ["0", "1", "2", "3"]
    assert client.wire.producerState == "producing"


def test_reading_stops_while_messages_that_are_too_large_wait(open_):
    async def handler(websocket):
        await Deferred()

    client = open_(handler, waiting_size=100)
    client.send(ev.BytesMessage(b"x" * 100))
    assert client.wire.producerState == "paused"


def test_sending_waits_while_the_transport_is_full(open_):
    sent = []
    gate = Deferred()

    async def handler(websocket):
        await gate
        await websocket.send("one")
        sent.append(1)
        await websocket.send("two")
        sent.append(2)

    client = open_(handler)
    client.protocol.pauseProducing()
    assert client.wire.producerState == "paused"
    gate.callback(None)
    assert sent == []
    client.protocol.resumeProducing()
    assert sent == [1, 2]
    assert client.wire.producerState == "producing"


def test_a_program_is_told_when_to_send_less(open_):
    handler, made = recording()
    client = open_(handler)
    client.protocol.pauseProducing()
    client.protocol.resumeProducing()
    assert made[0].calls == ["paused", "resumed"]


def test_sending_that_waits_ends_when_the_connection_does(open_, reported):
    async def handler(websocket):
        websocket.pauseProducing()
        await websocket.send("never taken")
        await websocket.send("gone")

    client = open_(handler)
    client.protocol.connectionLost(Failure(ConnectionLost()))
    assert reported == []


# Compression


def test_messages_are_compressed_when_the_client_offers_it(open_):
    client = open_(echo, b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    assert b"Sec-WebSocket-Extensions: permessage-deflate; " in client.head
    deflate = PerMessageDeflate()
    offer = client.head.partition(b"Sec-WebSocket-Extensions: ")[2].partition(b"\r\n")[0].decode()
    deflate.finalize(offer)
    client.ws = Connection(ConnectionType.CLIENT, [deflate])
    for _ in range(2):
        client.write(client.ws.send(ev.TextMessage("a" * 10_000)))
        written = client.wire.value()
        assert len(written) < 200
        assert "".join(event.data for event in client.events()) == "a" * 10_000


def test_nothing_is_compressed_where_that_is_not_wanted(open_):
    client = open_(echo, b"Sec-WebSocket-Extensions: permessage-deflate", options={"deflate": False})
    assert b"Extensions" not in client.head


# Draining


def test_draining_a_site_closes_its_websockets_with_1001(open_):
    client = open_(echo)
    drained = []
    client.site.drain().addCallback(drained.append)
    assert closed(client.events()) == (1001, "")
    assert drained == []
    client.send(ev.CloseConnection(code=1001))
    client.protocol.connectionLost(Failure(ConnectionDone()))
    assert drained == [None]
