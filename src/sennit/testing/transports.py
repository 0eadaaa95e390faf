"""Transports that keep what is written to them, for tests of a single protocol."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address
from sennit.core.errors import ConnectionDone
from sennit.core.failure import Failure
from sennit.core.interfaces import IConsumer, IPushProducer, ITransport

__all__ = [
    "FakeDatagramTransport",
    "StringIOWithoutClosing",
    "StringTransport",
    "StringTransportWithDisconnection",
]


class StringIOWithoutClosing(io.BytesIO):
    """A `BytesIO` whose content can be read after `close`."""

    def close(self) -> None:
        """Do nothing."""


@implementer(ITransport, IConsumer, IPushProducer)
class StringTransport:
    """A transport that keeps what is written, and has no other side.

    Args:
        hostAddress: What `getHost` gives; None for an address of its own.
        peerAddress: What `getPeer` gives; None for an address of its own.
        lenient: Whether the protocol may pause and resume after `loseConnection`, else an error.

    Attributes:
        connected: Whether there is a connection.
        disconnecting: Whether `loseConnection` was called.
        disconnected: Whether `abortConnection` was called.
        producer: What `registerProducer` was given.
        streaming: Whether that is a push producer.
        producerState: ``"producing"``, ``"paused"`` or ``"stopped"``: what was last asked of this transport.
    """

    disconnecting: bool = False
    disconnected: bool = False
    producer: Any = None
    streaming: bool | None = None
    hostAddr: Any = None
    peerAddr: Any = None
    producerState: str = "producing"

    def __init__(self, hostAddress: Any = None, peerAddress: Any = None, lenient: bool = False) -> None:
        self.clear()
        if hostAddress is not None:
            self.hostAddr = hostAddress
        if peerAddress is not None:
            self.peerAddr = peerAddress
        self.connected = True
        self._lenient = lenient

    def clear(self) -> None:
        """Forget what was written."""
        self.io = io.BytesIO()

    def value(self) -> bytes:
        """Give all that was written since `clear`."""
        return self.io.getvalue()

    def write(self, data: bytes) -> None:
        """Keep `data`.

        Raises:
            TypeError: If it is text.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError("Only bytes can be written to a transport; encode the text.")
        self.io.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Keep several byte strings as if joined."""
        self.io.write(b"".join(data))

    def loseConnection(self) -> None:
        """Note that the protocol closes; nothing happens."""
        self.disconnecting = True

    def abortConnection(self) -> None:
        """Note that the protocol aborts, and close."""
        self.disconnected = True
        self.loseConnection()

    def getPeer(self) -> Any:
        """Give the address of the other side."""
        return IPv4Address("TCP", "192.168.1.1", 54321) if self.peerAddr is None else self.peerAddr

    def getHost(self) -> Any:
        """Give the address of this side."""
        return IPv4Address("TCP", "10.0.0.1", 12345) if self.hostAddr is None else self.hostAddr

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Note a producer.

        Raises:
            RuntimeError: If there is one.
        """
        if self.producer is not None:
            raise RuntimeError("A producer is registered already.")
        self.producer = producer
        self.streaming = streaming

    def unregisterProducer(self) -> None:
        """Forget the producer.

        Raises:
            RuntimeError: If there is none.
        """
        if self.producer is None:
            raise RuntimeError("No producer is registered.")
        self.producer = None
        self.streaming = None

    def _check_state(self) -> None:
        if self.disconnecting and not self._lenient:
            raise RuntimeError("A transport cannot be paused or resumed after loseConnection.")
        if self.producerState == "stopped":
            raise RuntimeError("A transport cannot be paused or resumed after stopProducing.")

    def pauseProducing(self) -> None:
        """Note the pause.

        Raises:
            RuntimeError: After `loseConnection` or `stopProducing`.
        """
        self._check_state()
        self.producerState = "paused"

    def resumeProducing(self) -> None:
        """Note that it goes on.

        Raises:
            RuntimeError: After `loseConnection` or `stopProducing`.
        """
        self._check_state()
        self.producerState = "producing"

    def stopProducing(self) -> None:
        """Note that it stops."""
        self.producerState = "stopped"


class StringTransportWithDisconnection(StringTransport):
    """A `StringTransport` that tells the protocol when it is closed.

    Attributes:
        protocol: The protocol to tell, to be set by the test.
    """

    protocol: Any

    def loseConnection(self) -> None:
        """Call the protocol's `connectionLost`, once."""
        if self.connected:
            self.connected = False
            self.protocol.connectionLost(Failure(ConnectionDone()))


class FakeDatagramTransport:
    """A UDP port that keeps what is written.

    Attributes:
        written: A pair ``(packet, addr)`` for each datagram.
        noAddr: What stands for the address where none was given.
    """

    noAddr: Any = object()

    def __init__(self) -> None:
        self.written: list[tuple[bytes, Any]] = []

    def write(self, packet: bytes, addr: Any = noAddr) -> None:
        """Keep a datagram."""
        self.written.append((packet, addr))
