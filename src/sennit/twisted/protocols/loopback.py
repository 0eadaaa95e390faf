"""Two protocols talking to each other, in memory or over a socket: for tests, under Twisted's names.

New tests use `sennit.testing.connected_pair`, which moves when it is told to and needs no reactor.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.deferred import Deferred
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress, IConsumer, ITransport
from sennit.protocol import ClientFactory, ServerFactory
from sennit.testing import MemoryPair, MemoryTransport

__all__ = [
    "LoopbackClientFactory",
    "LoopbackRelay",
    "collapsingPumpPolicy",
    "identityPumpPolicy",
    "loopbackAsync",
    "loopbackTCP",
    "loopbackUNIX",
]


class _Queue:
    """What one end has written and the other has not received; None is the end."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | None] = deque()

    def put(self, piece: bytes | None) -> None:
        self._pieces.append(piece)

    def get(self) -> bytes | None:
        return self._pieces.popleft()

    def clear(self) -> None:
        self._pieces.clear()

    def __len__(self) -> int:
        return len(self._pieces)


_Policy = Callable[[_Queue, Any], object]


def identityPumpPolicy(queue: _Queue, target: Any) -> None:
    """Deliver each piece as it was written.

    Args:
        queue: What was written; its ``get()`` gives a piece, or None for the end.
        target: The protocol that receives.
    """
    for piece in _pieces(queue):
        target.dataReceived(piece)


def collapsingPumpPolicy(queue: _Queue, target: Any) -> None:
    """Deliver all that was written as one piece.

    Args:
        queue: What was written; its ``get()`` gives a piece, or None for the end.
        target: The protocol that receives.
    """
    data = b"".join(_pieces(queue))
    if data:
        target.dataReceived(data)


def _pieces(queue: _Queue) -> Iterable[bytes]:
    while queue:
        piece = queue.get()
        if piece is None:
            return
        yield piece


@implementer(IAddress)
class _Address:
    """An address in memory."""


class _End(MemoryTransport):
    """One end of a connection in memory, whose writes stay pieces."""

    def __init__(self, protocol: Any, policy: _Policy, wake: Callable[[], None]) -> None:
        self._queue = _Queue()
        self._policy = policy
        self._wake = wake
        super().__init__(protocol, _Address(), _Address())

    def write(self, data: bytes) -> None:
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError("Only bytes can be written to a transport; encode the text.")
        if self.connected and (self._producer is not None or not self.disconnecting):
            self._queue.put(bytes(data))
            self._wake()

    def loseConnection(self) -> None:
        if not self.disconnecting:
            super().loseConnection()
            if self._producer is None:
                self._queue.put(None)
            self._wake()

    def loseWriteConnection(self) -> None:
        super().loseWriteConnection()
        self._wake()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        super().registerProducer(producer, streaming)
        self._wake()

    def unregisterProducer(self) -> None:
        super().unregisterProducer()
        if self.disconnecting:
            self._queue.put(None)
        self._wake()

    def resumeProducing(self) -> None:
        super().resumeProducing()
        self._wake()

    def _run_producer(self) -> bool:
        if self._producer is None or self._streaming or not self.connected or self._queue:
            return False
        self._producer.resumeProducing()
        return True

    def _carry(self, most: int | None) -> bool:
        if self._queue and self.connected:
            if self.other.paused:
                return False
            self._policy(self._queue, self.other.protocol)
            return True
        return super()._carry(most)


class _Loopback:
    """Pumps two ends in the reactor's turns, for as long as there is something to move."""

    def __init__(self, server: Any, client: Any, policy: _Policy) -> None:
        self.finished: Deferred[None] = Deferred()
        self._reactor = current_reactor()
        self._due = False
        self._server = _End(server, policy, self._wake)
        self._client = _End(client, policy, self._wake)
        # A pair delivers what its client wrote first; here what the server wrote goes first.
        self._pair = MemoryPair(server=self._client, client=self._server)
        server.makeConnection(self._server)
        client.makeConnection(self._client)

    def _wake(self) -> None:
        if not self._due:
            self._due = True
            self._reactor.callLater(0, self._pump)

    def _pump(self) -> None:
        self._due = False
        try:
            moved = self._pair.pump()
        except Exception:
            self.finished.errback(Failure())
            return
        if not (self._server.connected or self._client.connected):
            self.finished.callback(None)
        elif moved:
            self._wake()


def loopbackAsync(server: Any, client: Any, pumpPolicy: _Policy = identityPumpPolicy) -> Deferred[None]:
    """Connect two protocols in memory; what one writes the other receives in a later turn of the reactor.

    Args:
        server: The server's protocol.
        client: The client's protocol.
        pumpPolicy: Called with what waits for a protocol, and the protocol.

    Returns:
        A Deferred that fires when the connection is over; it fails with what a protocol raises.
    """
    return _Loopback(server, client, pumpPolicy).finished


@implementer(ITransport, IConsumer)
class LoopbackRelay:
    """A transport that keeps what is written until `clearBuffer`.

    Args:
        target: The protocol that receives.
        logFile: A file in which the writes are noted, or None.

    Attributes:
        buffer: What is written and not delivered.
        shouldLose: Whether the connection is to end at the next `clearBuffer`.
        disconnecting: The same.
        producer: The producer that is registered, or None.
    """

    def __init__(self, target: Any, logFile: Any = None) -> None:
        self.target = target
        self.logFile = logFile
        self.buffer = b""
        self.shouldLose = False
        self.disconnecting = False
        self.producer: Any = None

    def write(self, data: bytes) -> None:
        """Keep bytes for the target."""
        self.buffer += data
        if self.logFile is not None:
            self.logFile.write(f"loopback writing {data!r}\n")

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Keep several byte strings for the target."""
        self.write(b"".join(iovec))

    def clearBuffer(self) -> None:
        """Deliver what is kept; a pull producer is then asked for more, and the end told when it is due."""
        data, self.buffer = self.buffer, b""
        if data:
            self.target.dataReceived(data)
        if self.producer is not None and not self.streamingProducer:
            self.producer.resumeProducing()
        elif self.shouldLose:
            self.target.connectionLost(Failure(ConnectionDone()))

    def loseConnection(self) -> None:
        """End at the next `clearBuffer`."""
        self.shouldLose = self.disconnecting = True

    def getHost(self) -> Any:
        """Give the address of this end."""
        return _Address()

    def getPeer(self) -> Any:
        """Give the address of the other end."""
        return _Address()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write here; one that pulls is asked at each `clearBuffer`."""
        self.producer = producer
        self.streamingProducer = streaming

    def unregisterProducer(self) -> None:
        """Take the producer out."""
        self.producer = None

    def logPrefix(self) -> str:
        """Say who this is in a line of a log."""
        return f"Loopback({type(self.target).__name__})"


class _OneServer(ServerFactory):
    def __init__(self, protocol: Any, *, noisy: bool) -> None:
        self._protocol = protocol
        self.noisy = noisy

    def buildProtocol(self, addr: Any) -> Any:
        return self._protocol


class LoopbackClientFactory(ClientFactory):
    """Gives out one protocol, and tells when its connection is over.

    Args:
        protocol: The protocol.

    Attributes:
        deferred: Fires when the connection is lost; fails if there is none to be had.
        disconnected: Whether it is lost.
    """

    def __init__(self, protocol: Any) -> None:
        self.disconnected = False
        self.deferred: Deferred[None] = Deferred()
        # A factory calls it ``protocol``, and programs look for the instance there.
        self.protocol = protocol

    def buildProtocol(self, addr: Any) -> Any:
        """Give out the protocol."""
        return self.protocol

    def clientConnectionLost(self, connector: Any, reason: Failure) -> None:
        """Tell that the connection is lost."""
        self.disconnected = True
        self.deferred.callback(None)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        """Tell that there is no connection to be had."""
        self.deferred.errback(reason)


def loopbackTCP(server: Any, client: Any, port: int = 0, noisy: bool = True) -> Deferred[None]:
    """Connect two protocols over TCP.

    Args:
        server: The server's protocol.
        client: The client's protocol.
        port: The port to listen on; 0 for any that is free.
        noisy: Whether the server's factory has its port's start and end logged.

    Returns:
        A Deferred that fires when the connection is over and the port closed.
    """
    reactor = current_reactor()
    listening = reactor.listenTCP(port, _OneServer(server, noisy=noisy), interface="127.0.0.1")
    factory = LoopbackClientFactory(client)
    factory.noisy = noisy
    reactor.connectTCP("127.0.0.1", listening.getHost().port, factory)
    return _until_closed(factory, listening)


def loopbackUNIX(server: Any, client: Any, noisy: bool = True) -> Deferred[None]:
    """Connect two protocols over a UNIX socket.

    Args:
        server: The server's protocol.
        client: The client's protocol.
        noisy: Whether the server's factory has its port's start and end logged.

    Returns:
        A Deferred that fires when the connection is over and the port closed.
    """
    reactor = current_reactor()
    directory = tempfile.TemporaryDirectory(prefix="loopback-")
    path = str(Path(directory.name) / "socket")
    listening = reactor.listenUNIX(path, _OneServer(server, noisy=noisy))
    factory = LoopbackClientFactory(client)
    factory.noisy = noisy
    reactor.connectUNIX(path, factory)
    return _until_closed(factory, listening).addBoth(_passing, directory.cleanup)


def _until_closed(factory: LoopbackClientFactory, listening: Any) -> Deferred[None]:
    def close(result: Any) -> Any:
        return listening.stopListening().addCallback(lambda _: result)

    return factory.deferred.addBoth(close)


def _passing(result: Any, do: Callable[[], object]) -> Any:
    do()
    return result
