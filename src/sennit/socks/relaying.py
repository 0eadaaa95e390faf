"""Two connections joined: what comes from one goes to the other, no faster than that takes it.

When one side ends what it sends, the other is told so and may still answer; when one is gone, so is the
other.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IHalfCloseableProtocol
from sennit.protocol import Protocol, connectionDone

__all__ = ["Relaying"]


@implementer(IHalfCloseableProtocol)
class Relaying(Protocol):
    """One of two connections that are joined.

    Attributes:
        otherConn: The other; None if there is none.
    """

    transport: Any = None
    otherConn: Any = None
    _ended = 0
    _read_ended = False

    def write(self, data: bytes) -> None:
        """Send what the other connection received."""
        self.transport.write(data)

    def join(self, other: Relaying) -> None:
        """Become one of two, each of which reads no faster than the other is written to."""
        self.otherConn, other.otherConn = other, self
        self.transport.registerProducer(other.transport, True)
        other.transport.registerProducer(self.transport, True)
        if self._read_ended:
            self._pass_on_end()

    def dataReceived(self, data: bytes) -> None:
        """Pass on what came."""
        if self.otherConn is not None:
            self.otherConn.write(data)

    def readConnectionLost(self) -> None:
        """Tell the other side that no more comes."""
        self._read_ended = True
        if self.otherConn is not None:
            self._pass_on_end()
        elif not self.is_about_to_be_joined():
            self.transport.loseConnection()

    def is_about_to_be_joined(self) -> bool:
        """Tell whether there will be another connection for what has come."""
        return False

    def _pass_on_end(self) -> None:
        transport = self.otherConn.transport
        transport.unregisterProducer()
        transport.loseWriteConnection()
        self._end()

    def writeConnectionLost(self) -> None:
        """Go on reading: the other side has ended what it sends, and this one was told."""
        self._end()

    def _end(self) -> None:
        """Take note that one direction is over; with both the connection is."""
        self._ended += 1
        if self._ended == 2:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Close the other connection, once what is on the way to it is sent."""
        other, self.otherConn = self.otherConn, None
        if other is not None and other.transport is not None:
            other.otherConn = None
            other.transport.loseConnection()
