"""Two protocols connected in memory, moved on by hand.

What one side writes waits in its transport until `MemoryPair.pump` carries it over: so a test decides what is
simultaneous, and sees each step.  Nothing is random, nothing waits, and no loop runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zope.interface import implementer

from sennit.core.addresses import IPv4Address
from sennit.core.errors import ConnectionAborted, ConnectionDone, ConnectionLost
from sennit.core.failure import Failure
from sennit.core.interfaces import IAddress, IConsumer, IHalfCloseableProtocol, IPushProducer, ITCPTransport

__all__ = ["MemoryPair", "MemoryTransport", "connected_pair"]

_SERVER = IPv4Address("TCP", "192.0.2.1", 80)
_CLIENT = IPv4Address("TCP", "192.0.2.2", 49152)


@implementer(ITCPTransport, IConsumer, IPushProducer)
class MemoryTransport:
    """One end of a connection in memory.

    Args:
        protocol: The protocol of this end; it may be replaced while the connection lasts.
        host: The address of this end.
        peer: The address of the other end.
        high_water: How many bytes may wait here before a push producer is paused.

    Attributes:
        connected: Whether the connection lasts.
        disconnecting: Whether this end is closing.
        paused: Whether this end takes no data.
        outgoing: What is written and not carried over.
    """

    def __init__(self, protocol: Any, host: IAddress, peer: IAddress, high_water: int = 65536) -> None:
        self.protocol = protocol
        self.connected = True
        self.disconnecting = False
        self.disconnected = False
        self.paused = False
        self.outgoing = bytearray()
        self.high_water = high_water
        self.other: MemoryTransport
        self._host = host
        self._peer = peer
        self._producer: Any = None
        self._streaming = False
        self._producer_paused = False
        # A pull producer is to be asked again once nothing waits.
        self._pull_due = False
        self._write_closed = False
        self._end_sent = False
        self._end_taken = False
        # Why this end shall be lost with the next pump.
        self._ending: Exception | None = None
        self._no_delay = False
        self._keep_alive = False

    def write(self, data: bytes) -> None:
        """Keep bytes for the other end.

        Raises:
            TypeError: If it is text.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError("Only bytes can be written to a transport; encode the text.")
        if not self.connected or self._end_sent:
            return
        self.outgoing += data
        self._pull_due = True
        if self._streaming and not self._producer_paused and len(self.outgoing) > self.high_water:
            self._producer_paused = True
            self._producer.pauseProducing()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Keep several byte strings for the other end."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """Close, once all is carried over and the producer has ended."""
        self.disconnecting = True

    def loseWriteConnection(self) -> None:
        """Close our direction, once all is carried over."""
        self._write_closed = True

    def abortConnection(self) -> None:
        """Close with the next pump; what is not carried over is dropped."""
        if self.connected:
            self.outgoing.clear()
            self.disconnecting = True
            self._ending = ConnectionAborted()
            self.other._ending = self.other._ending or ConnectionLost()

    def getHost(self) -> IAddress:
        """Give the address of this end."""
        return self._host

    def getPeer(self) -> IAddress:
        """Give the address of the other end."""
        return self._peer

    def getTcpNoDelay(self) -> bool:
        """Tell what was set."""
        return self._no_delay

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Note it."""
        self._no_delay = enabled

    def getTcpKeepAlive(self) -> bool:
        """Tell what was set."""
        return self._keep_alive

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Note it."""
        self._keep_alive = enabled

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Let a producer write: a pull producer whenever nothing waits, a push producer until `high_water`.

        Raises:
            RuntimeError: If there is one.
        """
        if self._producer is not None:
            raise RuntimeError("A producer is registered already.")
        if not self.connected:
            producer.stopProducing()
            return
        self._producer = producer
        self._streaming = bool(streaming)
        self._producer_paused = self._streaming and len(self.outgoing) > self.high_water
        self._pull_due = False
        if self._producer_paused:
            producer.pauseProducing()
        elif not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Forget the producer."""
        self._producer = None
        self._streaming = False

    def pauseProducing(self) -> None:
        """Take no data until `resumeProducing`."""
        self.paused = True

    def resumeProducing(self) -> None:
        """Take data again."""
        self.paused = False

    def stopProducing(self) -> None:
        """Close."""
        self.loseConnection()

    def _run_producer(self) -> bool:
        """Let the producer go on if there is room; tell whether it did."""
        if self._producer is None or not self.connected:
            return False
        if self._streaming:
            if not self._producer_paused or self.outgoing:
                return False
            self._producer_paused = False
        elif self.outgoing or not self._pull_due:
            return False
        self._pull_due = False
        self._producer.resumeProducing()
        return True

    def _carry(self, most: int | None) -> bool:
        """Carry bytes, or the end, over to the other end; tell whether there was anything."""
        if not self.connected:
            return False
        if self._ending is not None:
            self._lose(self._ending)
            return True
        other = self.other
        if self.outgoing:
            deaf = other.disconnecting or not other.connected
            if other.paused and not deaf:
                return False
            data = bytes(self.outgoing[:most])
            del self.outgoing[: len(data)]
            if not deaf:
                other.protocol.dataReceived(data)
            return True
        if self._producer is not None and (self._producer_paused or not self._streaming):
            return False
        if self.disconnecting:
            self._lose(ConnectionDone())
            return True
        if self._write_closed and not self._end_sent:
            self._end_sent = True
            half: Any = IHalfCloseableProtocol(self.protocol, None)
            if half is not None:
                half.writeConnectionLost()
            return True
        return False

    def _take_end(self) -> bool:
        """Learn that the other end sends no more; tell whether it was news."""
        other = self.other
        if not self.connected or self._end_taken or self.paused:
            return False
        if other.connected and not other._end_sent:
            return False
        self._end_taken = True
        half: Any = IHalfCloseableProtocol(self.protocol, None)
        if half is not None:
            half.readConnectionLost()
        elif other.connected:
            self.loseConnection()
        else:
            self._lose(ConnectionDone())
        return True

    def _lose(self, reason: Exception) -> None:
        if not self.connected:
            return
        self.connected = False
        self.disconnected = True
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()
        self.protocol.connectionLost(Failure(reason))


class MemoryPair:
    """A connection in memory.

    Args:
        server: The server's end.
        client: The client's end.
        chunk_size: How many bytes to carry over at a time; None for all there are.
    """

    def __init__(
        self, server: MemoryTransport, client: MemoryTransport, chunk_size: int | None = None
    ) -> None:
        self.server = server
        self.client = client
        self.chunk_size = chunk_size
        server.other = client
        client.other = server

    def pump(self) -> bool:
        """Carry over what each end has written by now, the client's first.

        Returns:
            Whether there was anything: bytes, an end, or a producer to be resumed.
        """
        moved = self.client._run_producer()
        moved = self.server._run_producer() or moved
        moved = self.client._carry(self.chunk_size) or moved
        moved = self.server._carry(self.chunk_size) or moved
        moved = self.server._take_end() or moved
        return self.client._take_end() or moved

    def flush(self, most: int = 1_000_000) -> int:
        """Pump until nothing moves.

        Args:
            most: How often at most.

        Returns:
            How often something moved.

        Raises:
            RuntimeError: If it does not come to rest.
        """
        for count in range(most):
            if not self.pump():
                return count
        raise RuntimeError(f"After {most} pumps the two protocols still exchange data.")


def connected_pair(
    server_protocol: Any,
    client_protocol: Any,
    *,
    server_address: IAddress = _SERVER,
    client_address: IAddress = _CLIENT,
    chunk_size: int | None = None,
) -> MemoryPair:
    """Connect two protocols in memory.

    Both get their transport at once, the server first; nothing is carried over before the first pump.

    Args:
        server_protocol: The server's protocol.
        client_protocol: The client's protocol.
        server_address: The server's address.
        client_address: The client's address.
        chunk_size: How many bytes to carry over at a time; None for all there are, 1 to try a parser.

    Returns:
        The pair, to be pumped.
    """
    server = MemoryTransport(server_protocol, server_address, client_address)
    client = MemoryTransport(client_protocol, client_address, server_address)
    pair = MemoryPair(server, client, chunk_size)
    server_protocol.makeConnection(server)
    client_protocol.makeConnection(client)
    return pair
