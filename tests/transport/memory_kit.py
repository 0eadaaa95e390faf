"""Connections in memory as a kind of stream for the contract, moved on by the loop."""

from __future__ import annotations

from tests.transport.pipes_kit import Accepting

from sennit.testing import connected_pair
from sennit.testing.contract import Ability, HalfCloseable, StreamKind

ROOM = 200_000


class Taker(HalfCloseable):
    """A plain peer, which takes no more than it waits for and a socket would hold."""

    def dataReceived(self, data):
        super().dataReceived(data)
        if len(self.received) > ROOM:
            self.transport.pauseProducing()

    def send(self, data):
        self.transport.write(data)

    def shutdown(self, _how):
        self.transport.loseWriteConnection()

    def close(self):
        self.transport.loseConnection()


class MemoryPeer:
    """What a test waits for of a plain peer."""

    def __init__(self, taker):
        self.sock = taker

    async def send(self, data):
        self.sock.send(data)

    async def receive(self, number):
        taker = self.sock
        pieces = []
        while number and (taker.received or not {"read lost", "lost"} & set(taker.events)):
            taker.transport.resumeProducing()
            await taker.until(lambda: taker.received or {"read lost", "lost"} & set(taker.events))
            pieces.append(taker.received[:number])
            taker.received = taker.received[number:]
            number -= len(pieces[-1])
        return b"".join(pieces)

    async def receive_all(self):
        return await self.receive(1 << 40)

    async def settled(self, protocol):
        """Say nothing."""


class Memory(StreamKind):
    """Streams in memory."""

    name = "memory"
    abilities = Ability.ABORTS | Ability.HALVES | Ability.REPLACES

    def listen(self, factory):
        return Accepting(factory)

    def connect(self, port, factory):
        self._pair(port, factory.buildProtocol)

    def plain(self, port):
        return self._pair(port, lambda _address: Taker())

    def raw(self, port):
        return MemoryPeer(self.plain(port))

    def _pair(self, port, build):
        loop, client = self.reactor.loop, build(None)

        def turn():
            pair.pump()
            if pair.server.connected or pair.client.connected:
                loop.call_soon(turn)

        pair = connected_pair(port.factory.buildProtocol(None), client, chunk_size=1 << 16)
        loop.call_soon(turn)
        return client
