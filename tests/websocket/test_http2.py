"""WebSockets over HTTP/2 (RFC 8441), with h2 and wsproto as the client."""

from __future__ import annotations

import pytest
import wsproto.events as ev
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset
from hyperframe.frame import GoAwayFrame
from wsproto import Connection, ConnectionType

from sennit.testing import StringTransport
from sennit.web import Resource, Site
from sennit.web.websocket import WebSocketResource


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


class Client:
    """A client with one WebSocket on a connection in memory."""

    def __init__(self, clock, protocol="websocket", path="/ws"):
        root = Resource()
        root.putChild(b"ws", WebSocketResource(echo))
        self.site = Site(root, reactor=clock, http2=True)
        self.clock = clock
        self.wire = StringTransport(lenient=True)
        channel = self.site.buildProtocol(None)
        self.wire.protocol = channel
        channel.makeConnection(self.wire)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
        self.h2.initiate_connection()
        self.events = []
        self.run()
        self.stream_id = self.h2.get_next_available_stream_id()
        self.h2.send_headers(
            self.stream_id,
            [
                (":method", "CONNECT"),
                (":protocol", protocol),
                (":scheme", "http"),
                (":authority", "example.org"),
                (":path", path),
                ("sec-websocket-version", "13"),
            ],
        )
        self.run()
        self.ws = Connection(ConnectionType.CLIENT)

    def run(self):
        while True:
            data = self.h2.data_to_send()
            if data:
                self.wire.protocol.dataReceived(data)
            self.clock.advance(0)
            answer = self.wire.value()
            self.wire.clear()
            if answer:
                self.events += self.h2.receive_data(answer)
            elif not data:
                return

    def of(self, kind):
        return [event for event in self.events if type(event) is kind]

    @property
    def status(self):
        return dict(self.of(ResponseReceived)[0].headers)[":status"]

    def send(self, *events):
        for event in events:
            self.h2.send_data(self.stream_id, self.ws.send(event))
        self.run()
        data = b"".join(event.data for event in self.of(DataReceived))
        if data:
            self.ws.receive_data(data)
        self.events = [event for event in self.events if type(event) is not DataReceived]
        return list(self.ws.events())


def test_messages_come_back_over_a_stream(clock):
    client = Client(clock)
    assert client.status == "200"
    (event,) = client.send(ev.TextMessage("hello"))
    assert event.data == "hello"


def test_closing_ends_the_stream_and_not_the_connection(clock):
    client = Client(clock)
    (event,) = client.send(ev.CloseConnection(code=1000))
    assert event.code == 1000
    assert client.of(StreamEnded)
    assert not client.wire.disconnecting
    assert client.wire.protocol.streams == {}


def test_a_stream_that_is_reset_ends_the_websocket(clock):
    client = Client(clock)
    client.h2.reset_stream(client.stream_id)
    client.run()
    assert client.wire.protocol.streams == {}
    assert list(client.site.channels) == [client.wire.protocol]


@pytest.mark.parametrize(
    ("protocol", "path", "status"), [("chat", "/ws", "501"), ("websocket", "/no", "404")]
)
def test_what_is_not_spoken_there_is_refused(clock, protocol, path, status):
    client = Client(clock, protocol, path)
    assert client.status == status
    assert client.of(StreamEnded) or client.of(StreamReset)


def test_draining_closes_it_before_the_connection(clock):
    client = Client(clock)
    # h2 hears nothing more after a GOAWAY; a patient client does.
    client.h2._frame_dispatch_table[GoAwayFrame] = lambda frame: ([], [])
    client.site.drain()
    client.run()
    (event,) = client.send()
    assert event.code == 1001
    client.send(ev.CloseConnection(code=1001))
    assert client.wire.disconnecting
