"""Protocols and producers that note what happens to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sennit.core.deferred import Deferred
from sennit.core.failure import Failure
from sennit.framing.basic import LineReceiver
from sennit.protocol import Protocol, connectionDone
from sennit.task import LoopingCall

__all__ = [
    "AccumulatingProtocol",
    "LineSendingProtocol",
    "NonStreamingProducer",
    "waitUntilAllDisconnected",
]


class AccumulatingProtocol(Protocol):
    """Keeps all it receives.

    Attributes:
        made: How many times a connection was made.
        data: All that was received.
        closed: Whether the connection is over.
        closedReason: Why.
        closedDeferred: A Deferred to be fired then, set by the test.
    """

    made: int = 0
    closed: int = 0
    closedReason: Failure | None = None
    closedDeferred: Deferred[None] | None = None
    data: bytes = b""

    def connectionMade(self) -> None:
        """Count, and fire the factory's `protocolConnectionMade` with this protocol, if it has one."""
        self.made += 1
        deferred = getattr(self.factory, "protocolConnectionMade", None)
        if deferred is not None:
            self.factory.protocolConnectionMade = None
            deferred.callback(self)

    def dataReceived(self, data: bytes) -> None:
        """Keep the data."""
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note why, and fire `closedDeferred`."""
        self.closed = 1
        self.closedReason = reason
        deferred, self.closedDeferred = self.closedDeferred, None
        if deferred is not None:
            deferred.callback(None)


class LineSendingProtocol(LineReceiver):
    """Sends lines, and keeps the lines it receives.

    Args:
        lines: The lines to send.
        start: Whether to send at once; else when the first line is received.

    Attributes:
        response: The lines received.
        lostConn: Whether the connection is over.
    """

    lostConn: bool = False

    def __init__(self, lines: Iterable[bytes], start: bool = True) -> None:
        self.lines = list(lines)
        self.response: list[bytes] = []
        self.start = start

    def connectionMade(self) -> None:
        """Send the lines, if this side is to start."""
        if self.start:
            self._send()

    def lineReceived(self, line: bytes) -> None:
        """Keep the line; send ours, if the other side was to start."""
        if not self.start:
            self._send()
            self.lines = []
        self.response.append(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note it."""
        self.lostConn = True

    def _send(self) -> None:
        for line in self.lines:
            self.sendLine(line)


class NonStreamingProducer:
    """A pull producer that writes the numbers 0 to 9, and complains of misuse.

    Args:
        consumer: What it writes to.

    Attributes:
        counter: How many numbers it has written.
        result: A Deferred that fires when it has ended.
    """

    counter: int = 0
    stopped: bool = False

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        self.result: Deferred[None] | None = Deferred()

    def resumeProducing(self) -> None:
        """Write the next number; unregister after the last.

        Raises:
            RuntimeError: If it has ended.
        """
        if self.consumer is None or self.counter >= 10:
            raise RuntimeError("A producer was resumed after it had unregistered or was stopped.")
        self.consumer.write(b"%d" % self.counter)
        self.counter += 1
        if self.counter == 10:
            self.consumer.unregisterProducer()
            self._end()

    def pauseProducing(self) -> None:
        """Complain.

        Raises:
            RuntimeError: Always: a pull producer is not paused.
        """
        raise RuntimeError("A pull producer was paused.")

    def stopProducing(self) -> None:
        """End."""
        self._end()
        self.stopped = True

    def _end(self) -> None:
        self.consumer = None
        result, self.result = self.result, None
        if result is not None:
            result.callback(None)


def waitUntilAllDisconnected(reactor: Any, protocols: Iterable[Any]) -> Deferred[None]:
    """Wait until no protocol has a connected transport.

    Args:
        reactor: The `IReactorTime` that says when to look.
        protocols: The protocols.

    Returns:
        A Deferred that fires then.
    """
    waiting = list(protocols)

    def look() -> None:
        if not any(protocol.transport is not None and protocol.transport.connected for protocol in waiting):
            loop.stop()

    loop = LoopingCall(look)
    loop.clock = reactor
    deferred: Deferred[Any] = loop.start(0.01, now=True)
    return deferred.addCallback(lambda _: None)
