"""What tests of transports share: protocols that write down what happens, plain peers, kinds of stream."""

from __future__ import annotations

import itertools
import os
import socket
import struct

from zope.interface import implementer

from sennit.core.coroutine import ensureDeferred
from sennit.core.deferred import Deferred
from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.protocol import ClientFactory, Factory, Protocol

PATIENCE = 30
"""Seconds after which a test hangs."""


def in_reactor(reactor, coroutine):
    """Run a coroutine in a reactor that runs, to its end."""
    outcome = []

    def start():
        def done(result):
            outcome.append(result)
            if reactor.running:
                reactor.stop()

        ensureDeferred(coroutine).addTimeout(PATIENCE, reactor).addBoth(done)

    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    assert outcome, "The reactor stopped before the test had ended."
    if hasattr(outcome[0], "raiseException"):
        outcome[0].raiseException()
    return outcome[0]


def beneath(transport):
    """Give the connection under all TLS."""
    while hasattr(transport, "wrappedProtocol"):
        transport = transport.transport
    return transport


async def turns(reactor, number=3):
    """Let the loop turn a few times."""
    for _ in range(number):
        turned = Deferred()
        reactor.callLater(0, turned.callback, None)
        await turned


class Recorder(Protocol):
    """Writes down what happens to it, and lets a test wait for it."""

    def __init__(self):
        self.events = []
        self.received = b""
        self.reason = None
        self._waiting = []

    def note(self, *event):
        self.events.append(event if len(event) > 1 else event[0])
        for waiting in self._waiting[:]:
            condition, deferred = waiting
            if condition():
                self._waiting.remove(waiting)
                deferred.callback(None)

    async def until(self, condition):
        if not condition():
            deferred = Deferred()
            self._waiting.append((condition, deferred))
            await deferred

    async def until_received(self, number):
        await self.until(lambda: len(self.received) >= number)

    async def until_lost(self):
        await self.until(lambda: self.reason is not None)
        return self.reason.type

    def connectionMade(self):
        self.note("made")

    def dataReceived(self, data):
        assert self.reason is None, "data after the loss"
        self.received += data
        self.note("data")

    def connectionLost(self, reason):
        assert self.reason is None, "lost twice"
        self.reason = reason
        self.note("lost")

    @property
    def marks(self):
        """The events that are not data."""
        return [event for event in self.events if event != "data"]


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Recorder):
    """A recorder that goes on when one direction is closed."""

    def readConnectionLost(self):
        self.note("read lost")

    def writeConnectionLost(self):
        self.note("write lost")


class Server(Factory):
    """Builds recorders, and keeps them."""

    noisy = False

    def __init__(self, protocol=Recorder):
        self.protocol = protocol
        self.built = []
        self.started = self.stopped = 0
        self._waiting = []

    def buildProtocol(self, addr):
        protocol = self.protocol()
        protocol.factory = self
        protocol.address = addr
        self.built.append(protocol)
        for number, deferred in self._waiting[:]:
            if len(self.built) >= number:
                self._waiting.remove((number, deferred))
                deferred.callback(None)
        return protocol

    async def nth(self, number=1):
        """Wait for the protocol of the nth connection, and that it is connected."""
        if len(self.built) < number:
            deferred = Deferred()
            self._waiting.append((number, deferred))
            await deferred
        protocol = self.built[number - 1]
        await protocol.until(lambda: protocol.events)
        return protocol

    def startFactory(self):
        self.started += 1

    def stopFactory(self):
        self.stopped += 1


class Client(Server, ClientFactory):
    """As `Server`, for the other side."""

    def __init__(self, protocol=Recorder):
        super().__init__(protocol)
        self.events = []
        self.failure = None
        self._ends = []

    def startedConnecting(self, connector):
        self.events.append("started")

    def clientConnectionFailed(self, connector, reason):
        self.failure = reason
        self._end("failed")

    def clientConnectionLost(self, connector, reason):
        self._end("lost")

    def _end(self, event):
        self.events.append(event)
        ends, self._ends = self._ends, []
        for deferred in ends:
            deferred.callback(None)

    def ended(self):
        """Give a Deferred for the next failure or loss."""
        deferred = Deferred()
        self._ends.append(deferred)
        return deferred


class RawPeer:
    """A plain socket at the other end."""

    def __init__(self, reactor, sock):
        self.loop = reactor.loop
        self.sock = sock

    async def send(self, data):
        await self._task(self.loop.sock_sendall(self.sock, data))

    async def receive(self, number):
        """Receive so many bytes, or fewer if they end."""
        received = b""
        while len(received) < number:
            data = await self._task(self.loop.sock_recv(self.sock, min(1 << 20, number - len(received))))
            if not data:
                break
            received += data
        return received

    async def receive_all(self):
        return await self.receive(1 << 40)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def _task(self, coroutine):
        return await self.loop.create_task(coroutine)


class TCP:
    """Streams over TCP."""

    name = "tcp"
    layered = secure = False
    resets = True

    def __init__(self, reactor, directory):
        self.reactor = reactor

    def listen(self, factory):
        return self.reactor.listenTCP(0, factory, interface="127.0.0.1")

    def connect(self, port, factory):
        return self.reactor.connectTCP("127.0.0.1", port.getHost().port, factory)

    def plain(self, port):
        """Connect a socket; the system accepts for us."""
        sock = socket.create_connection(("127.0.0.1", port.getHost().port))
        sock.setblocking(False)
        return sock

    def raw(self, port):
        return RawPeer(self.reactor, self.plain(port))


class UNIX:
    """Streams over UNIX sockets."""

    name = "unix"
    layered = secure = False
    resets = False

    def __init__(self, reactor, directory):
        self.reactor = reactor
        self._paths = (str(directory / f"{number}") for number in itertools.count())

    def listen(self, factory):
        return self.reactor.listenUNIX(next(self._paths), factory)

    def connect(self, port, factory):
        return self.reactor.connectUNIX(os.fsdecode(port.getHost().name), factory)

    def plain(self, port):
        """Connect a socket; the system accepts for us."""
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(port.getHost().name)
        sock.setblocking(False)
        return sock

    def raw(self, port):
        return RawPeer(self.reactor, self.plain(port))
