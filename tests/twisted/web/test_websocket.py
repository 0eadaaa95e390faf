"""``twisted.web.websocket``: protocols of programs, on real sockets."""

from __future__ import annotations

import pytest

import sennit
import sennit.web
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.twisted.web.websocket import ConnectionRejected, WebSocketClientEndpoint, WebSocketResource
from sennit.web import Site


class Recorder:
    def __init__(self):
        self.seen = []
        self.open = Deferred()
        self.over = Deferred()

    def negotiationStarted(self, transport):
        self.transport = transport
        self.seen.append("started")

    def negotiationFinished(self):
        self.seen.append("finished")
        self.open.callback(None)

    def textMessageReceived(self, message):
        self.seen.append(message)
        if message == "end":
            self.transport.loseConnection(1000)

    bytesMessageReceived = textMessageReceived

    def pongReceived(self, payload):
        self.seen.append(("pong", payload))

    def connectionLost(self, reason):
        self.seen.append(reason.type)
        self.over.callback(None)


class Echo(Recorder):
    def textMessageReceived(self, message):
        self.transport.sendTextMessage(message)

    def bytesMessageReceived(self, message):
        self.transport.sendBytesMessage(bytes(message))


class Makes:
    def __init__(self, kind):
        self.kind = kind
        self.made = []

    def buildProtocol(self, request_or_url):
        self.made.append(self.kind())
        return self.made[-1]


def test_messages_go_both_ways_and_the_end_is_told():
    async def main():
        reactor = sennit.current_reactor()
        servers, clients = Makes(Echo), Makes(Recorder)
        site = Site(WebSocketResource(servers))
        port = reactor.listenTCP(0, site, interface="127.0.0.1")
        url = f"ws://127.0.0.1:{port.getHost().port}/"
        client = await WebSocketClientEndpoint.new(reactor, url).connect(clients)
        assert client is clients.made[0]
        client.transport.ping(b"p")
        client.transport.sendBytesMessage(b"\x00")
        for text in ("é", "end"):
            client.transport.sendTextMessage(text)
        await client.over
        await servers.made[0].over
        await port.stopListening()
        return client.seen, servers.made[0].seen

    ours, theirs = sennit.run(main)
    assert [each for each in ours if each != ("pong", b"p")] == [
        "started", "finished", b"\x00", "é", "end", ConnectionDone
    ]  # fmt: skip
    assert ("pong", b"p") in ours
    assert theirs == ["started", "finished", ConnectionDone]


def test_a_refusal_is_told_with_its_answer():
    async def main():
        reactor = sennit.current_reactor()
        port = reactor.listenTCP(0, Site(sennit.web.Resource()), interface="127.0.0.1")
        endpoint = WebSocketClientEndpoint.new(reactor, f"ws://127.0.0.1:{port.getHost().port}/x")
        with pytest.raises(ConnectionRejected) as caught:
            await endpoint.connect(Makes(Recorder))
        await port.stopListening()
        with pytest.raises(ValueError, match="ws:"):
            await WebSocketClientEndpoint.new(reactor, "gopher://x/").connect(Makes(Recorder))
        return caught.value.response.code

    assert sennit.run(main) == 404


def test_a_request_that_is_none_for_a_websocket_is_refused():
    import asyncio
    import http.client

    async def main():
        site = Site(WebSocketResource(Makes(Echo)))
        port = sennit.current_reactor().listenTCP(0, site, interface="127.0.0.1")

        def ask():
            connection = http.client.HTTPConnection("127.0.0.1", port.getHost().port, timeout=20)
            connection.request("GET", "/")
            try:
                return connection.getresponse().status
            finally:
                connection.close()

        try:
            return await asyncio.to_thread(ask)
        finally:
            await port.stopListening()
            site.abort()

    assert sennit.run(main) == 400
