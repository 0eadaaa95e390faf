"""Throttles: so many connections, so many bytes a second, for all connections of a factory together.

Bytes are counted, and once a second the count is compared with the limit.  If it is over, everything pauses
for as long as it takes to make the average right.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from sennit.core.current import current_reactor
from sennit.core.interfaces import IAddress, IDelayedCall
from sennit.log import Logger
from sennit.protocol.wrapping import ProtocolWrapper, WrappingFactory

__all__ = ["ThrottlingFactory", "ThrottlingProtocol"]

_log = Logger()


class ThrottlingProtocol(ProtocolWrapper):
    """The wrapper of a `ThrottlingFactory`."""

    producer: Any = None
    _producer_paused: bool = False

    def write(self, data: bytes) -> None:
        """Count, and send."""
        self.factory.registerWritten(len(data))
        super().write(data)

    def writeSequence(self, seq: Iterable[bytes]) -> None:
        """Count, and send."""
        pieces = list(seq)
        self.factory.registerWritten(sum(map(len, pieces)))
        super().writeSequence(pieces)

    def dataReceived(self, data: bytes) -> None:
        """Count, and hand on."""
        self.factory.registerRead(len(data))
        super().dataReceived(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write; it is paused when there is too much."""
        self.producer = producer
        self._producer_paused = False
        super().registerProducer(producer, streaming)

    def unregisterProducer(self) -> None:
        """Forget the producer."""
        self.producer = None
        self._producer_paused = False
        super().unregisterProducer()

    def throttleReads(self) -> None:
        """Stop reading."""
        self.transport.pauseProducing()

    def unthrottleReads(self) -> None:
        """Go on reading."""
        self.transport.resumeProducing()

    def throttleWrites(self) -> None:
        """Pause the producer, if there is one that can be paused."""
        pause = getattr(self.producer, "pauseProducing", None)
        if pause is not None:
            self._producer_paused = True
            pause()

    def unthrottleWrites(self) -> None:
        """Let the producer go on."""
        if self._producer_paused:
            self._producer_paused = False
            self.producer.resumeProducing()


class ThrottlingFactory(WrappingFactory[ThrottlingProtocol]):
    """Limits the connections of a factory, and how fast they read and write together.

    Args:
        wrappedFactory: The program's factory.
        maxConnectionCount: How many connections there may be at a time; further ones are refused.
        readLimit: How many bytes a second may be read, or None.
        writeLimit: How many bytes a second may be written, or None.  What a protocol writes without
            a producer is counted, and not held back.
    """

    protocol: Callable[..., ThrottlingProtocol] = ThrottlingProtocol

    def __init__(
        self,
        wrappedFactory: Any,
        maxConnectionCount: int = sys.maxsize,
        readLimit: int | None = None,
        writeLimit: int | None = None,
    ) -> None:
        super().__init__(wrappedFactory)
        self.connectionCount = 0
        self.maxConnectionCount = maxConnectionCount
        self.readLimit = readLimit
        self.writeLimit = writeLimit
        self.readThisSecond = 0
        self.writtenThisSecond = 0
        self.unthrottleReadsID: IDelayedCall | None = None
        self.checkReadBandwidthID: IDelayedCall | None = None
        self.unthrottleWritesID: IDelayedCall | None = None
        self.checkWriteBandwidthID: IDelayedCall | None = None

    def callLater(self, period: float, func: Callable[[], object]) -> IDelayedCall:
        """Have a function called; to be overridden by who uses another clock than the current reactor."""
        call: IDelayedCall = current_reactor().callLater(period, func)
        return call

    def registerWritten(self, length: int) -> None:
        """Count bytes written."""
        self.writtenThisSecond += length

    def registerRead(self, length: int) -> None:
        """Count bytes read."""
        self.readThisSecond += length

    def checkReadBandwidth(self) -> None:
        """Pause reading if too much was read; called every second."""
        assert self.readLimit is not None
        if self.readThisSecond > self.readLimit:
            self.throttleReads()
            over = self.readThisSecond / self.readLimit - 1.0
            self.unthrottleReadsID = self.callLater(over, self.unthrottleReads)
        self.readThisSecond = 0
        self.checkReadBandwidthID = self.callLater(1, self.checkReadBandwidth)

    def checkWriteBandwidth(self) -> None:
        """Pause writing if too much was written; called every second."""
        assert self.writeLimit is not None
        if self.writtenThisSecond > self.writeLimit:
            self.throttleWrites()
            over = self.writtenThisSecond / self.writeLimit - 1.0
            self.unthrottleWritesID = self.callLater(over, self.unthrottleWrites)
        self.writtenThisSecond = 0
        self.checkWriteBandwidthID = self.callLater(1, self.checkWriteBandwidth)

    def throttleReads(self) -> None:
        """Stop reading on every connection."""
        _log.info("Throttling reads on {factory}", factory=self)
        for protocol in list(self.protocols):
            protocol.throttleReads()

    def unthrottleReads(self) -> None:
        """Go on reading on every connection."""
        self.unthrottleReadsID = None
        _log.info("Stopped throttling reads on {factory}", factory=self)
        for protocol in list(self.protocols):
            protocol.unthrottleReads()

    def throttleWrites(self) -> None:
        """Pause the producer of every connection."""
        _log.info("Throttling writes on {factory}", factory=self)
        for protocol in list(self.protocols):
            protocol.throttleWrites()

    def unthrottleWrites(self) -> None:
        """Let the producer of every connection go on."""
        self.unthrottleWritesID = None
        _log.info("Stopped throttling writes on {factory}", factory=self)
        for protocol in list(self.protocols):
            protocol.unthrottleWrites()

    def buildProtocol(self, addr: IAddress | None) -> ThrottlingProtocol | None:
        """Build, unless there are too many connections."""
        if self.connectionCount >= self.maxConnectionCount:
            _log.info("Max connection count reached!")
            return None
        protocol = super().buildProtocol(addr)
        if protocol is None:
            return None
        self.connectionCount += 1
        if self.connectionCount == 1:
            if self.readLimit is not None:
                self.checkReadBandwidth()
            if self.writeLimit is not None:
                self.checkWriteBandwidth()
        return protocol

    def unregisterProtocol(self, p: Any) -> None:
        """Count a connection less; after the last, stop counting bytes."""
        super().unregisterProtocol(p)
        self.connectionCount -= 1
        if self.connectionCount == 0:
            for name in (
                "unthrottleReadsID",
                "checkReadBandwidthID",
                "unthrottleWritesID",
                "checkWriteBandwidthID",
            ):
                call = getattr(self, name)
                if call is not None:
                    call.cancel()
                    setattr(self, name, None)
